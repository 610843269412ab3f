"""What an exploration asks: its PromQL, the unit of the answer, and its name for people."""

from __future__ import annotations

from app.explore.exploration import Aggregation, Exploration, Filter
from app.figures.units import Unit
from app.sources.promql import quoted, selector

LONGEST_TITLE = 120
_SUFFIXES = ("_total", "_bucket", "_count", "_sum")
_UNITS = (("_seconds", Unit.SECONDS), ("_bytes", Unit.BYTES), ("_ratio", Unit.SHARE))
# What ends so and does not rise is a moment, not a length of time.
_MOMENTS = ("_timestamp_seconds", "_time_seconds")


def promql(exploration: Exploration) -> str:
    """The query for every series there is; ``$rate`` stands for the rate range of the chart."""
    one = exploration
    if one.promql:
        return one.promql
    chosen = selector(one.metric, more=",".join(_matcher(each) for each in one.filters))
    inner = f"rate({chosen}[$rate])" if one.rated else chosen
    if one.aggregation.quantile:
        return f"histogram_quantile({one.aggregation.quantile}, sum by ({', '.join(('le', *one.by))}) ({inner}))"
    if one.aggregation is Aggregation.NONE:
        return inner
    return f"{one.aggregation.value} by ({', '.join(one.by)}) ({inner})"


def shown(exploration: Exploration) -> str:
    """The query for the series to show: those with the highest mean over the window.

    A plain ``topk`` is evaluated anew at each point, so its set changes along the chart and many more than N series
    come and go. Choosing after the fetch would choose among the first 200 only. Pinned to the window's end, the choice
    is made once, by the server, from all series. What is not a number has no part in the mean. Raw PromQL is asked as
    it is written: not every expression can be put into a subquery.
    """
    query = promql(exploration)
    if _lonely(exploration):
        return query
    return f"{query} and topk({exploration.top}, avg_over_time(({query} > -Inf)[$range:$step] @ end()))"


def counted(exploration: Exploration) -> str:
    """The query for how many series there are in the window, the same at each point; empty where nothing is chosen."""
    if _lonely(exploration):
        return ""
    return f"count(count_over_time(({promql(exploration)})[$range:$step] @ end()))"


def unit(exploration: Exploration) -> Unit:
    """What the values count, as the metric's name says; COUNT where it says nothing."""
    one = exploration
    if one.promql or one.aggregation is Aggregation.COUNT:
        return Unit.COUNT
    ending = next((suffix for suffix in _SUFFIXES if one.metric.endswith(suffix)), "")
    base = _named(one.metric.removesuffix(ending))
    if one.aggregation.quantile:
        return base
    if not one.rated:
        return Unit.COUNT if ending in ("_bucket", "_count") or one.metric.endswith(_MOMENTS) else base
    if ending in ("_bucket", "_count"):
        return Unit.PER_SECOND
    return _rate_of(base, one.metric)


def title(exploration: Exploration) -> str:
    """What is shown, in a few words; of raw PromQL its beginning."""
    one = exploration
    if one.promql:
        return _cut(" ".join(one.promql.split()))
    metric = one.metric.removesuffix("_bucket") if one.aggregation.quantile else one.metric
    what = f"{metric}, per second" if one.rated and not one.aggregation.quantile else metric
    told = what if one.aggregation is Aggregation.NONE else f"{one.aggregation.value} of {what}"
    return _cut(f"{told}, by {', '.join(one.by)}" if one.by else told)


def _lonely(exploration: Exploration) -> bool:
    """Whether the answer is taken as it comes: raw PromQL, and what is one series in any case."""
    alone = exploration.aggregation is not Aggregation.NONE and not exploration.by
    return bool(exploration.promql) or alone


def _matcher(condition: Filter) -> str:
    return f"{condition.label}{condition.operator.value}{quoted(condition.value)}"


def _named(base: str) -> Unit:
    return next((known for suffix, known in _UNITS if base.endswith(suffix)), Unit.COUNT)


def _rate_of(base: Unit, metric: str) -> Unit:
    """Seconds a second are no unit, except that those of a processor are cores."""
    if base is Unit.SECONDS:
        return Unit.CORES if "cpu" in metric else Unit.COUNT
    return {Unit.BYTES: Unit.BYTES_PER_SECOND, Unit.COUNT: Unit.PER_SECOND}.get(base, Unit.COUNT)


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST_TITLE else f"{words[: LONGEST_TITLE - 1]}…"
