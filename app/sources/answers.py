"""The one door to the sources: questions and a window in, shared answers out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from app.sources.cache import SharedCache
from app.sources.errors import SourceError, TimedOut, Unavailable
from app.sources.events import COLUMNS, EventStore
from app.sources.events import NAME as EVENTS
from app.sources.outages import Outages
from app.sources.prometheus import NAME as PROMETHEUS
from app.sources.prometheus import Prometheus
from app.sources.questions import NOW_RATE_S, At, Over, Question, expand
from app.sources.results import Matrix, Result, Rows, Vector, decode, encode
from app.sources.windows import SCRAPE_S, Window

T = TypeVar("T")
TALLY_S = 5
PAST_S = 3_600
KNOWN_S = 60
ASKERS = 12
DEADLINE_S = 8.0


@dataclass(frozen=True)
class Asked:
    """One question made concrete: the key all who ask share, how long its answer holds, and how to get it."""

    source: str
    key: str
    ttl_s: float
    ask: Callable[[], Result]


class Answers:
    """Answers questions through the cache. Safe for use by several threads.

    ``observe`` is told of each question that reached a source: its name, ``answered`` or the error's name, seconds.
    """

    def __init__(
        self,
        *,
        prometheus: Prometheus | None,
        events: EventStore,
        cache: SharedCache,
        clock: Callable[[], float] = time.time,
        observe: Callable[[str, str, float], None] = lambda *_: None,
    ) -> None:
        self._observe = observe
        self._prometheus = prometheus
        self._events = events
        self._cache = cache
        self._clock = clock
        self.outages = Outages(cache.shelf)
        # Threads of their own for each source and for the ranges that everybody is offered: neither a source that hangs
        # nor a person who tries one range after another may hold up the answers of the others.
        self._askers = {
            (name, preset): ThreadPoolExecutor(ASKERS, thread_name_prefix="ask")
            for name in (PROMETHEUS, EVENTS)
            for preset in (True, False)
        }

    def answer(self, question: Question, window: Window) -> Result:
        """The answer, computed at most once for all who ask. Raises SourceError."""
        return self._from_cache(self._asked(question, window))

    def together(
        self, questions: Mapping[str, Question], window: Window, *, deadline_s: float = DEADLINE_S
    ) -> dict[str, Result | SourceError]:
        """The answers by name, all asked at once; an error stands in the place of an answer that did not come."""
        asked = {name: self._asked(question, window) for name, question in questions.items()}
        end = time.monotonic() + deadline_s
        futures = {
            name: self._askers[one.source, window.preset].submit(self._in_time, one, end) for name, one in asked.items()
        }
        wait(futures.values(), timeout=deadline_s)
        return {name: _outcome(future, asked[name].source, deadline_s) for name, future in futures.items()}

    def known(self, selector: str, window: Window) -> bool:
        """Whether Prometheus has any series for the selector in the window. Raises SourceError."""
        key = _key("known", selector, window.id)

        def ask() -> bytes:
            return b"1" if self._noting(PROMETHEUS, lambda: self._server().known(selector, window)) else b"0"

        return self._cache.get(key, KNOWN_S, ask) == b"1"

    def nothing(self, question: Question, window: Window) -> Result:
        """The answer that stands for one that could not be had: empty, and true for now."""
        now = self._clock()
        if isinstance(question, Over):
            return Matrix(window.times, (), as_of=now)
        return Vector((), as_of=now) if isinstance(question, At) else Rows(COLUMNS[question], (), as_of=now)

    def source_of(self, question: Question) -> str:
        """The name of the source that answers the question."""
        return PROMETHEUS if isinstance(question, Over | At) else EVENTS

    def _in_time(self, asked: Asked, end: float) -> Result:
        """The answer, unless its asker has given up while the question waited for a thread."""
        if time.monotonic() > end:
            raise TimedOut(asked.source, "was asked too much at once")
        return self._from_cache(asked)

    def _from_cache(self, asked: Asked) -> Result:
        return decode(self._cache.get(asked.key, asked.ttl_s, lambda: encode(self._noting(asked.source, asked.ask))))

    def _asked(self, question: Question, window: Window) -> Asked:
        now = self._clock()
        if isinstance(question, Over):
            query = expand(question.promql, window, rate_s=window.rate_s)
            key = _key("over", query, window.id)
            return Asked(PROMETHEUS, key, self._holds_s(window.step, window, now), lambda: self._over(query, window))
        if isinstance(question, At):
            query = expand(question.promql, window, rate_s=NOW_RATE_S)
            at = question.instant(window, now)
            ttl_s = self._holds_s(question.every_s, window, now)
            return Asked(PROMETHEUS, _key("at", query, str(at)), ttl_s, lambda: self._server().instant(query, at))
        slot = int(now) // TALLY_S if window.live else 0
        key = _key("tally", question.value, f"{window.id}-{slot}")
        return Asked(EVENTS, key, TALLY_S, lambda: self._events.tally(question, window, now=now))

    @staticmethod
    def _holds_s(every_s: int, window: Window, now: float) -> int:
        """How long an answer holds: a past that the last scrapes cannot change any more holds long."""
        past = not window.live and window.end < now - 2 * SCRAPE_S
        return PAST_S if past else max(every_s if window.live else SCRAPE_S, 1)

    def _over(self, query: str, window: Window) -> Matrix:
        return self._server().over_range(query, window)

    def _server(self) -> Prometheus:
        if self._prometheus is None:
            raise Unavailable(PROMETHEUS, "is not configured: set PROMETHEUS_URL")
        return self._prometheus

    def _noting(self, source: str, ask: Callable[[], T]) -> T:
        begun, outcome = time.monotonic(), "answered"
        try:
            result = ask()
        except SourceError as error:
            outcome = type(error).__name__
            self.outages.note(source, error, self._clock())
            raise
        finally:
            self._observe(source, outcome, time.monotonic() - begun)
        self.outages.note(source, None, self._clock())
        return result


def fresh_for(question: Question, window: Window) -> int:
    """For how many seconds an answer to the question is the newest there can be."""
    if isinstance(question, Over):
        return window.step
    return max(question.every_s, SCRAPE_S) if isinstance(question, At) else TALLY_S


def _outcome(future: Future[Result], source: str, deadline_s: float) -> Result | SourceError:
    if not future.done():
        future.cancel()
        return TimedOut(source, f"gave no answer within {deadline_s:g} s")
    try:
        return future.result()
    except SourceError as error:
        return error


def _key(kind: str, text: str, when: str) -> str:
    return f"{kind}:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}:{when}"
