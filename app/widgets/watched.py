"""The series that are held against their usual all the time, for the homes' "unusual now"; the only list of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.figures.units import Unit
from app.sources.questions import PAST_STEP_S, At, Past, Question
from app.widgets import platform
from app.widgets.usual import usual_name

# Half an hour changes little in a minute, and these are many questions.
EVERY_S = 60
_AI_SECONDS, _GIT_SECONDS = "tamma_ai_request_duration_seconds", "tamma_platform_api_latency_seconds"
_DB_SECONDS = "tamma_db_query_duration_seconds"


@dataclass(frozen=True)
class Watched:
    """What is watched: its name in words, and a query for its mean over ``$rate`` or ``$step``, raw and recorded.

    ``by`` is the label that tells its series apart, and ``{}`` in ``words`` stands for its value. Series by ``job``
    lead to the page of their service.
    """

    key: str
    words: str
    asked: tuple[str, str]
    unit: Unit
    by: str = ""
    page: str = ""

    @property
    def now(self) -> At:
        """Its mean over the half hour before now: what a profile's slots are made of."""
        half_hour = f"{PAST_STEP_S}s"
        return At(self.asked[0].replace("$rate", half_hour).replace("$step", half_hour), every_s=EVERY_S)


def _rise(counter: str, by: str, where: str = "") -> str:
    return f"{_group(by)} (rate({counter}{{{where}}}[$rate]))"


def _kept(recorded: str, by: str, where: str = "") -> str:
    return platform.recorded_rate(f"{recorded}{{{where}}}", by)


def _group(by: str) -> str:
    return f"sum by ({by})" if by else "sum"


def _sum(counter: str, recorded: str, by: str = "", *, where: str = "", times: int = 1) -> tuple[str, str]:
    """A counter's rise a second, ``times`` as much, and the same recorded."""
    factor = f"{times} * " if times != 1 else ""
    return f"{factor}{_rise(counter, by, where)}", f"{factor}{_kept(recorded, by, where)}"


def _mean(gauge: str, recorded: str, by: str = "", *, where: str = "", of: str = "sum") -> tuple[str, str]:
    """A gauge's mean, of all series or by a label."""
    return (
        platform.gauge_mean(f"{gauge}{{{where}}}", by, of=of),
        platform.gauge_mean(f"{recorded}{{{where}}}", by, of=of, every="5m"),
    )


def _p95(buckets: str, recorded: str, by: str = "", *, where: str = "") -> tuple[str, str]:
    group = f"le, {by}" if by else "le"
    return (
        f"histogram_quantile(0.95, sum by ({group}) (rate({buckets}{{{where}}}[$rate])))",
        f"histogram_quantile(0.95, {platform.recorded_rate(f'{recorded}{{{where}}}', group)})",
    )


def _failing(counter: str, recorded: str, by: str, *, failed: str) -> tuple[str, str]:
    """The share of failed calls: 0 where there are calls and none failed."""
    every, bad = _rise(counter, by), _rise(counter, by, failed)
    kept, kept_bad = _kept(f"{recorded}:rate5m", by), _kept(f"{recorded}:failed_rate5m", by)
    return f"({bad} or {every} * 0) / ({every} > 0)", f"{kept_bad} / ({kept} > 0)"


_JOBS = platform.JOBS
_CPU = _sum("process_cpu_seconds_total", "job:process_cpu_seconds:rate5m", "job", where=_JOBS)
_MEMORY = _mean("process_resident_memory_bytes", "job:process_resident_memory_bytes:mean5m", "job", where=_JOBS)
_LAG = _mean("nodejs_eventloop_lag_seconds", "job:nodejs_eventloop_lag_seconds:mean5m", "job", where=_JOBS, of="max")
_ERRORS = _sum("tamma_errors_total", "job:tamma_errors:rate5m", "job", where=_JOBS, times=60)
_TYPES = _sum("tamma_errors_total", "job_error_type:tamma_errors:rate5m", "error_type", where=_JOBS, times=60)
_AI_P95 = _p95(f"{_AI_SECONDS}_bucket", f"provider_le:{_AI_SECONDS}_bucket:rate5m", "provider")
_AI_FAILED = _failing(
    "tamma_ai_requests_total", "provider:tamma_ai_requests", "provider", failed='outcome=~"failure|timeout"'
)
_GIT_P95 = _p95(f"{_GIT_SECONDS}_bucket", f"platform_le:{_GIT_SECONDS}_bucket:rate5m", "platform")
_GIT_FAILED = _failing(
    *("tamma_platform_api_calls_total", "platform:tamma_platform_api_calls", "platform"),
    failed='status=~"failure|timeout|error"',
)
_RUNS = _sum("tamma_workflows_completed_total", "outcome:tamma_workflows_completed:rate5m", times=60)
_STEPS = _sum("tamma_workflow_step_errors_total", "step_name_error_type:tamma_workflow_step_errors:rate5m", times=60)
_QUEUE = _mean("tamma_queue_depth", "priority:tamma_queue_depth:mean5m")
_APPROVALS = _mean("tamma_pending_approvals", "all:tamma_pending_approvals:mean5m")
_CONNECTIONS = _mean("pg_stat_activity_count", "state:pg_stat_activity_count:mean5m")
_QUERIES = _p95(f"{_DB_SECONDS}_bucket", f"job_operation_le:{_DB_SECONDS}_bucket:rate5m", where=_JOBS)
_LATENCY = (platform.quantile("0.95", "job"), platform.recorded_quantile("0.95", "job"))

WATCHED = (
    Watched("requests", "{} requests", (platform.REQUESTS_NOW, platform.RECORDED_REQUESTS), Unit.PER_SECOND, "job"),
    Watched("p95", "{} p95", _LATENCY, Unit.SECONDS, "job"),
    Watched("failed", "{} failed requests", (platform.ERROR_SHARE, platform.RECORDED_SHARE), Unit.SHARE, "job"),
    Watched("errors", "{} errors", _ERRORS, Unit.PER_MINUTE, "job"),
    Watched("cpu", "{} CPU", _CPU, Unit.CORES, "job"),
    Watched("memory", "{} memory", _MEMORY, Unit.BYTES, "job"),
    Watched("lag", "{} event loop lag", _LAG, Unit.SECONDS, "job"),
    Watched("aislow", "{} p95", _AI_P95, Unit.SECONDS, "provider", "/external"),
    Watched("aifailed", "{} failed calls", _AI_FAILED, Unit.SHARE, "provider", "/external"),
    Watched("gitslow", "{} p95", _GIT_P95, Unit.SECONDS, "platform", "/external"),
    Watched("gitfailed", "{} failed calls", _GIT_FAILED, Unit.SHARE, "platform", "/external"),
    Watched("runs", "workflow runs ended", _RUNS, Unit.PER_MINUTE, page="/activity"),
    Watched("steps", "failed workflow steps", _STEPS, Unit.PER_MINUTE, page="/activity"),
    Watched("queue", "queue depth", _QUEUE, Unit.COUNT, page="/services/orchestrator"),
    Watched("approvals", "pending approvals", _APPROVALS, Unit.COUNT, page="/services/orchestrator"),
    Watched("connections", "database connections", _CONNECTIONS, Unit.COUNT, page="/database"),
    Watched("queries", "database queries p95", _QUERIES, Unit.SECONDS, page="/database"),
)
# Not among them: of these there are many, and their sum is watched.
ERROR_TYPES = Watched("types", "{}", _TYPES, Unit.PER_MINUTE, "error_type")
METRICS = (f"{platform.API_SECONDS}_count", "tamma_errors_total", "process_cpu_seconds_total")


# Of how many of the last thirty minutes anything is known: after a gap, what was counted is spread over all of them.
KNOWN_MINUTES = "known minutes"
LEAST_MINUTES = PAST_STEP_S // 60 * 2 // 3
_KNOWN = At(f"count_over_time((max({platform.UP}))[{PAST_STEP_S}s:1m])", every_s=EVERY_S)


def questions(watched: Sequence[Watched] = WATCHED) -> dict[str, Question]:
    """What is now, the last weeks of each, and how much of the last half hour is known."""
    now: dict[str, Question] = {one.key: one.now for one in watched}
    return now | {KNOWN_MINUTES: _KNOWN} | {usual_name(one.key): Past(*one.asked) for one in watched}
