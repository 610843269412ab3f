"""What is left running at the end of history, so that live goes on with it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from app.demo.simulation.runs import Run
from app.demo.simulation.world import World

STATE_FILE = "world.json"


def save(world: World, directory: Path) -> None:
    """Write the moment, the runs and the queue of a world."""
    flows = world.workflows
    state = {
        "now": world.now,
        "last_issue": flows.last_issue,
        "queue": list(flows.queue),
        "runs": [asdict(run) for run in flows.runs.values()],
    }
    directory.mkdir(parents=True, exist_ok=True)
    (directory / STATE_FILE).write_text(json.dumps(state))


def moment(directory: Path) -> float | None:
    """When the saved world stopped; None when there is none."""
    try:
        return float(json.loads((directory / STATE_FILE).read_text())["now"])
    except FileNotFoundError:
        return None


def restore(world: World, directory: Path) -> None:
    """Let ``world`` go on with the saved runs and queue."""
    state = json.loads((directory / STATE_FILE).read_text())
    runs = [Run(**{**entry, "todo": [(t, deed) for t, deed in entry["todo"]]}) for entry in state["runs"]]
    queue = [(int(issue), str(priority)) for issue, priority in state["queue"]]
    world.workflows.adopt(runs, queue, int(state["last_issue"]))
    world.restore_gauges()


def forget(directory: Path) -> None:
    """Remove the saved world: whoever starts later finds runs that nobody works on."""
    (directory / STATE_FILE).unlink(missing_ok=True)
