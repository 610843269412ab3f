"""The declared metrics of the simulated services: type, labels, buckets and help of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AI_BUCKETS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
ISSUE_BUCKETS = (60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0)
TEST_BUCKETS = (1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0)
CODE_BUCKETS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
API_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
STEP_BUCKETS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0)
PLATFORM_BUCKETS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
TASK_BUCKETS = (60.0, 300.0, 900.0, 1800.0, 3600.0)
DB_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Metric:
    """One metric family; ``buckets`` are upper bounds in seconds without +Inf, empty unless it is a histogram."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Columns one child takes: one, or each bucket, +Inf and the sum."""
        return len(self.buckets) + 2 if self.kind == "histogram" else 1


def _family(kind: str, name: str, labels: str, text: str, buckets: tuple[float, ...] = ()) -> Metric:
    return Metric(name, kind, tuple(labels.split()), text, buckets)


_ISSUE = "provider platform issue_type"
_DECLARED = (
    # The core set.
    _family("gauge", "tamma_workflows_active_total", "", "Workflows running now"),
    _family("counter", "tamma_issues_processed_total", f"{_ISSUE} outcome", "Issues processed by loops"),
    _family("counter", "tamma_prs_created_total", f"{_ISSUE} actor", "Pull requests opened"),
    _family("counter", "tamma_prs_merged_total", f"{_ISSUE} merge_strategy", "Pull requests merged"),
    _family("counter", "tamma_escalations_total", "escalation_type severity component reason", "Escalations to people"),
    _family("counter", "tamma_ai_requests_total", "provider model request_type outcome", "Calls to AI providers"),
    _family("counter", "tamma_code_changes_total", "change_type language actor file_type", "Code changes"),
    _family("gauge", "tamma_active_autonomous_loops", "mode environment", "Autonomous loops running now"),
    _family("gauge", "tamma_pending_approvals", "approval_type priority", "Approvals that wait for a person"),
    _family("gauge", "tamma_queue_depth", "queue_type priority", "Issues waiting for a loop"),
    _family("gauge", "tamma_system_resources", "resource_type unit", "Resources this process takes"),
    _family("gauge", "tamma_active_connections", "connection_type provider", "Open connections"),
    _family(
        "histogram",
        "tamma_issue_completion_duration_seconds",
        f"{_ISSUE} complexity",
        "Time from start to end of an issue",
        ISSUE_BUCKETS,
    ),
    _family(
        "histogram",
        "tamma_ai_request_duration_seconds",
        "provider model request_type token_range",
        "Time an AI call took",
        AI_BUCKETS,
    ),
    _family(
        "histogram",
        "tamma_test_execution_duration_seconds",
        "test_type framework language result",
        "Time a test run took",
        TEST_BUCKETS,
    ),
    _family(
        "histogram",
        "tamma_code_generation_duration_seconds",
        "provider language complexity file_count",
        "Time to generate code",
        CODE_BUCKETS,
    ),
    _family(
        "histogram",
        "tamma_api_response_duration_seconds",
        "endpoint method status_code user_type",
        "Time to answer an HTTP request",
        API_BUCKETS,
    ),
    # Others the platform names.
    _family("counter", "tamma_platform_api_calls_total", "platform operation status", "Calls to Git platforms"),
    _family(
        "histogram",
        "tamma_platform_api_latency_seconds",
        "platform operation",
        "Time a Git platform took to answer",
        PLATFORM_BUCKETS,
    ),
    _family("gauge", "tamma_orchestrator_workers_registered", "", "Workers known to the orchestrator"),
    _family("gauge", "tamma_orchestrator_workers_active", "", "Workers whose heartbeat arrives"),
    _family("gauge", "tamma_orchestrator_tasks_queued", "", "Tasks waiting for a worker"),
    _family("counter", "tamma_orchestrator_tasks_total", "status", "Tasks ended"),
    _family("histogram", "tamma_orchestrator_task_duration_seconds", "status", "Time a task took", TASK_BUCKETS),
    _family("gauge", "tamma_worker_current_task", "worker_id", "1 while the worker has a task"),
    _family("counter", "tamma_requests_total", "", "HTTP requests answered"),
    _family("counter", "tamma_webhook_events_total", "status", "Webhooks by what became of them"),
    _family("gauge", "tamma_uptime_seconds", "", "Seconds since the process started"),
    _family("gauge", "nodejs_memory_bytes", "type", "Memory of the Node.js process"),
    _family("counter", "tamma_events_written_total", "type backend", "Events appended to the event store"),
    _family("counter", "tamma_event_store_write_errors_total", "", "Events that could not be stored"),
    _family("counter", "tamma_errors_total", "error_type severity component", "Errors"),
    _family(
        "histogram",
        "tamma_workflow_step_duration_seconds",
        "step_name workflow_type",
        "Time a workflow step took",
        STEP_BUCKETS,
    ),
    _family(
        "counter", "tamma_workflow_step_errors_total", "step_name workflow_type error_type", "Failed step attempts"
    ),
    _family("counter", "tamma_workflows_started_total", "workflow_type provider platform", "Workflows started"),
    _family(
        "counter",
        "tamma_workflows_completed_total",
        "workflow_type provider platform outcome",
        "Workflows ended",
    ),
    _family("counter", "tamma_ai_tokens_total", "provider model token_type", "Tokens sent and received"),
    _family("counter", "tamma_ai_rate_limits_total", "provider", "Calls refused by an AI provider's limit"),
    _family("gauge", "tamma_ai_rate_limit_reset_seconds", "provider", "Seconds until the provider's limit resets"),
    _family("counter", "tamma_platform_rate_limits_total", "platform", "Calls refused by a Git platform's limit"),
    _family(
        "gauge", "tamma_platform_rate_limit_reset_seconds", "platform", "Seconds until the platform's limit resets"
    ),
    # The process itself, as prom-client reports it.
    _family("counter", "process_cpu_seconds_total", "", "CPU time of the process"),
    _family("gauge", "process_resident_memory_bytes", "", "Resident memory of the process"),
    _family("gauge", "process_start_time_seconds", "", "Start of the process, epoch seconds"),
    _family("gauge", "process_open_fds", "", "Open file descriptors"),
    _family("gauge", "nodejs_eventloop_lag_seconds", "", "Lag of the event loop"),
    _family("gauge", "nodejs_heap_size_used_bytes", "", "Used heap"),
    _family("gauge", "nodejs_heap_size_total_bytes", "", "Heap taken from the system"),
    _family("gauge", "tamma_db_pool_connections", "state", "Connections of this process's pool"),
    _family("gauge", "tamma_db_pool_size", "", "Size of this process's pool"),
    _family("histogram", "tamma_db_query_duration_seconds", "operation", "Time a query took", DB_BUCKETS),
    _family("gauge", "tamma_build_info", "version", "1 for the version that runs"),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _DECLARED}
