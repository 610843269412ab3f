"""What was done in the range and how well, against as long before: work, runs, the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

from app.figures.sparkline import MOST_POINTS
from app.figures.units import Unit, number_text
from app.sources.questions import Over, Question, Tally, Told
from app.sources.windows import Window
from app.widgets import platform
from app.widgets.content import Column, Number, Numbers, Table
from app.widgets.widget import Given, Widget

Values = Sequence[float | None]
# A span that is known in less than this share of its steps is compared with nothing.
LEAST_KNOWN = 0.9
# Smaller changes, as a share or in points of one, are said to be none.
LEAST_CHANGE, LEAST_POINTS = 0.005, 0.005
NONE = "no change"


@dataclass(frozen=True)
class Trend:
    """A number over the range: a query by the step with ``{}`` where its offset goes, the same on recorded series.

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
        return {
            key: Over(self.promql.replace("{}", ""), self.recorded.replace("{}", "")),
            _earlier(key): Over(
                self.promql.replace("{}", " offset $range"), self.recorded.replace("{}", " offset $range")
            ),
        }


def _earlier(key: str) -> str:
    return f"{key} earlier"


def _rate(metric: str) -> str:
    return f"sum(rate({metric}[$rate]{{}}))"


def _kept(name: str, where: str = "") -> str:
    return f"sum(avg_over_time({name}{where}[$step]{{}}))"


_JOBS = f"{{{platform.JOBS}}}"
_COUNT, _BUCKET = f"{platform.API_SECONDS}_count", f"{platform.API_SECONDS}_bucket"
_FAILED = _rate(f'{_COUNT}{{{platform.JOBS},status_code=~"5.."}}')
_EVERY = _rate(_COUNT + _JOBS)
WORK = {
    "issues": Trend(
        *("Issues processed", _rate("tamma_issues_processed_total")),
        *(_kept("outcome:tamma_issues_processed:rate5m"), Unit.COUNT),
        total=True,
        more=True,
        href="/activity",
    ),
    "merged": Trend("Pull requests merged", _rate("tamma_prs_merged_total"), "", Unit.COUNT, total=True, more=True),
}
API = {
    "p95": Trend(
        "Response time p95",
        f"histogram_quantile(0.95, sum by (le) (rate({_BUCKET}{_JOBS}[$rate]{{}})))",
        f"histogram_quantile(0.95, sum by (le) (avg_over_time(job_le:{_BUCKET}:rate5m{_JOBS}[$step]{{}})))",
        Unit.SECONDS,
        more=False,
        href="/services",
    ),
    "requests": Trend(
        *("Requests", _EVERY, _kept(f"job:{_COUNT}:rate5m", _JOBS), Unit.COUNT), total=True, href="/services"
    ),
    "failed": Trend(
        "Failed requests",
        f"({_FAILED} or {_EVERY} * 0) / ({_EVERY} > 0)",
        f"{_kept(f'job:{_COUNT}:failed_rate5m', _JOBS)} / ({_kept(f'job:{_COUNT}:rate5m', _JOBS)} > 0)",
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


def before_of(given: Given, key: str, trend: Trend) -> float | None:
    """The number of as long before; None when too little of it is known to be compared with."""
    values = values_of(given, _earlier(key))
    known = sum(value is not None for value in values[1:])
    return value_of(trend, values, given.window) if known >= LEAST_KNOWN * (len(values) - 1) else None


def change_text(now: float | None, before: float | None, unit: Unit) -> str:
    """The change with its sign, of shares in points; empty where either is unknown, or nothing was before."""
    if now is None or before is None:
        return ""
    if unit is Unit.SHARE:
        points = 100 * (now - before)
        return _signed(points, " points") if abs(points) >= LEAST_POINTS else NONE
    if not before:
        return "none before" if now else NONE
    share = (now - before) / before
    return _signed(100 * share, " %") if abs(share) >= LEAST_CHANGE else NONE


def _signed(value: float, suffix: str) -> str:
    digits = 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2
    return f"{value:+,.{digits}f}{suffix}".replace("-", "−")


def meaning(now: float | None, before: float | None, *, more: bool | None, unit: Unit) -> bool | None:
    """Whether the change is for the better; None where it means neither, or there is none."""
    if more is None or now is None or before is None or change_text(now, before, unit) == NONE:
        return None
    return (now > before) is more


def _number(given: Given, key: str, trend: Trend) -> Number:
    values = values_of(given, key)
    now, before = value_of(trend, values, given.window), before_of(given, key, trend)
    return Number(
        trend.label,
        *number_text(now, trend.unit),
        note="" if before is not None or now is None else "as long before is not known",
        href=trend.href,
        spark=tuple(values[1:]),
        change=change_text(now, before, trend.unit),
        better=meaning(now, before, more=trend.more, unit=trend.unit),
    )


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


def _draw_runs(given: Given) -> Numbers:
    (row,) = given.rows("runs").records()
    done, failed, done_before, failed_before = (row[name] for name in given.rows("runs").columns[:4])
    if not kept(given, row):
        done_before = failed_before = None
    share, share_before = _success(done, failed), _success(done_before, failed_before)
    ended = {status: _slots(given, status) for status in ("success", "failed")}
    return Numbers(
        (
            _count("Runs completed", done, done_before, more=True, spark=ended["success"]),
            _count("Runs failed", failed, failed_before, more=False, spark=ended["failed"]),
            Number(
                "Success rate",
                *number_text(share, Unit.SHARE),
                note="" if share is not None else "no run ended",
                change=change_text(share, share_before, Unit.SHARE),
                better=meaning(share, share_before, more=True, unit=Unit.SHARE),
                href="/activity",
            ),
        )
    )


def kept(given: Given, row: Mapping[str, Any]) -> bool:
    """Whether the event store goes back to as long before the range as the range is."""
    return row["first"] is not None and row["first"] <= 2 * given.window.start - given.window.end


def _success(done: int | None, failed: int | None) -> float | None:
    return done / (done + failed) if done is not None and failed is not None and done + failed else None


def _count(label: str, now: int, before: int | None, *, more: bool, spark: tuple[float, ...]) -> Number:
    change = change_text(now, before, Unit.COUNT)
    better = meaning(now, before, more=more, unit=Unit.COUNT)
    note = "" if before is not None else "as long before is not known"
    return Number(label, f"{now:,}", note=note, href="/activity", spark=spark, change=change, better=better)


def _slots(given: Given, status: str) -> tuple[float, ...]:
    """Runs that ended so, a number for each of MOST_POINTS parts of the range at most."""
    window = given.window
    parts = min(MOST_POINTS, max(1, window.seconds // window.step))
    counts = [0.0] * parts
    for row in given.rows("ended").records():
        if row["status"] == status:
            at = (row["slot"] - window.step / 2 - window.start) / max(1, window.seconds) * parts
            counts[min(parts - 1, max(0, int(at)))] += row["runs"]
    return tuple(counts)


def _runs_table(given: Given) -> Table:
    rows = given.rows("runs")
    (row,) = rows.records()
    values = rows.rows[0][:4] if kept(given, row) else (*rows.rows[0][:2], None, None)
    return Table(tuple(Column(name, Unit.COUNT) for name in rows.columns[:4]), (values,))


RUNS = Widget(
    key="trends.runs",
    title="Workflow runs against before",
    help="Runs that completed and failed in the range, as the event store has them, against as long before.",
    source="Event store",
    questions={"runs": Told(Tally.RUNS_COMPARED), "ended": Told(Tally.RUNS_ENDED)},
    draw=_draw_runs,
    table=_runs_table,
    needed=frozenset(),
    columns=4,
)
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
