"""The explorer's chart: a widget for any exploration, its text form the argument of the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from app.access import Role
from app.explore.asking import counted, promql, shown, title, unit
from app.explore.errors import BadExploration
from app.explore.exploration import Exploration
from app.explore.legends import legends
from app.explore.text import parse, text
from app.figures.series import Line, Values, time_series
from app.sources.questions import Over
from app.sources.results import Series
from app.sources.windows import Window
from app.widgets.content import Chart, Table
from app.widgets.curves import grid_table, mean_of
from app.widgets.widget import BadArgument, Family, Given, Widget

KEY = "explore.chart"
_SERIES, _TOTAL = "series", "total"
_TIME = "time"  # the table's first column


@dataclass(frozen=True, kw_only=True)
class ExploreChart(Widget):
    """A widget that knows what it explores."""

    exploration: Exploration

    def role_in(self, window: Window) -> Role:
        """The lowest role that may see it over this range: long ranges of anything are not for everyone."""
        return self.exploration.role_in(window)


def widget_for(written: str) -> ExploreChart:
    """The widget for an exploration's text. Nothing is asked for it. Raises BadArgument.

    Its card says by itself when there is no such metric, or no series that fits.
    """
    try:
        exploration = parse(written)
    except BadExploration as error:
        raise BadArgument(str(error)) from error
    counting = counted(exploration)

    def draw(given: Given) -> Chart:
        return _chart(given, exploration)

    def table(given: Given) -> Table:
        return grid_table(_lines(given, exploration), given.window.times, unit(exploration))

    return ExploreChart(
        common=False,
        key=f"{KEY}:{text(exploration)}",
        title=title(exploration),
        help=_help(exploration),
        source="Prometheus",
        questions={_SERIES: Over(shown(exploration)), **({_TOTAL: Over(counting)} if counting else {})},
        draw=draw,
        table=table,
        chart=True,
        metrics=(exploration.metric,) if exploration.metric else (),
        needed=frozenset({_SERIES}),
        role=exploration.role,
        columns=12,
        exploration=exploration,
    )


def _chart(given: Given, exploration: Exploration) -> Chart:
    revision = blake2b(text(exploration).encode(), digest_size=8).hexdigest()
    lines = _lines(given, exploration)
    figure = time_series(lines, given.window.times, revision=f"{KEY}:{revision}", unit=unit(exploration))
    shown_here, total = _amounts(given, exploration)
    if total <= shown_here:
        return Chart(figure, remarks=("One series." if shown_here == 1 else f"{shown_here} series.",))
    figure["layout"]["meta"] = {"more": {"shown": shown_here, "total": total}}
    read = len(given.matrix(_SERIES).series)
    # Raw PromQL is chosen from after the fetch, which ends at a limit.
    among = f"the highest of the first {read}" if exploration.promql and total > read else "those with the highest mean"
    return Chart(figure, remarks=(f"{shown_here} of {total:,} series shown, {among}.",))


def _lines(given: Given, exploration: Exploration) -> tuple[Line, ...]:
    """The curves by name, so that they keep their colours while their order by size changes."""
    chosen = _highest(given.matrix(_SERIES).series, exploration.top)
    names = legends([one.labels for one in chosen], alone=title(exploration), taken=frozenset({_TIME}))
    before = _before(given, chosen)
    lines = (Line(name, one.values, before=past) for name, one, past in zip(names, chosen, before, strict=True))
    return tuple(sorted(lines, key=lambda line: line.name))


def _before(given: Given, chosen: Sequence[Series]) -> Sequence[Values | None]:
    """For each series its values in the span compared with; what was not among the highest then is unknown."""
    earlier = given.before(_SERIES)
    if earlier is None:
        return [None] * len(chosen)
    twins = {frozenset(one.labels.items()): one.values for one in earlier.series}
    return [twins.get(frozenset(one.labels.items()), (None,) * len(one.values)) for one in chosen]


def _highest(series: Sequence[Series], top: int) -> Sequence[Series]:
    """Those with the highest mean; of series without a value none goes before one with values."""
    return sorted(series, key=lambda one: mean_of(one.values), reverse=True)[:top]


def _amounts(given: Given, exploration: Exploration) -> tuple[int, int]:
    """How many series are shown, and how many there are as far as that is known."""
    answer = given.matrix(_SERIES)
    shown_here = min(len(answer.series), exploration.top)
    found = max(answer.total, len(answer.series))
    if _TOTAL in given.answers:
        counts = given.matrix(_TOTAL).series
        found = max([found, *(int(value) for one in counts for value in one.values[-1:] if value is not None)])
    return shown_here, found


def _help(exploration: Exploration) -> str:
    if exploration.promql:
        return "The answer to a query written by hand. $rate, $step and $range are filled in from the chart's range."
    chosen = f"At most {exploration.top} series are shown: those with the highest mean over the range."
    rated = " Counters are shown as their increase per second." if exploration.rated else ""
    return f"{promql(exploration)[:300]}. {chosen}{rated}"


FAMILIES = (
    Family(
        KEY,
        widget_for,
        examples=("metric=up&agg=sum&by=job", "metric=tamma_api_response_duration_seconds_bucket&agg=p95&by=job"),
    ),
)
