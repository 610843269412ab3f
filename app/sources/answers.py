"""The one door to the sources: a question and a window in, a shared answer out."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.sources.cache import SharedCache
from app.sources.errors import SourceError, Unavailable
from app.sources.events import NAME as EVENTS
from app.sources.events import EventStore
from app.sources.prometheus import NAME as PROMETHEUS
from app.sources.prometheus import Prometheus
from app.sources.questions import NOW_RATE_S, At, Over, Question, expand
from app.sources.results import Result, decode, encode
from app.sources.windows import SCRAPE_S, Window

TALLY_S = 5
PAST_S = 3_600
KNOWN_S = 60


class Outages:
    """Since when each source has failed, as epoch seconds; nothing for a source that answers."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._guard = threading.Lock()

    def note(self, source: str, error: SourceError | None, now: float) -> None:
        """A source answered (``error`` None) or failed."""
        with self._guard:
            if error is None:
                self._since.pop(source, None)
            else:
                self._since.setdefault(source, now)

    def since(self, source: str) -> float | None:
        """When the running outage of a source began, or None."""
        return self._since.get(source)


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
        self.outages = Outages()

    def answer(self, question: Question, window: Window) -> Result:
        """The answer, computed at most once for all who ask. Raises SourceError."""
        asked = self._asked(question, window)
        return decode(self._cache.get(asked.key, asked.ttl_s, lambda: encode(self._noting(asked.source, asked.ask))))

    def all(self, questions: Mapping[str, Question], window: Window) -> dict[str, Result]:
        """The answers by name. Raises the first SourceError."""
        return {name: self.answer(question, window) for name, question in questions.items()}

    def known(self, selector: str, window: Window) -> bool:
        """Whether Prometheus has any series for the selector in the window. Raises SourceError."""
        server = self._server()
        key = _key("known", selector, window.id)
        return self._cache.get(key, KNOWN_S, lambda: b"1" if server.known(selector, window) else b"0") == b"1"

    def _asked(self, question: Question, window: Window) -> Asked:
        now = self._clock()
        if isinstance(question, Over):
            query = expand(question.promql, window, rate_s=window.rate_s)
            ttl_s = window.step if window.live else PAST_S
            return Asked(
                PROMETHEUS, _key("over", query, window.id), ttl_s, lambda: self._server().over_range(query, window)
            )
        if isinstance(question, At):
            query = expand(question.promql, window, rate_s=NOW_RATE_S)
            at = question.instant(window, now)
            ttl_s = question.every_s if window.live else PAST_S
            return Asked(PROMETHEUS, _key("at", query, str(at)), ttl_s, lambda: self._server().instant(query, at))
        slot = int(now) // TALLY_S if window.live else 0
        key = _key("tally", question.value, f"{window.id}-{slot}")
        return Asked(EVENTS, key, TALLY_S, lambda: self._events.tally(question, window, now=now))

    def _server(self) -> Prometheus:
        if self._prometheus is None:
            raise Unavailable(PROMETHEUS, "is not configured: set PROMETHEUS_URL")
        return self._prometheus

    def _noting(self, source: str, ask: Callable[[], Result]) -> Result:
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


def _key(kind: str, text: str, when: str) -> str:
    return f"{kind}:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}:{when}"
