"""What was done in the range and how well, against as long before: work, runs, the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from app.figures.units import Unit, number_text
from app.health.phrases import percent_text
from app.sources.questions import Over, Question
from app.sources.reaches import AsLongBefore
from app.sources.windows import Window
from app.widgets import platform
from app.widgets.changes import change_text, meaning
from app.widgets.content import Column, Number, Numbers, Table
from app.widgets.trend_runs import RUNS
from app.widgets.widget import Given, Widget

Values = Sequence[float | None]
# A span that is known in less than this share of its steps is compared with nothing.
LEAST_KNOWN = 0.9


@dataclass(frozen=True)
class Trend:
    """A number over the range: a query by the step, and the same on recorded series.

    ``total`` adds a rate up over the range; else it is the mean of the known steps. ``more`` says whether more is
    better, None when it is neither.
    """

    label: str
    promql: str
    recorded: str
    unit: Unit
    total: bool = False
    more: bool | None = None
    href: str = ""

    def questions(self, key: str) -> dict[str, Question]:
        """The range, and as long before it."""
        return {key: Over(self.promql, self.recorded), _earlier(key): AsLongBefore(self.promql, self.recorded)}


def _earlier(key: str) -> str:
    return f"{key} earlier"


def _rate(metric: str) -> str:
    return f"sum(rate({metric}[$rate]))"


_JOBS = f"{{{platform.JOBS}}}"
_COUNT, _BUCKET = f"{platform.API_SECONDS}_count", f"{platform.API_SECONDS}_bucket"


def _recorded(rule: str) -> str:
    return platform.recorded_rate(f"job:{_COUNT}:{rule}{_JOBS}")


_FAILED = _rate(f'{_COUNT}{{{platform.JOBS},status_code=~"5.."}}')
_EVERY = _rate(_COUNT + _JOBS)
WORK = {
    "issues": Trend(
        *("Issues processed", _rate("tamma_issues_processed_total")),
        *(platform.recorded_rate("outcome:tamma_issues_processed:rate5m"), Unit.COUNT),
        total=True,
        more=True,
        href="/activity",
    ),
    "merged": Trend("Pull requests merged", _rate("tamma_prs_merged_total"), "", Unit.COUNT, total=True, more=True),
}
API = {
    "p95": Trend(
        "Response time p95",
        f"histogram_quantile(0.95, sum by (le) (rate({_BUCKET}{_JOBS}[$rate])))",
        platform.recorded_quantile("0.95"),
        Unit.SECONDS,
        more=False,
        href="/services",
    ),
    "requests": Trend(
        *("Requests", _EVERY, _recorded("rate5m"), Unit.COUNT),
        total=True,
        href="/services",
    ),
    "failed": Trend(
        "Failed requests",
        f"({_FAILED} or {_EVERY} * 0) / ({_EVERY} > 0)",
        f"{_recorded('failed_rate5m')} / ({_recorded('rate5m')} > 0)",
        Unit.SHARE,
        more=False,
        href="/services",
    ),
}


def value_of(trend: Trend, values: Values, window: Window) -> float | None:
    """The number of a range of steps; the first point ends the step before the range. None where nothing is known."""
    known = [value for value in values[1:] if value is not None]
    if not known:
        return None
    return fsum(known) * window.step if trend.total else fsum(known) / len(known)


def values_of(given: Given, key: str) -> Values:
    """The steps of one trend, as long as the window's grid; None where unknown."""
    series = given.matrix(key).series
    return series[0].values if series else (None,) * len(given.window.times)


def known_share(values: Values) -> float:
    """The share of a range's steps, 0 to 1, that is known."""
    return sum(value is not None for value in values[1:]) / max(1, len(values) - 1)


def before_of(given: Given, key: str, trend: Trend) -> float | None:
    """The number of as long before; None when too little of it is known to be compared with."""
    values = values_of(given, _earlier(key))
    return value_of(trend, values, given.window) if known_share(values) >= LEAST_KNOWN else None


def _number(given: Given, key: str, trend: Trend) -> Number:
    values = values_of(given, key)
    now, before = value_of(trend, values, given.window), before_of(given, key, trend)
    comparable = now if known_share(values) >= LEAST_KNOWN else None
    return Number(
        trend.label,
        *number_text(now, trend.unit),
        note="" if now is None else _note(known_share(values), before),
        href=trend.href,
        spark=tuple(values[1:]),
        change=change_text(comparable, before, trend.unit),
        better=meaning(comparable, before, more=trend.more, unit=trend.unit),
    )


def _note(known: float, before: float | None) -> str:
    """Why a number is compared with nothing; empty when it is."""
    if known < LEAST_KNOWN:
        return f"known for {percent_text(known, 0)} of the range"
    return "as long before is not known" if before is None else ""


def _card(key: str, title: str, *, help: str, trends: Mapping[str, Trend], metrics: tuple[str, ...]) -> Widget:
    questions: dict[str, Question] = {}
    for name, trend in trends.items():
        questions |= trend.questions(name)

    def draw(given: Given) -> Numbers:
        return Numbers(tuple(_number(given, name, trend) for name, trend in trends.items()))

    def table(given: Given) -> Table:
        columns = [column for name, one in trends.items() for column in _columns(name, one)]
        values = [
            value
            for name, one in trends.items()
            for value in (value_of(one, values_of(given, name), given.window), before_of(given, name, one))
        ]
        return Table(tuple(columns), (tuple(values),))

    return Widget(
        key=key,
        title=title,
        help=help,
        source="Prometheus",
        questions=questions,
        draw=draw,
        table=table,
        metrics=metrics,
        needed=frozenset(trends),
        columns=4,
    )


def _columns(name: str, trend: Trend) -> tuple[Column, Column]:
    return Column(name, trend.unit), Column(_earlier(name), trend.unit)


DONE = _card(
    "trends.work",
    "Work done against before",
    help="Issues processed and pull requests merged in the range, as Prometheus estimates them, against as long "
    "before.",
    trends=WORK,
    metrics=("tamma_issues_processed_total", "tamma_prs_merged_total"),
)
SERVICE = _card(
    "trends.api",
    "API against before",
    help="Mean of the 95th percentile of each step, requests, and mean share of failed ones, against as long before.",
    trends=API,
    metrics=(_COUNT,),
)

WIDGETS = (RUNS, DONE, SERVICE)
