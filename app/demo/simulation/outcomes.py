"""What each step of a run leaves in metrics, log lines and events."""

from __future__ import annotations

import random

from app.demo.simulation.activity import Activity
from app.demo.simulation.holdings import approval_ended, worker_leaves
from app.demo.simulation.pino import failure
from app.demo.simulation.plan import ORCHESTRATOR
from app.demo.simulation.runs import Run
from app.demo.simulation.vocabulary import STEPS, WORKFLOW_TYPE

REASONS = {
    "step_failed": "the result did not pass its checks",
    "build_failed": "tsc exited with code 2",
    "test_failed": "3 of 214 tests failed",
    "scan_failed": "a finding of severity critical",
}


def step_started(out: Activity, run: Run, t: float, *, first: bool) -> None:
    """A step begins for the first time."""
    name = STEPS[run.step]
    out.event(ORCHESTRATOR, t, "WORKFLOW.STEP_STARTED", run.tags(stepId=name), {"step": run.step + 1, "of": len(STEPS)})
    out.line(ORCHESTRATOR, t, "info", f"Step {name} started", run.fields("workflow-engine", step="STEP_START"))
    if first:
        data = {"assignee": "tamma-bot", "issueType": run.kind.issue_type, "complexity": run.kind.complexity}
        out.event(ORCHESTRATOR, t, "ISSUE.ASSIGNED", run.tags(repo=run.kind.repository), data)
    out.runs[run.id] = run.row()


def step_completed(out: Activity, run: Run, t: float, rng: random.Random) -> None:
    """A step ends well; some steps leave more than their end."""
    name = STEPS[run.step]
    seconds = t - run.step_started
    out.observe(ORCHESTRATOR, t, "tamma_workflow_step_duration_seconds", name, WORKFLOW_TYPE, value=seconds)
    _gate_passed(out, run, t)
    tags = run.tags(stepId=name, success="true")
    out.event(ORCHESTRATOR, t, "WORKFLOW.STEP_COMPLETED", tags, {"durationMs": round(seconds * 1000)})
    fields = run.fields("workflow-engine", step="STEP_COMPLETE", durationMs=round(seconds * 1000))
    out.line(ORCHESTRATOR, t, "info", f"Step {name} completed", fields)
    if name == "CODE_GENERATION":
        size = ("python" if run.kind.provider == "openai" else "typescript", "medium", "few")
        out.observe(ORCHESTRATOR, t, "tamma_code_generation_duration_seconds", run.kind.provider, *size, value=seconds)
    if name == "PR_CREATION":
        _pull_request(out, run, t, "PR.CREATED", "tamma_prs_created_total", "system")
    if name == "MERGE":
        _pull_request(out, run, t, "PR.MERGED", "tamma_prs_merged_total", "squash")
    if name == "APPROVAL_GATE":
        approval_ended(out, run, t, decision="approved", person=rng.choice(("alice", "bob", "chen")))
    worker_leaves(out, run, t)


def _gate_passed(out: Activity, run: Run, t: float) -> None:
    name = STEPS[run.step]
    seconds = t - run.step_started
    if name == "BUILD_VALIDATION":
        out.event(run.worker, t, "BUILD.COMPLETED", run.tags(), {"durationMs": round(seconds * 1000)})
    if name == "TEST_VALIDATION":
        framework = "vitest" if run.kind.language == "typescript" else "pytest"
        labels = ("unit", framework, run.kind.language, "pass")
        out.observe(ORCHESTRATOR, t, "tamma_test_execution_duration_seconds", *labels, value=seconds)
        out.event(run.worker, t, "TEST.PASSED", run.tags(), {"passed": 214, "failed": 0, "framework": framework})


def _pull_request(out: Activity, run: Run, t: float, event: str, metric: str, last_label: str) -> None:
    kind = run.kind
    out.count(ORCHESTRATOR, t, metric, kind.provider, kind.platform, kind.issue_type, last_label)
    tags = run.tags(repo=kind.repository, prId=run.pr_id)
    out.event(ORCHESTRATOR, t, event, tags, {"branch": f"tamma/issue-{run.issue_id}", "files": run.files})
    word = event.replace(".", "_")
    fields = run.fields("git-platform", step=f"PLATFORM_{word}", prId=run.pr_id, platform=kind.platform)
    out.line(ORCHESTRATOR, t, "info", f"Pull request #{run.pr_id} {event[3:].lower()}", fields)


def code_pushed(out: Activity, run: Run, t: float, rng: random.Random) -> None:
    """The worker wrote a file and pushed it; the first push creates the branch."""
    branch = f"tamma/issue-{run.issue_id}"
    path = f"packages/core/src/feature-{run.issue_id}/index.{'ts' if run.kind.language == 'typescript' else 'py'}"
    first = len(run.todo) > 2
    if first and run.attempt == 1:
        out.event(run.worker, t, "BRANCH.CREATED", run.tags(branch=branch, repo=run.kind.repository), {"base": "main"})
    change = "create" if first else "update"
    out.count(run.worker, t, "tamma_code_changes_total", change, run.kind.language, "system", "source", by=run.files)
    data = {"change": change, "lines": rng.randint(12, 220), "filesChanged": run.files}
    out.event(run.worker, t, "CODE.FILE.WRITTEN", run.tags(filePath=path), data)
    sha = f"{rng.getrandbits(160):040x}"
    out.event(run.worker, t, "COMMIT.CREATED", run.tags(branch=branch), {"sha": sha, "filesChanged": run.files})
    out.line(run.worker, t, "info", f"Committed {run.files} files to {branch}", run.fields("git", commit=sha[:10]))


def attempt_failed(out: Activity, run: Run, t: float, *, error: str, message: str) -> None:
    """One attempt at a step failed."""
    name = STEPS[run.step]
    place = run.busy if run.busy and error != "worker_lost" else ORCHESTRATOR
    out.error(place, t, error)
    out.count(ORCHESTRATOR, t, "tamma_workflow_step_errors_total", name, WORKFLOW_TYPE, error)
    tags = run.tags(stepId=name)
    if error == "build_failed":
        out.event(place, t, "BUILD.FAILED", tags, {"error": message, "attempt": run.attempt})
    if error == "test_failed":
        framework = "vitest" if run.kind.language == "typescript" else "pytest"
        labels = ("unit", framework, run.kind.language, "fail")
        out.observe(ORCHESTRATOR, t, "tamma_test_execution_duration_seconds", *labels, value=t - run.step_started)
        out.event(place, t, "TEST.FAILED", tags, {"error": message, "failed": 3, "framework": framework})
    if error in ("worker_lost", "provider_unavailable", "rate_limit", "scan_failed", "step_failed"):
        data = {"errorType": error, "message": message, "attempt": run.attempt}
        out.event(ORCHESTRATOR, t, "SYSTEM.ERROR.OCCURRED", run.tags(stepId=name, service=place), data)
    fields = run.fields("workflow-engine", step="STEP_ERROR", attempt=run.attempt, errorType=error)
    fields["error"] = failure("WorkflowStepError", message, error.upper(), "WorkflowEngine.executeStep")
    out.line(place, t, "error", f"Step {name} attempt {run.attempt} failed: {error}", fields)
    worker_leaves(out, run, t)


def step_overdue(out: Activity, run: Run, t: float) -> None:
    """The step takes much longer than it should."""
    name = STEPS[run.step]
    late = round(t - run.step_started)
    out.error(ORCHESTRATOR, t, "step_timeout")
    data = {"elapsedMs": late * 1000, "expectedMs": round(run.spec.median_s * 1000)}
    out.event(ORCHESTRATOR, t, "WORKFLOW.STEP.TIMEOUT", run.tags(stepId=name), data)
    fields = run.fields("workflow-engine", step="STEP_ERROR", durationMs=late * 1000)
    out.line(ORCHESTRATOR, t, "warn", f"Step {name} is over its expected time", fields)
