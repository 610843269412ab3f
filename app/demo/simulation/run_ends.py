"""What the start and the end of a run leave in metrics, log lines and events."""

from __future__ import annotations

from app.demo.simulation.activity import Activity
from app.demo.simulation.holdings import approval_ended, worker_leaves
from app.demo.simulation.pino import failure
from app.demo.simulation.plan import ORCHESTRATOR
from app.demo.simulation.runs import Run
from app.demo.simulation.vocabulary import STEPS, WORKFLOW_TYPE


def run_started(out: Activity, run: Run, t: float) -> None:
    """A loop takes an issue."""
    pair = (run.kind.provider, run.kind.platform)
    out.count(ORCHESTRATOR, t, "tamma_workflows_started_total", WORKFLOW_TYPE, *pair)
    out.count(ORCHESTRATOR, t, "tamma_workflows_active_total")
    out.count(ORCHESTRATOR, t, "tamma_active_autonomous_loops", "orchestrator", "production")
    tags = run.tags(issueNumber=run.issue_id, trigger="auto", repo=run.kind.repository)
    out.event(ORCHESTRATOR, t, "WORKFLOW.STARTED", tags, {"title": f"{run.kind.issue_type} #{run.issue_id}"})
    fields = run.fields("workflow-engine", step="WORKFLOW_START", repo=run.kind.repository)
    out.line(ORCHESTRATOR, t, "info", f"Workflow started for issue #{run.issue_id}", fields)
    out.runs[run.id] = run.row()


def run_completed(out: Activity, run: Run, t: float) -> None:
    """The run went through all steps."""
    kind, seconds = run.kind, t - run.started
    issue = (kind.provider, kind.platform, kind.issue_type)
    out.observe(ORCHESTRATOR, t, "tamma_issue_completion_duration_seconds", *issue, kind.complexity, value=seconds)
    out.event(ORCHESTRATOR, t, "WORKFLOW.COMPLETED", run.tags(success="true"), {"durationMs": round(seconds * 1000)})
    fields = run.fields("workflow-engine", step="WORKFLOW_COMPLETE", durationMs=round(seconds * 1000))
    out.line(ORCHESTRATOR, t, "info", f"Workflow completed for issue #{run.issue_id}", fields)
    _run_over(out, run, t, "success")
    out.runs[run.id] = run.row(status="success", ended=t)


def run_failed(out: Activity, run: Run, t: float, *, error: str, message: str) -> None:
    """The run is given up and, but for a restart, handed to a person."""
    data = {"error": message, "errorType": error, "durationMs": round((t - run.started) * 1000)}
    tags = run.tags(stepId=STEPS[run.step], success="false")
    if run.waits_for_approval:
        decision = "rejected" if error == "step_failed" else "withdrawn"
        approval_ended(out, run, t, decision=decision, person="system")
    out.event(ORCHESTRATOR, t, "WORKFLOW.FAILED", tags, data)
    fields = run.fields("workflow-engine", step="WORKFLOW_ERROR", durationMs=data["durationMs"])
    fields["error"] = failure("WorkflowError", message, error.upper(), "WorkflowEngine.run")
    out.line(ORCHESTRATOR, t, "error", f"Workflow failed for issue #{run.issue_id}: {message}", fields)
    if error != "orchestrator_lost":
        _escalate(out, run, t, error, message)
    _run_over(out, run, t, "failure")
    out.runs[run.id] = run.row(status="failed", ended=t, error=message)


def _escalate(out: Activity, run: Run, t: float, error: str, message: str) -> None:
    labels = {
        "retry_exhausted": ("workflow", "critical", "workflow_engine", "retry_exhausted"),
        "scan_failed": ("security", "critical", "quality_gate", "security_critical"),
    }.get(error, ("workflow", "high", "workflow_engine", "structural_issue"))
    out.count(ORCHESTRATOR, t, "tamma_escalations_total", *labels)
    if error == "retry_exhausted":
        out.error(ORCHESTRATOR, t, "retry_exhausted")
    tags = run.tags(escalationType=labels[0], escalationId=f"esc-{run.id[3:]}")
    data = {"reason": labels[3], "severity": labels[1], "message": message}
    out.event(ORCHESTRATOR, t, "ESCALATION.TRIGGERED", tags, data)


def _run_over(out: Activity, run: Run, t: float, outcome: str) -> None:
    kind, status = run.kind, "completed" if outcome == "success" else "failed"
    pair = (kind.provider, kind.platform)
    out.count(ORCHESTRATOR, t, "tamma_workflows_completed_total", WORKFLOW_TYPE, *pair, outcome)
    out.count(ORCHESTRATOR, t, "tamma_issues_processed_total", *pair, kind.issue_type, outcome)
    out.count(ORCHESTRATOR, t, "tamma_workflows_active_total", by=-1.0)
    out.count(ORCHESTRATOR, t, "tamma_active_autonomous_loops", "orchestrator", "production", by=-1.0)
    out.count(ORCHESTRATOR, t, "tamma_orchestrator_tasks_total", status)
    out.observe(ORCHESTRATOR, t, "tamma_orchestrator_task_duration_seconds", status, value=t - run.started)
    worker_leaves(out, run, t)
