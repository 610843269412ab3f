"""How each service was over the page's range: the worst of each slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.figures.heatmap import state_map
from app.figures.moments import iso
from app.health.availability import Slots, split
from app.health.services import SERVICES
from app.health.status import ERROR_SHARE_LIMIT, P95_LIMIT_S, Status
from app.sources.questions import Over, Tally, Told
from app.widgets import platform
from app.widgets.availability import pauses
from app.widgets.content import Chart, Column, Table
from app.widgets.widget import Given, Widget

# What floats leave over.
_TRACE_S = 1e-3
Values = Sequence[float | None]
_J = platform.JOBS
# A sample speaks for a minute: a service without scrapes is not what it was five minutes ago.
_UP = f"last_over_time({platform.UP}[1m])"
_REQUESTS = f"job:{platform.API_SECONDS}_count"
_SHARE = f"{_REQUESTS}:failed_rate5m{{{_J}}} / ({_REQUESTS}:rate5m{{{_J}}} > 0)"
_P95 = f"histogram_quantile(0.95, sum by (le, job) (job_le:{platform.API_SECONDS}_bucket:rate5m{{{_J}}}))"


def _worst(five_minutes: str) -> str:
    """The largest value of the slot at whole five minutes; in a slot without such a moment the one at its end."""
    return f"max_over_time(({five_minutes})[$step : 5m]) or ({five_minutes})"


_QUESTIONS: Mapping[str, Over | Told] = {
    "best": Over(
        f"min_over_time((max by (job) ({_UP}))[$step : 15s])",
        f"min by (job) (min_over_time(job:up:mean5m{{{_J}}}[$step]))",
    ),
    "least": Over(
        f"min by (job) (min_over_time({platform.UP}[$step]) or {_UP})",
        f"min by (job) (min_over_time(job_instance:up:mean5m{{{_J}}}[$step]))",
    ),
    "errors": Over(_worst(platform.ERROR_SHARE.replace("$rate", "5m")), _worst(_SHARE)),
    "p95": Over(_worst(platform.quantile("0.95", "job").replace("$rate", "5m")), _worst(_P95)),
    "maintenance": Told(Tally.MAINTENANCE),
}


def courses(given: Given) -> dict[str, list[str]]:
    """The status of each service in the step before each moment of the window, as in ``app/health/status.py``.

    Unhealthy where no instance answered at some time of the step, degraded where one did not, or where too many
    requests failed or were slow. A step without a scrape is unknown. A step wholly in announced maintenance is
    maintenance; one partly in it is so unless it was worse.
    """
    found = {}
    for service in SERVICES:
        answers = zip(*(_of(given, name, service) for name in ("best", "least", "errors", "p95")), strict=True)
        announced = zip(answers, _announced(given, service), strict=True)
        found[service] = [
            _heeding(status_of(*answer), paused_s, given.window.step).value for answer, paused_s in announced
        ]
    return found


def status_of(best: float | None, least: float | None, errors: float | None, p95: float | None) -> Status:
    """The status of a step.

    ``best`` and ``least``: what the best and the least of the instances answered (0 to 1) at its worst moment;
    ``errors``: the largest share of failed requests; ``p95``: the largest, in seconds. An unknown share or p95 says
    nothing.
    """
    if best is None:
        return Status.UNKNOWN
    if best < 1:
        return Status.UNHEALTHY
    slow = (errors or 0.0) > ERROR_SHARE_LIMIT or (p95 or 0.0) > P95_LIMIT_S
    return Status.DEGRADED if slow or (least is not None and least < 1) else Status.HEALTHY


def _of(given: Given, name: str, service: str) -> Values:
    matrix = given.matrix(name)
    values = next((one.values for one in matrix.series if one.labels.get("job") == service), None)
    return values or (None,) * len(given.window.times)


def _announced(given: Given, service: str) -> Sequence[float]:
    """Seconds of announced maintenance in each step."""
    times, step = given.window.times, given.window.step
    nothing = Slots(service, times[0] - step, step, up=(None,) * len(times), recorded=(False,) * len(times))
    return tuple(float(seconds) for seconds in split(nothing, pauses(given)).maintenance)


def _heeding(status: Status, paused_s: float, step: int) -> Status:
    """Maintenance for a step wholly in it; of one that it has a part of, the worse of the two."""
    if paused_s >= step - _TRACE_S:
        return Status.MAINTENANCE
    return max(status, Status.MAINTENANCE, key=lambda one: one.severity) if paused_s > 0 else status


def _draw(given: Given) -> Chart:
    return Chart(state_map(courses(given), given.window.times, revision="activity.health"))


def _table(given: Given) -> Table:
    found = courses(given)
    rows = zip((iso(moment) for moment in given.window.times), *found.values(), strict=True)
    return Table((Column("time"), *(Column(service) for service in found)), tuple(rows))


HEALTH = Widget(
    key="activity.health",
    title="Service health over time",
    help="The worst of each step: unhealthy where no instance of the service answered, degraded where one did not, "
    "more than 5 % of requests failed or p95 was over 2 s within five minutes. Announced maintenance hides what "
    "was wrong only in steps that lie wholly in it. A click shows the step on all charts.",
    source="Prometheus, event store",
    questions=_QUESTIONS,
    draw=_draw,
    table=_table,
    chart=True,
    metrics=(platform.UP,),
    needed=frozenset({"best"}),
    columns=12,
    height=220,
)
