"""What there is to explore: metrics with their types, labels and values, from Prometheus, remembered for a minute."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, TypeVar

import orjson

from app.sources.cache import SharedCache
from app.sources.errors import BadQuery, SourceError, TimedOut, Unavailable
from app.sources.outages import Outages
from app.sources.prometheus import NAME, Prometheus
from app.sources.promql import LABEL_NAME, LONGEST_NAME, METRIC_NAME
from app.sources.questions import expand
from app.sources.windows import RETENTION_S, Window

T = TypeVar("T")
HOLDS_S = 60
ASKERS = 4
MOST_NAMES, MOST_LABELS, MOST_VALUES = 20_000, 200, 10_000
LONGEST_HELP = 300
# While Prometheus is known to be away, nobody waits longer than this to hear it again.
AWAY_S, WAIT_S = 0.25, 4.0
_PROBE = Window(0, 3_600, 60, live=False, asked=("0", "1h"))
_NO_NUMBERS = "has no numbers for a chart in that: allowed are an instant vector or a scalar, no range vector or text"


class Kind(StrEnum):
    """What a metric's values mean, in Prometheus's words."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"
    UNKNOWN = "unknown"


_TOLD: Mapping[str, Kind] = {kind.value: kind for kind in Kind}
_SUFFIXES: Mapping[str, tuple[Kind, frozenset[Kind]]] = {
    "_bucket": (Kind.HISTOGRAM, frozenset({Kind.HISTOGRAM})),
    "_count": (Kind.COUNTER, frozenset({Kind.HISTOGRAM, Kind.SUMMARY})),
    "_sum": (Kind.COUNTER, frozenset({Kind.HISTOGRAM, Kind.SUMMARY})),
    "_total": (Kind.COUNTER, frozenset({Kind.COUNTER})),
}


@dataclass(frozen=True)
class Metric:
    """A metric as it is queried: of a histogram family the buckets, the sum and the count are one each."""

    name: str
    kind: Kind
    help: str = ""


@dataclass(frozen=True)
class Known:
    """Texts in order, and how many there were before the limit cut."""

    items: tuple[str, ...]
    total: int


class Catalogue:
    """Answers from the last thirty days. Safe for use by several threads. Every method may raise SourceError."""

    def __init__(
        self, prometheus: Prometheus | None, cache: SharedCache, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._prometheus = prometheus
        self._cache = cache
        self._clock = clock
        self._outages = Outages(cache.shelf)
        # Threads of its own: whoever asks can stop waiting, however long a source hangs.
        self._askers = ThreadPoolExecutor(ASKERS, thread_name_prefix="catalogue")

    @property
    def wait_s(self) -> float:
        """How long it is worth while to wait for an answer."""
        return WAIT_S if self._outages.since(NAME) is None else AWAY_S

    def metrics(self, *, wait_s: float = WAIT_S) -> tuple[Metric, ...]:
        """Every metric by name; left out are names outside of Prometheus's classic grammar, and overlong ones."""
        found = self._read("metrics", self._ask_metrics, wait_s)
        return tuple(Metric(name, Kind(kind), told) for name, kind, told in found)

    def labels(self, metric: str, *, wait_s: float = WAIT_S) -> tuple[str, ...] | None:
        """The labels of a metric's series; None for a metric that does not exist."""
        if not METRIC_NAME.fullmatch(metric):
            return None
        key = f"labels:{_short(metric)}"
        found = self._read(key, lambda since, now: self._labels(metric, since, now), wait_s)
        return tuple(one for one in found if one != "__name__") if found else None

    def values(self, metric: str, label: str, *, wait_s: float = WAIT_S) -> Known:
        """The values of a metric's label; empty where there is no such label or metric."""
        if not METRIC_NAME.fullmatch(metric) or not LABEL_NAME.fullmatch(label):
            return Known((), 0)
        key = f"values:{_short(f'{metric} {label}')}"
        total, *items = self._read(key, lambda since, now: self._values(metric, label, since, now), wait_s)
        return Known(tuple(items), total)

    def refusal(self, query: str, *, wait_s: float = WAIT_S) -> str:
        """Prometheus's words against a range query, ``$rate`` and the like in it; empty when it says none in time.

        The query is parsed, never evaluated: ``@`` and ``offset`` lead from any moment to samples, which cost and tell.
        """
        written = expand(query, _PROBE, rate_s=_PROBE.rate_s)
        if said := self._complaint(written, wait_s / 2):
            return said
        # The parser knows types: numbers alone can be multiplied.
        return _NO_NUMBERS if self._complaint(f"(\n{written}\n) * 1", wait_s / 2) else ""

    def _complaint(self, query: str, timeout_s: float) -> str:
        try:
            self._server().parse(query, timeout_s=timeout_s)
        except BadQuery as error:
            return error.message.removeprefix('invalid parameter "query": ')
        except SourceError:
            return ""  # Whoever looks at the chart is told of the outage there.
        return ""

    def _ask_metrics(self, since: int, now: int) -> list[tuple[str, str, str]]:
        names = [name for name in self._server().names(since, now) if _sayable(name, METRIC_NAME)][:MOST_NAMES]
        families = self._families()
        return [(name, kind_of(name, families).value, _help(name, families)) for name in names]

    def _families(self) -> Mapping[str, tuple[str, str]]:
        """Metadata where the server has any: not every Prometheus-compatible server does."""
        try:
            return self._server().metadata()
        except SourceError:
            return {}

    def _labels(self, metric: str, since: int, now: int) -> list[str]:
        names = self._server().label_names(metric, since, now)
        return [one for one in names if _sayable(one, LABEL_NAME)][:MOST_LABELS]

    def _values(self, metric: str, label: str, since: int, now: int) -> list[Any]:
        found = self._server().label_values(label, since, now, metric=metric)
        return [len(found), *found[:MOST_VALUES]]

    def _read(self, key: str, ask: Callable[[int, int], T], wait_s: float) -> T:
        """The answer from the cache, or Prometheus's within ``wait_s``."""
        cached = f"catalogue:{key}"
        raw = self._cache.peek(cached)
        if raw is None:
            asked = self._askers.submit(self._cache.get, cached, HOLDS_S, lambda: orjson.dumps(self._noting(ask)))
            try:
                raw = asked.result(timeout=wait_s)
            except Late:
                asked.cancel()
                raise TimedOut(NAME, f"gave no answer within {wait_s:g} s") from None
        found: T = orjson.loads(raw)
        return found

    def _noting(self, ask: Callable[[int, int], T]) -> T:
        now = float(self._clock())
        try:
            found = ask(int(now) - RETENTION_S, int(now) + 1)
        except SourceError as error:
            self._outages.note(NAME, error, now)
            raise
        self._outages.note(NAME, None, now)
        return found

    def _server(self) -> Prometheus:
        if self._prometheus is None:
            raise Unavailable(NAME, "is not configured: set PROMETHEUS_URL")
        return self._prometheus


def kind_of(name: str, families: Mapping[str, tuple[str, str]] | None = None) -> Kind:
    """What the scrape targets declare (type and help by family), else what the name's ending says.

    A recorded series (with a colon in its name) is no counter whatever its ending: its rule has made a rate of it.
    """
    families = families or {}
    if name in families:
        return _TOLD.get(families[name][0], Kind.UNKNOWN)
    for suffix, (kind, of) in _SUFFIXES.items():
        if name.endswith(suffix):
            family = families.get(name.removesuffix(suffix))
            if family is None:
                return Kind.UNKNOWN if ":" in name else kind
            return kind if _TOLD.get(family[0]) in of else Kind.UNKNOWN
    return Kind.UNKNOWN


def _help(name: str, families: Mapping[str, tuple[str, str]]) -> str:
    names = (name, *(name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)))
    return next((families[one][1][:LONGEST_HELP] for one in names if one in families), "")


def _sayable(name: str, grammar: re.Pattern[str]) -> bool:
    """Whether an exploration can be made of the name."""
    return len(name) <= LONGEST_NAME and grammar.fullmatch(name) is not None


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
