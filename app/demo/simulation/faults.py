"""The faults a person may start in the simulated Tamma, and the file through which they are started and ended."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from app.demo.simulation.plan import JOBS, NAMES

CONTROL_FILE = "faults.json"
PROVIDERS = ("anthropic_claude", "openai", "github_copilot")
PLATFORMS = ("github", "gitlab")
ANYTHING = (*NAMES, *JOBS, "all")


@dataclass(frozen=True)
class Fault:
    """A declared fault: what it does, the targets it may have, and how long it lasts when nobody says."""

    name: str
    description: str
    targets: tuple[str, ...]
    default_target: str
    default_minutes: float = 10.0


@dataclass(frozen=True)
class Injected:
    """One fault at work from ``start`` to ``end`` (epoch seconds)."""

    fault: str
    target: str
    start: float
    end: float

    def touches(self, instance: str) -> bool:
        """Whether the target is this instance, its service, or everything."""
        return self.target in (instance, instance.rsplit("-", 1)[0], "all")


_DECLARED = (
    Fault("ai-provider-outage", "An AI provider answers with errors and timeouts", PROVIDERS, PROVIDERS[0]),
    Fault("ai-provider-slow", "An AI provider takes six times as long", PROVIDERS, PROVIDERS[0]),
    Fault("git-rate-limit", "A Git platform refuses calls until its limit resets", PLATFORMS, "github"),
    Fault("db-slow", "Database queries take twenty times as long", ("postgres",), "postgres"),
    Fault("db-connections-exhausted", "All database connections but twenty are held", ("postgres",), "postgres", 5.0),
    Fault("service-crash", "A process is killed and stays down", ANYTHING, "workers-1", 3.0),
    Fault("error-burst", "A service answers a third of its requests with 500", ANYTHING, "api"),
    Fault("memory-leak", "Memory of a service grows up to its limit", ANYTHING, "workers-2", 30.0),
    Fault("disk-filling", "The volume of a service fills up", ANYTHING, "orchestrator-0", 30.0),
    Fault("latency-creep", "Answers of a service get slower and slower", ANYTHING, "api", 30.0),
    Fault("workflow-stuck", "Running workflows stop making progress", ("orchestrator",), "orchestrator", 15.0),
    Fault("queue-backlog", "Issues come in faster than they are worked off", ("orchestrator",), "orchestrator", 20.0),
    Fault("bad-deploy", "A new version is deployed that fails often", ("api", "workers", "orchestrator"), "api", 15.0),
    Fault(
        "network-loss", "An instance is cut off: its scrape hangs, its calls fail", (*NAMES, *JOBS), "workers-0", 5.0
    ),
)
FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _DECLARED}
DOWN_FAULTS = ("service-crash", "network-loss")


def inject(directory: Path, fault: str, *, target: str | None = None, minutes: float | None = None) -> Injected:
    """Start a fault now; a running one of the same fault and target is replaced. ValueError names what is allowed."""
    declared = FAULTS.get(fault)
    if declared is None:
        raise ValueError(f"unknown fault {fault!r}; allowed: {', '.join(FAULTS)}")
    chosen = target if target is not None else declared.default_target
    if chosen not in declared.targets:
        raise ValueError(f"{fault} cannot have target {chosen!r}; allowed: {', '.join(declared.targets)}")
    length = declared.default_minutes if minutes is None else minutes
    if not 0 < length <= 24 * 60:
        raise ValueError(f"minutes is {length:g}; allowed: more than 0, up to 1440")
    now = time.time()
    injected = Injected(fault, chosen, now, now + length * 60)
    with _locked(directory):
        others = [one for one in active(directory) if (one.fault, one.target) != (fault, chosen)]
        _write(directory, [*others, injected])
    return injected


def heal(directory: Path, fault: str | None = None) -> int:
    """End a fault (on all its targets), or all of them; returns how many ended. ValueError for an unknown name."""
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"unknown fault {fault!r}; allowed: {', '.join(FAULTS)}")
    with _locked(directory):
        running = active(directory)
        kept = [one for one in running if fault is not None and one.fault != fault]
        _write(directory, kept)
    return len(running) - len(kept)


def active(directory: Path) -> tuple[Injected, ...]:
    """Faults at work now; empty when there is no control file."""
    now = time.time()
    return tuple(one for one in declared_in(directory) if one.end > now)


def declared_in(directory: Path) -> tuple[Injected, ...]:
    """All faults in the control file, ended ones too."""
    try:
        text = (directory / CONTROL_FILE).read_text()
    except FileNotFoundError:
        return ()
    return tuple(Injected(**entry) for entry in json.loads(text))


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / f"{CONTROL_FILE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(directory: Path, faults: list[Injected]) -> None:
    path = directory / CONTROL_FILE
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps([asdict(one) for one in faults]))
    draft.replace(path)
