"""What a service does besides HTTP: its calls to AI providers and Git platforms, tasks in hand, workflow steps."""

from __future__ import annotations

from app.figures.series import Line
from app.figures.units import Unit
from app.health.topology import WORKER_STEPS, WORKERS
from app.widgets import platform
from app.widgets.curves import Curves, curves
from app.widgets.service_http import PERCENTILES
from app.widgets.service_resources import instances_up
from app.widgets.service_scope import Scope, family
from app.widgets.widget import Given, Widget

AI, GIT = "AI providers", "Git platforms"
# Counter of calls, and the matcher for those that failed.
COUNTERS = {
    AI: ("tamma_ai_requests_total", 'outcome=~"failure|timeout"'),
    GIT: ("tamma_platform_api_calls_total", 'status=~"failure|timeout|error"'),
}
_STEP_SECONDS = "tamma_workflow_step_duration_seconds"


def calls(scope: Scope, kind: str, more: str = "") -> str:
    """PromQL for the calls per second that the service makes to a kind of external."""
    return f"sum(rate({COUNTERS[kind][0]}{{{scope.where('instance', more=more)}}}[$rate]))"


def _recorded(scope: Scope, kind: str, operation: str) -> str:
    metric = COUNTERS[kind][0].removesuffix("_total")
    return platform.recorded_rate(f"job:{metric}:{operation}{{{scope.where()}}}")


def _calls(key: str, scope: Scope) -> Widget:
    return curves(
        key,
        "Calls to the outside",
        help="Calls per second to AI providers and Git platforms.",
        what=Curves(
            {kind: calls(scope, kind) for kind in COUNTERS},
            Unit.PER_SECOND,
            {} if scope.narrowed("instance") else {kind: _recorded(scope, kind, "rate5m") for kind in COUNTERS},
            by="",
        ),
        metrics=(f"tamma_ai_requests_total{{{scope.where()}}}",),
        href="/external",
    )


def _failures(key: str, scope: Scope) -> Widget:
    def share(kind: str) -> str:
        every = calls(scope, kind)
        return f"({calls(scope, kind, COUNTERS[kind][1])} or {every} * 0) / ({every} > 0)"

    def recorded_share(kind: str) -> str:
        return f"{_recorded(scope, kind, 'failed_rate5m')} / ({_recorded(scope, kind, 'rate5m')} > 0)"

    return curves(
        key,
        "Failed calls to the outside",
        help="Share of calls to AI providers and Git platforms that failed or ran out of time.",
        what=Curves(
            {kind: share(kind) for kind in COUNTERS},
            Unit.SHARE,
            {} if scope.narrowed("instance") else {kind: recorded_share(kind) for kind in COUNTERS},
            by="",
        ),
        metrics=(f"tamma_ai_requests_total{{{scope.where()}}}",),
        href="/external",
    )


def _duration(key: str, scope: Scope) -> Widget:
    histogram = "tamma_ai_request_duration_seconds"
    rates = f"sum by (le) (rate({histogram}_bucket{{{scope.where('instance')}}}[$rate]))"
    level = platform.recorded_rate(f"job_le:{histogram}_bucket:rate5m{{{scope.where()}}}", "le")
    queries, recorded = (
        {name: f"histogram_quantile({share}, {one})" for name, share in PERCENTILES.items()} for one in (rates, level)
    )
    return curves(
        key,
        "Duration of AI calls",
        help="50th, 95th and 99th percentile of how long AI providers take to answer this service, interpolated "
        "within histogram buckets.",
        what=Curves(queries, Unit.SECONDS, {} if scope.narrowed("instance") else recorded, by=""),
        metrics=(f"{histogram}_bucket{{{scope.where()}}}",),
        href="/external",
    )


def _tasks(key: str, scope: Scope) -> Widget:
    where = scope.where("instance")
    return curves(
        key,
        "Tasks in hand",
        help="Tasks that workers are at, beside the number of workers that are up.",
        what=Curves(
            {"tasks": f"sum(tamma_worker_current_task{{{where}}})", "workers up": instances_up(scope)},
            Unit.COUNT,
            by="",
        ),
        metrics=(f"tamma_worker_current_task{{{scope.where()}}}",),
    )


class _Steps(Curves):
    """Curves of the steps that run on workers."""

    def lines(self, given: Given) -> tuple[Line, ...]:
        return tuple(line for line in super().lines(given) if line.name in WORKER_STEPS)


def _steps(key: str, scope: Scope) -> Widget:
    """Steps are measured by the orchestrator, those on workers, too: by what it calls them."""
    rates = f"sum by (le, step_name) (rate({_STEP_SECONDS}_bucket[$rate]))"
    level = platform.recorded_rate(f"step_name_le:{_STEP_SECONDS}_bucket:rate5m", "le, step_name")
    kind = _Steps if scope.service == WORKERS else Curves
    what = kind(
        {"steps": f"histogram_quantile(0.95, {rates})"},
        Unit.SECONDS,
        {"steps": f"histogram_quantile(0.95, {level})"},
        by="step_name",
    )
    return curves(
        key,
        "Duration of workflow steps (p95)",
        help="95th percentile of how long each step takes, as the orchestrator measures it; for workers, the steps "
        "that run on them.",
        what=what,
        metrics=(f"{_STEP_SECONDS}_bucket",),
    )


WORKING = ("orchestrator", "workers")
FAMILIES = tuple(
    family(key, of, examples=WORKING)
    for key, of in (
        ("service.calls", _calls),
        ("service.callfailures", _failures),
        ("service.callduration", _duration),
        ("service.tasks", _tasks),
        ("service.steps", _steps),
    )
)
