"""What a run holds for a while: a worker's task, and a person's attention."""

from __future__ import annotations

from app.demo.simulation.activity import Activity
from app.demo.simulation.plan import ORCHESTRATOR
from app.demo.simulation.runs import Run
from app.demo.simulation.vocabulary import STEPS, label


def worker_takes(out: Activity, run: Run, t: float) -> None:
    """A worker has a task of this run from now on."""
    worker_leaves(out, run, t)
    run.busy = run.worker
    out.count(run.busy, t, "tamma_worker_current_task", label(run.busy))
    fields = run.fields("task-runner", attempt=run.attempt)
    out.line(run.busy, t, "info", f"Task accepted: {STEPS[run.step]}", fields)


def worker_leaves(out: Activity, run: Run, t: float) -> None:
    """The worker is free of this run's task."""
    if run.busy:
        out.count(run.busy, t, "tamma_worker_current_task", label(run.busy), by=-1.0)
        run.busy = ""


def approval_requested(out: Activity, run: Run, t: float) -> None:
    """A person is asked whether the change may be merged."""
    if run.waits_for_approval:
        return
    run.waits_for_approval = True
    out.count(ORCHESTRATOR, t, "tamma_pending_approvals", "merge", "medium")
    tags = run.tags(approvalType="merge")
    out.event(ORCHESTRATOR, t, "APPROVAL.REQUESTED", tags, {"requestedFrom": "maintainers", "priority": "medium"})
    out.line(ORCHESTRATOR, t, "info", "Approval requested", run.fields("approval-gate", approvalType="merge"))


def approval_ended(out: Activity, run: Run, t: float, *, decision: str, person: str) -> None:
    """The person answered, or the run is over without an answer."""
    if not run.waits_for_approval:
        return
    run.waits_for_approval = False
    out.count(ORCHESTRATOR, t, "tamma_pending_approvals", "merge", "medium", by=-1.0)
    data = {"decision": decision, "waitedMs": round((t - run.step_started) * 1000)}
    out.event(ORCHESTRATOR, t, "APPROVAL.PROVIDED", run.tags(approvalType="merge", userId=person), data)
    fields = run.fields("approval-gate", actorId=person, decision=decision)
    out.line(ORCHESTRATOR, t, "info", f"Approval {decision}", fields)
