"""An exploration as a value: what is asked of one metric, or PromQL as a developer writes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.access import Role
from app.explore.errors import BadExploration
from app.sources.catalogue import Kind, kind_of
from app.sources.promql import LABEL_NAME, LONGEST_NAME, METRIC_NAME, half_a_pair
from app.sources.windows import Window

MOST_FILTERS, MOST_BY = 8, 4
LONGEST_VALUE, LONGEST_REGEX, LONGEST_PROMQL = 4_096, 200, 4_000
DEFAULT_TOP, MOST_TOP = 20, 100
# Up to here the explorer is open to everyone; beyond, it is for those who may ask raw queries.
OPEN_TOP, OPEN_RANGE_S = 20, 7 * 86_400
_SLACK_S = 7_200  # rounding to whole steps must not close a range of exactly seven days


class Operator(StrEnum):
    """How a label's value is compared, as PromQL writes it."""

    IS = "="
    IS_NOT = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"

    @property
    def regex(self) -> bool:
        """Whether the value is a regular expression (RE2, anchored at both ends)."""
        return self in (Operator.MATCHES, Operator.MATCHES_NOT)


class Aggregation(StrEnum):
    """How series become fewer; percentiles are of a histogram's buckets."""

    NONE = "none"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    P50 = "p50"
    P90 = "p90"
    P95 = "p95"
    P99 = "p99"

    @property
    def quantile(self) -> str:
        """The share as PromQL takes it; empty for what is no percentile."""
        return f"0.{self.value[1:]}" if self.value[1:].isdigit() else ""


@dataclass(frozen=True)
class Filter:
    """A condition on one label. A series without the label has the empty text as its value."""

    label: str
    operator: Operator
    value: str

    def __post_init__(self) -> None:
        _check_label(self.label, "where")
        longest = LONGEST_REGEX if self.operator.regex else LONGEST_VALUE
        if len(self.value) > longest:
            kind = "regular expression" if self.operator.regex else "value"
            words = f"The {kind} for {self.label} is too long: {longest:,} characters at most."
            raise BadExploration(words, field="where", label=self.label)
        if half_a_pair(self.value):
            words = f"The value for {self.label} is no text: it holds half a surrogate pair."
            raise BadExploration(words, field="where", label=self.label)


@dataclass(frozen=True)
class Exploration:
    """What is asked. Either ``metric`` with what belongs to it or ``promql``, never both.

    ``kind`` says how the metric is read: counters and histograms as rates; None goes by the metric's name. It is a
    part of the exploration, and not looked up when it is drawn, so that one text always asks one question. Raises
    BadExploration when it is made of anything that cannot be asked.
    """

    metric: str = ""
    kind: Kind | None = None
    filters: tuple[Filter, ...] = ()
    aggregation: Aggregation = Aggregation.NONE
    by: tuple[str, ...] = ()
    top: int = DEFAULT_TOP
    promql: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.top <= MOST_TOP:
            raise BadExploration(f"Top {self.top} is not possible; allowed: 1 to {MOST_TOP}.", field="top")
        if self.promql:
            self._check_raw()
        else:
            self._check_built()

    @property
    def read_as(self) -> Kind:
        """How the metric's values are read."""
        return self.kind or kind_of(self.metric)

    @property
    def rated(self) -> bool:
        """Whether values are read as increase per second."""
        return self.read_as in (Kind.COUNTER, Kind.HISTOGRAM) and self.aggregation is not Aggregation.COUNT

    @property
    def role(self) -> Role:
        """The lowest role that may ask it over a short range."""
        return Role.DEVELOPER if self.promql or self.top > OPEN_TOP else Role.READONLY

    def role_in(self, window: Window) -> Role:
        """The lowest role that may ask it over this range, with what it is compared with."""
        return self.role if window.seconds + window.shifted_s <= OPEN_RANGE_S + _SLACK_S else Role.DEVELOPER

    def _check_raw(self) -> None:
        if self.metric or self.kind or self.filters or self.by or self.aggregation is not Aggregation.NONE:
            raise BadExploration("Raw PromQL stands alone; allowed beside it: top.", field="promql")
        if len(self.promql) > LONGEST_PROMQL:
            raise BadExploration(f"The query is too long: {LONGEST_PROMQL:,} characters at most.", field="promql")
        if not self.promql.strip():
            raise BadExploration("The query is empty.", field="promql")
        if half_a_pair(self.promql):
            raise BadExploration("The query is no text: it holds half a surrogate pair.", field="promql")

    def _check_built(self) -> None:
        if not METRIC_NAME.fullmatch(self.metric) or len(self.metric) > LONGEST_NAME:
            raise BadExploration(
                f"{self.metric[:60]!r} is no name of a metric; allowed: letters, digits, _ and :, no digit first, "
                f"{LONGEST_NAME} characters at most.",
                field="metric",
            )
        if len(self.filters) > MOST_FILTERS:
            raise BadExploration(f"{len(self.filters)} filters are too many; allowed: {MOST_FILTERS}.", field="where")
        self._check_by()
        if self.aggregation.quantile and not self.metric.endswith("_bucket"):
            raise BadExploration(
                f"Percentiles need a histogram's buckets; {self.metric} is none: its name would end in _bucket.",
                field="agg",
            )

    def _check_by(self) -> None:
        for label in self.by:
            _check_label(label, "by")
        if len(self.by) > MOST_BY or len(set(self.by)) < len(self.by):
            raise BadExploration(f"Up to {MOST_BY} different labels can be grouped by.", field="by")
        if self.by and self.aggregation is Aggregation.NONE:
            words = ", ".join(one.value for one in Aggregation if one is not Aggregation.NONE)
            raise BadExploration(f"Grouping by labels needs an aggregation; allowed: {words}.", field="agg")
        if self.aggregation.quantile and "le" in self.by:
            raise BadExploration("A percentile cannot be grouped by le: it is made from it.", field="by")


def _check_label(label: str, field: str) -> None:
    if not LABEL_NAME.fullmatch(label) or len(label) > LONGEST_NAME or label == "__name__":
        raise BadExploration(
            f"{label[:60]!r} is no name of a label; allowed: letters, digits and _, no digit first, "
            f"{LONGEST_NAME} characters at most, and not __name__.",
            field=field,
            label=label,
        )
