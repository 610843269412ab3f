"""One workflow run and what it writes about itself."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.demo.simulation.records import RunRow
from app.demo.simulation.steps import STEP_SPECS, StepSpec
from app.demo.simulation.vocabulary import PROFILES, STEPS, WORKFLOW_NAME, Profile

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass
class Run:
    """A run on its way through the steps; ``todo`` holds the moments ahead in this step as (time, deed).

    ``attempt`` counts from 1 within a step; ``busy`` names the worker that has a task of this run, if any.
    """

    id: str
    issue_id: str
    correlation_id: str
    profile: int
    worker: str
    started: float
    step: int = 0
    attempt: int = 1
    step_started: float = 0.0
    files: int = 0
    busy: str = ""
    waits_for_approval: bool = False
    todo: list[tuple[float, str]] = field(default_factory=list)

    @property
    def kind(self) -> Profile:
        """What the issue is and who works on it."""
        return PROFILES[self.profile]

    @property
    def spec(self) -> StepSpec:
        """The step the run is in."""
        return STEP_SPECS[self.step]

    @property
    def pr_id(self) -> str:
        """The pull request of this run, known after PR_CREATION."""
        return str(int(self.issue_id) + 10_000)

    def tags(self, **more: str) -> dict[str, str]:
        """The tags every event of this run has."""
        tags = {
            "issueId": self.issue_id,
            "correlationId": self.correlation_id,
            "workflowId": self.id,
            "workflowName": WORKFLOW_NAME,
            **more,
        }
        return tags if self.step < STEPS.index("CI_CHECK") else {**tags, "prId": self.pr_id}

    def fields(self, component: str, **more: Any) -> dict[str, Any]:
        """The fields every log line of this run has."""
        return {
            "component": component,
            "correlationId": self.correlation_id,
            "workflowId": self.id,
            "issueId": self.issue_id,
            "stepId": STEPS[self.step],
            **more,
        }

    def row(self, *, status: str = "running", ended: float | None = None, error: str | None = None) -> RunRow:
        """The run as ``workflow_runs`` has it."""
        name = STEPS[self.step]
        return RunRow(self.id, self.issue_id, WORKFLOW_NAME, self.started, ended, status, name, error)


def new_run(t: float, issue: int, worker: str, rng: random.Random) -> Run:
    """A run that starts at ``t`` for one issue."""
    profile = rng.choices(range(len(PROFILES)), [p.weight for p in PROFILES])[0]
    stamp = datetime.fromtimestamp(t, UTC).strftime("%Y%m%d%H%M%S")
    tail = "".join(rng.choices(_ALPHABET, k=6))
    return Run(
        id=f"wf-{stamp}-{rng.getrandbits(32):08x}",
        issue_id=str(issue),
        correlation_id=f"corr-{stamp}-{issue}-{tail}",
        profile=profile,
        worker=worker,
        started=t,
        step_started=t,
        files=rng.randint(2, 6),
        todo=[(t, "begin")],
    )
