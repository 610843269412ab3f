"""The 14 steps of a workflow: how long each takes, what it calls, how it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StepSpec:
    """One step.

    ``median_s`` and ``sigma`` describe a log-normal duration; ``retried`` and ``fatal`` are the chances that
    an attempt fails and is tried again, or ends the run. ``calls`` are made at even distances: ``ai:<kind>`` or
    ``git:<operation>``.
    """

    name: str
    median_s: float
    on_worker: bool = False
    calls: tuple[str, ...] = ()
    retried: float = 0.0
    fatal: float = 0.0
    error: str = "step_failed"
    sigma: float = 0.45

    @property
    def errors(self) -> tuple[str, ...]:
        """Every error type an attempt of this step can end with."""
        kinds = [self.error] if self.retried or self.fatal else []
        if any(call.startswith("ai:") for call in self.calls):
            kinds.append("provider_unavailable")
        if any(call.startswith("git:") for call in self.calls):
            kinds.append("rate_limit")
        if self.on_worker:
            kinds.append("worker_lost")
        return (*kinds, "step_failed") if "step_failed" not in kinds else tuple(kinds)


STEP_SPECS: tuple[StepSpec, ...] = (
    StepSpec("ISSUE_ASSIGNMENT", 4, calls=("git:issues",)),
    StepSpec("CONTEXT_GATHERING", 24, calls=("ai:analysis", "git:issues")),
    StepSpec("RESEARCH", 60, calls=("ai:analysis", "ai:analysis")),
    StepSpec("AMBIGUITY_CHECK", 15, calls=("ai:analysis",), fatal=0.012),
    StepSpec(
        "CODE_GENERATION",
        240,
        on_worker=True,
        calls=("ai:code_generation", "ai:code_generation", "git:push", "ai:code_generation", "git:push"),
        retried=0.03,
        fatal=0.012,
    ),
    StepSpec("BUILD_VALIDATION", 80, on_worker=True, retried=0.09, fatal=0.012, error="build_failed"),
    StepSpec("TEST_VALIDATION", 140, on_worker=True, retried=0.14, fatal=0.020, error="test_failed"),
    StepSpec("SECURITY_SCAN", 40, on_worker=True, retried=0.01, fatal=0.006, error="scan_failed"),
    StepSpec("CODE_REVIEW", 55, calls=("ai:code_review",), retried=0.03, fatal=0.01),
    StepSpec("PR_CREATION", 9, calls=("git:pulls",)),
    StepSpec("CI_CHECK", 190, calls=("git:checks", "git:checks", "git:checks"), retried=0.05, fatal=0.016),
    StepSpec("APPROVAL_GATE", 170, fatal=0.014, sigma=0.9),
    StepSpec("MERGE", 10, calls=("git:pulls",), retried=0.02, fatal=0.004),
    StepSpec("DEPLOYMENT", 55, on_worker=True, retried=0.02, fatal=0.006),
)
MAX_RETRIES = 3
RETRY_DELAYS_S: Mapping[int, float] = {1: 2.0, 2: 4.0, 3: 8.0}
