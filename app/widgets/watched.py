"""The series that are held against their usual all the time, for the homes' "unusual now"; the only list of them."""

from __future__ import annotations

from dataclasses import dataclass

from app.figures.units import Unit
from app.sources.questions import PAST_STEP_S, At, Past, Question
from app.widgets import platform
from app.widgets.usual import usual_name

# Half an hour changes little in a minute, and these are many questions.
EVERY_S = 60
_AI, _GIT = "tamma_ai_requests_total", "tamma_platform_api_calls_total"
_AI_SECONDS, _GIT_SECONDS = "tamma_ai_request_duration_seconds_bucket", "tamma_platform_api_latency_seconds_bucket"
_DB_SECONDS = "tamma_db_query_duration_seconds_bucket"


@dataclass(frozen=True)
class Watched:
    """What is watched: its name in words, a query for its mean over ``$rate`` or ``$step``, the same on recorded series.

    ``by`` is the label that tells its series apart, and ``{}`` in ``words`` and ``page`` stands for its value.
    """

    key: str
    words: str
    promql: str
    recorded: str
    unit: Unit
    by: str = ""
    page: str = ""

    @property
    def now(self) -> At:
        """Its mean over the half hour before now: what a profile's slots are made of."""
        half_hour = f"{PAST_STEP_S}s"
        return At(self.promql.replace("$rate", half_hour).replace("$step", half_hour), every_s=EVERY_S)


def _jobs(metric: str, *, of: str = "rate", over: str = "$rate", raw: str = "") -> str:
    return f"sum by (job) ({of}({raw or metric}{{{platform.JOBS}}}[{over}]))"


def _recorded(name: str, by: str, *, of: str = "sum", where: str = "") -> str:
    group = f" by ({by})" if by else ""
    return f"{of}{group} (avg_over_time({name}{{{where}}}[$step]))"


def _slow(buckets: str, by: str, recorded: str, *, where: str = "") -> tuple[str, str]:
    group = f"le, {by}" if by else "le"
    return (
        f"histogram_quantile(0.95, sum by ({group}) (rate({buckets}{{{where}}}[$rate])))",
        f"histogram_quantile(0.95, sum by ({group}) (avg_over_time({recorded}{{{where}}}[$step])))",
    )


def _failing(counter: str, by: str, failed: str, recorded: str) -> tuple[str, str]:
    """The share of failed calls: 0 where there are calls and none failed."""
    every, bad = f"sum by ({by}) (rate({counter}[$rate]))", f"sum by ({by}) (rate({counter}{{{failed}}}[$rate]))"
    level = recorded.rpartition(":")[0]
    return (
        f"({bad} or {every} * 0) / ({every} > 0)",
        f"sum by ({by}) (avg_over_time({level}:failed_rate5m[$step]))"
        f" / (sum by ({by}) (avg_over_time({recorded}[$step])) > 0)",
    )


_SERVICE = "/services/{}"
WATCHED = (
    Watched(
        *("requests", "{} requests", platform.REQUESTS_NOW, platform.RECORDED_REQUESTS),
        *(Unit.PER_SECOND, "job", _SERVICE),
    ),
    Watched(
        *("p95", "{} p95", platform.quantile("0.95", "job"), platform.recorded_quantile("0.95", "job")),
        *(Unit.SECONDS, "job", _SERVICE),
    ),
    Watched(
        *("failed", "{} failed requests", platform.ERROR_SHARE, platform.RECORDED_SHARE, Unit.SHARE, "job", _SERVICE)
    ),
    Watched(
        *("errors", "{} errors", f"60 * {_jobs('tamma_errors_total')}"),
        *(f"60 * {_recorded('job:tamma_errors:rate5m', 'job', where=platform.JOBS)}", Unit.PER_MINUTE),
        *("job", _SERVICE),
    ),
    Watched(
        *("cpu", "{} CPU", _jobs("process_cpu_seconds_total")),
        *(_recorded("job:process_cpu_seconds:rate5m", "job", where=platform.JOBS), Unit.CORES, "job", _SERVICE),
    ),
    Watched(
        *("memory", "{} memory", _jobs("process_resident_memory_bytes", of="avg_over_time", over="$step")),
        _recorded("job:process_resident_memory_bytes:mean5m", "job", where=platform.JOBS),
        *(Unit.BYTES, "job", _SERVICE),
    ),
    Watched(
        *("lag", "{} event loop lag"),
        f"max by (job) (avg_over_time(nodejs_eventloop_lag_seconds{{{platform.JOBS}}}[$step]))",
        _recorded("job:nodejs_eventloop_lag_seconds:mean5m", "job", of="max", where=platform.JOBS),
        *(Unit.SECONDS, "job", _SERVICE),
    ),
    Watched(
        *("aislow", "{} p95"),
        *_slow(_AI_SECONDS, "provider", "provider_le:tamma_ai_request_duration_seconds_bucket:rate5m"),
        *(Unit.SECONDS, "provider", "/external"),
    ),
    Watched(
        *("aifailed", "{} failed calls"),
        *_failing(_AI, "provider", 'outcome=~"failure|timeout"', "provider:tamma_ai_requests:rate5m"),
        *(Unit.SHARE, "provider", "/external"),
    ),
    Watched(
        *("gitslow", "{} p95"),
        *_slow(_GIT_SECONDS, "platform", "platform_le:tamma_platform_api_latency_seconds_bucket:rate5m"),
        *(Unit.SECONDS, "platform", "/external"),
    ),
    Watched(
        *("gitfailed", "{} failed calls"),
        *_failing(_GIT, "platform", 'status=~"failure|timeout|error"', "platform:tamma_platform_api_calls:rate5m"),
        *(Unit.SHARE, "platform", "/external"),
    ),
    Watched(
        *("runs", "workflow runs ended", "60 * sum(rate(tamma_workflows_completed_total[$rate]))"),
        f"60 * {_recorded('outcome:tamma_workflows_completed:rate5m', '')}",
        *(Unit.PER_MINUTE, "", "/activity"),
    ),
    Watched(
        *("steps", "failed workflow steps", "60 * sum(rate(tamma_workflow_step_errors_total[$rate]))"),
        f"60 * {_recorded('step_name_error_type:tamma_workflow_step_errors:rate5m', '')}",
        *(Unit.PER_MINUTE, "", "/activity"),
    ),
    Watched(
        *("queue", "queue depth", "sum(avg_over_time(tamma_queue_depth[$step]))"),
        *(_recorded("priority:tamma_queue_depth:mean5m", ""), Unit.COUNT, "", "/services/orchestrator"),
    ),
    Watched(
        *("approvals", "pending approvals", "sum(avg_over_time(tamma_pending_approvals[$step]))"),
        *(_recorded("all:tamma_pending_approvals:mean5m", ""), Unit.COUNT, "", "/services/orchestrator"),
    ),
    Watched(
        *("connections", "database connections", "sum(avg_over_time(pg_stat_activity_count[$step]))"),
        *(_recorded("state:pg_stat_activity_count:mean5m", ""), Unit.COUNT, "", "/database"),
    ),
    Watched(
        *("queries", "database queries p95"),
        *_slow(_DB_SECONDS, "", "job_operation_le:tamma_db_query_duration_seconds_bucket:rate5m", where=platform.JOBS),
        *(Unit.SECONDS, "", "/database"),
    ),
)
METRICS = (f"{platform.API_SECONDS}_count", "tamma_errors_total", "process_cpu_seconds_total")


def questions() -> dict[str, Question]:
    """What is now, and the last weeks of each."""
    now: dict[str, Question] = {one.key: one.now for one in WATCHED}
    return now | {usual_name(one.key): Past(one.promql, one.recorded) for one in WATCHED}
