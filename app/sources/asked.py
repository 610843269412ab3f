"""Questions made concrete: the source that answers, the key that all who ask share, how long the answer holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.sources import recorded
from app.sources.cache import SharedCache
from app.sources.errors import Unavailable
from app.sources.prometheus import NAME as PROMETHEUS
from app.sources.prometheus import Prometheus
from app.sources.questions import (
    NOW_RATE_S,
    PAST_EVERY_S,
    RECORDED_FROM_S,
    At,
    Earlier,
    Over,
    Past,
    Question,
    Tally,
    Told,
    expand,
)
from app.sources.reaches import Reach
from app.sources.results import Matrix, Result, decode, encode
from app.sources.tellers import Tellers
from app.sources.windows import SCRAPE_S, Window

TALLY_S = 5
PAST_S = 3_600
COVERED_S = 300


@dataclass(frozen=True)
class Asked:
    """One question made concrete: the key all who ask share, how long its answer holds, and how to get it.

    ``dear`` is a question over a range of somebody's own: that it takes too long says nothing about its source.
    """

    source: str
    key: str
    ttl_s: float
    ask: Callable[[], Result]
    dear: bool = False


class Asking:
    """Makes questions concrete for a window and a moment.

    ``mark`` is a text that changes once there is news for a named question: until then an answer may be kept.
    """

    def __init__(
        self, prometheus: Prometheus | None, tellers: Tellers, cache: SharedCache, mark: Callable[[Tally], str]
    ) -> None:
        self._prometheus = prometheus
        self._tellers = tellers
        self._cache = cache
        self._mark = mark

    def asked(self, question: Question, window: Window, now: float) -> Asked:
        """What to ask of which source. ``now`` in epoch seconds."""
        match question:
            case Told():
                return self._told(question, window, now)
            case Past():
                one = self._ranged(Over(question.promql, question.recorded), question.window(now), now)
                # What is usual is told apart from what is shown: that it was read from raw samples is nobody's concern.
                return replace(one, ttl_s=PAST_EVERY_S, ask=lambda: replace(one.ask(), warnings=()))
            case Earlier():
                return self._ranged(question.question, earlier(window), now)
            case Reach():
                return self._ranged(question, question.window(window, now), now)
            case Over():
                return self._ranged(question, window, now)
            case At():
                query = expand(question.promql, window, rate_s=NOW_RATE_S)
                at = question.instant(window, now)
                ttl_s = _holds_s(question.every_s, window, now)
                return Asked(PROMETHEUS, key("at", query, str(at)), ttl_s, lambda: self.server().instant(query, at))

    def server(self) -> Prometheus:
        """Prometheus, or the Unavailable that says that none is configured."""
        if self._prometheus is None:
            raise Unavailable(PROMETHEUS, "is not configured: set PROMETHEUS_URL")
        return self._prometheus

    def _told(self, question: Told, window: Window, now: float) -> Asked:
        slot = f"{int(now) // TALLY_S}-{self._mark(question.tally)}" if window.live else "0"
        name = key("told", f"{question.tally.value} {question.about}", f"{window.grid}-{slot}")
        source = self._tellers.source_of(question)
        return Asked(source, name, TALLY_S, lambda: self._tellers.told(question, window, now=now))

    def _ranged(self, question: Over, window: Window, now: float) -> Asked:
        query = expand(question.promql, window, rate_s=window.rate_s)
        name = key("over", f"{query}\n{question.recorded}", f"{window.start}-{window.end}-{window.step}")
        holds_s = _holds_s(window.step, window, now)
        dear = not window.preset
        return Asked(PROMETHEUS, name, holds_s, lambda: self._over(question, window, now=now), dear)

    def _over(self, question: Over, window: Window, *, now: float) -> Matrix:
        """From recorded series where they cover a long window, else from raw samples with a word on it."""
        missing: tuple[str, ...] = ()
        if question.recorded and window.step >= RECORDED_FROM_S:
            missing = tuple(
                name for name in recorded.names_in(question.recorded) if not self._covered(name, window, now)
            )
            if not missing:
                return self.server().over_range(expand(question.recorded, window, rate_s=window.rate_s), window)
        found = self.server().over_range(expand(question.promql, window, rate_s=window.rate_s), window)
        said = tuple(f"Recording rule {name} does not cover this range: read from raw samples." for name in missing)
        return replace(found, warnings=found.warnings + said)

    def _covered(self, name: str, window: Window, now: float) -> bool:
        """Whether a recorded series covers the window."""
        slots = recorded.coarse(recorded.around(window, now))
        series, anchor = (self._look(one, slots, now) for one in (recorded.presence(name), recorded.ANCHOR))
        return recorded.covers(series, anchor, window)

    def _look(self, promql: str, slots: Window, now: float) -> Matrix:
        """Where something is there in few slots; known for five minutes to all ranges of the same days."""
        when = f"{slots.start}-{slots.end}-{slots.step}-{int(now) // COVERED_S}"
        found = decode(
            self._cache.get(
                key("covered", promql, when), COVERED_S, lambda: encode(self.server().over_range(promql, slots))
            )
        )
        return found if isinstance(found, Matrix) else Matrix(slots.times, (), as_of=slots.end)


def earlier(window: Window) -> Window:
    """The span that the window is compared with, on the same steps; past, and kept with the samples of the past."""
    start, end = window.start - window.shifted_s, window.end - window.shifted_s
    return replace(window, start=start, end=end, live=False, compare="")


def key(kind: str, text: str, when: str) -> str:
    """A cache key of bearable length."""
    return f"{kind}:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}:{when}"


def _holds_s(every_s: int, window: Window, now: float) -> int:
    """How long an answer holds: a past that the last scrapes cannot change any more holds long."""
    past = window.end < now - 2 * SCRAPE_S and not window.live
    return PAST_S if past else max(every_s if window.live else SCRAPE_S, 1)
