"""Which label combinations each service has: sparse, so that a month of history stays small."""

from __future__ import annotations

from collections.abc import Iterator

from app.demo.simulation.faults import PLATFORMS, PROVIDERS
from app.demo.simulation.plan import BAD_VERSION, BY_NAME, VERSION
from app.demo.simulation.routes import ROUTES
from app.demo.simulation.steps import STEP_SPECS
from app.demo.simulation.vocabulary import (
    ERROR_TYPES,
    EVENT_TYPES,
    MODELS,
    PROFILES,
    TOKEN_RANGE,
    WORKFLOW_TYPE,
    label,
)

Combination = tuple[str, tuple[str, ...]]
AI_KINDS = {"orchestrator": ("analysis", "code_review"), "workers": ("code_generation",)}
GIT_OPERATIONS = {"orchestrator": ("issues", "pulls", "checks"), "workers": ("push",)}
DB_OPERATIONS = {
    "orchestrator": ("select", "insert", "update"),
    "workers": ("insert",),
    "api": ("select", "insert"),
    "dashboard": ("select",),
}
ESCALATIONS = (
    ("workflow", "critical", "workflow_engine", "retry_exhausted"),
    ("workflow", "high", "workflow_engine", "structural_issue"),
    ("security", "critical", "quality_gate", "security_critical"),
)


def combinations(instance: str) -> Iterator[Combination]:
    """Metric name and label values of every child the instance exposes, grouped by metric."""
    job = BY_NAME[instance].job
    yield from _process(job)
    yield from _http(job)
    for operation in DB_OPERATIONS[job]:
        yield "tamma_db_query_duration_seconds", (operation,)
    for name, error in ERROR_TYPES.items():
        if job in error.jobs:
            yield "tamma_errors_total", (name, error.severity, error.component)
    for kind in EVENT_TYPES[job]:
        yield "tamma_events_written_total", (label(kind), "postgresql")
    if job in AI_KINDS:
        yield from _providers(job)
        yield from _platforms(job)
    if job == "orchestrator":
        yield from _engine()
    if job == "workers":
        yield from _worker(instance)


def _process(job: str) -> Iterator[Combination]:
    for name in (
        "tamma_requests_total",
        "tamma_uptime_seconds",
        "tamma_event_store_write_errors_total",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_open_fds",
        "nodejs_eventloop_lag_seconds",
        "nodejs_heap_size_used_bytes",
        "nodejs_heap_size_total_bytes",
        "tamma_db_pool_size",
    ):
        yield name, ()
    for kind in ("rss", "heap_used", "heap_total", "external"):
        yield "nodejs_memory_bytes", (kind,)
    for state in ("active", "idle", "waiting"):
        yield "tamma_db_pool_connections", (state,)
    for resource, unit in (
        ("cpu", "percent"),
        ("memory", "bytes"),
        ("disk", "bytes"),
        ("network", "bytes_per_second"),
    ):
        yield "tamma_system_resources", (resource, unit)
    yield "tamma_active_connections", ("http", "none")
    versions = (VERSION, BAD_VERSION) if job != "dashboard" else (VERSION,)
    for version in versions:
        yield "tamma_build_info", (label(version),)


def _http(job: str) -> Iterator[Combination]:
    for route in ROUTES.get(job, ()):
        for code in (route.success, *route.failures):
            labels = (label(route.path), route.method, str(code), route.user_type)
            yield "tamma_api_response_duration_seconds", labels
    if job == "api":
        for status in ("received", "processed", "failed"):
            yield "tamma_webhook_events_total", (status,)


def _providers(job: str) -> Iterator[Combination]:
    calls = [(p, label(MODELS[p]), kind) for p in PROVIDERS for kind in AI_KINDS[job]]
    for call in calls:
        yield "tamma_ai_request_duration_seconds", (*call, TOKEN_RANGE[call[2]])
    for call in calls:
        for outcome in ("success", "failure", "timeout"):
            yield "tamma_ai_requests_total", (*call, outcome)
    for provider in PROVIDERS:
        for kind in ("input", "output"):
            yield "tamma_ai_tokens_total", (provider, label(MODELS[provider]), kind)
    for provider in PROVIDERS:
        yield "tamma_ai_rate_limits_total", (provider,)
    for provider in PROVIDERS:
        if job == "orchestrator":
            yield "tamma_ai_rate_limit_reset_seconds", (provider,)


def _platforms(job: str) -> Iterator[Combination]:
    calls = [(platform, operation) for platform in PLATFORMS for operation in GIT_OPERATIONS[job]]
    for call in calls:
        yield "tamma_platform_api_latency_seconds", call
    for call in calls:
        for status in ("success", "failure"):
            yield "tamma_platform_api_calls_total", (*call, status)
    for platform in PLATFORMS:
        yield "tamma_platform_rate_limits_total", (platform,)
    for platform in PLATFORMS:
        if job == "orchestrator":
            yield "tamma_platform_rate_limit_reset_seconds", (platform,)


def _engine() -> Iterator[Combination]:
    yield "tamma_workflows_active_total", ()
    yield "tamma_active_autonomous_loops", ("orchestrator", "production")
    yield "tamma_pending_approvals", ("merge", "medium")
    for priority in ("high", "medium", "low"):
        yield "tamma_queue_depth", ("issues", priority)
    for name in ("workers_registered", "workers_active", "tasks_queued"):
        yield f"tamma_orchestrator_{name}", ()
    for status in ("completed", "failed"):
        yield "tamma_orchestrator_tasks_total", (status,)
    for status in ("completed", "failed"):
        yield "tamma_orchestrator_task_duration_seconds", (status,)
    for escalation in ESCALATIONS:
        yield "tamma_escalations_total", escalation
    for step in STEP_SPECS:
        yield "tamma_workflow_step_duration_seconds", (step.name, WORKFLOW_TYPE)
    for step in STEP_SPECS:
        for error in step.errors:
            yield "tamma_workflow_step_errors_total", (step.name, WORKFLOW_TYPE, error)
    yield from _results()
    yield from _issues()


def _results() -> Iterator[Combination]:
    # Workers hand their results in: the orchestrator keeps the time they took.
    for framework, language in (("vitest", "typescript"), ("pytest", "python")):
        for result in ("pass", "fail"):
            yield "tamma_test_execution_duration_seconds", ("unit", framework, language, result)
    for provider in PROVIDERS:
        language = "python" if provider == "openai" else "typescript"
        yield "tamma_code_generation_duration_seconds", (provider, language, "medium", "few")


def _issues() -> Iterator[Combination]:
    kinds = [(p.provider, p.platform, p.issue_type) for p in PROFILES]
    pairs = sorted({(p.provider, p.platform) for p in PROFILES})
    for kind, profile in zip(kinds, PROFILES, strict=True):
        yield "tamma_issue_completion_duration_seconds", (*kind, profile.complexity)
    for kind in kinds:
        for outcome in ("success", "failure", "timeout"):
            yield "tamma_issues_processed_total", (*kind, outcome)
    for kind in kinds:
        yield "tamma_prs_created_total", (*kind, "system")
    for kind in kinds:
        yield "tamma_prs_merged_total", (*kind, "squash")
    for pair in pairs:
        yield "tamma_workflows_started_total", (WORKFLOW_TYPE, *pair)
    for pair in pairs:
        for outcome in ("success", "failure"):
            yield "tamma_workflows_completed_total", (WORKFLOW_TYPE, *pair, outcome)


def _worker(instance: str) -> Iterator[Combination]:
    yield "tamma_worker_current_task", (label(instance),)
    for language in ("typescript", "python"):
        for change in ("create", "update"):
            yield "tamma_code_changes_total", (change, language, "system", "source")
