"""The one door to the sources: questions and a window in, shared answers out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from app.sources.asked import TALLY_S, Asked, Asking, key
from app.sources.cache import RETRY_S, SharedCache
from app.sources.errors import NotYet, SourceError, TimedOut, TooLarge
from app.sources.events import NAME as EVENTS
from app.sources.events import EventStore
from app.sources.maintenance import NAME as MAINTENANCE
from app.sources.outages import Outages
from app.sources.prometheus import NAME as PROMETHEUS
from app.sources.prometheus import Prometheus
from app.sources.questions import PAST_EVERY_S, At, Earlier, Over, Past, Question, Tally, Told
from app.sources.reaches import Reach
from app.sources.results import Matrix, Result, Rows, Vector, decode, encode
from app.sources.tellers import COLUMNS, Tellers, Windows
from app.sources.windows import SCRAPE_S, Window

T = TypeVar("T")
KNOWN_S = 60
# The past is asked for by few at a time: it is dear, and nobody waits for it.
ASKERS, OWN_ASKERS, PAST_ASKERS, MOST_PAST = 12, 4, 2, 200
DEADLINE_S, PAST_PATIENCE_S = 8.0, 0.05
# How long a past that took too long, or was too large, is not asked for again.
PAST_RETRY_S = 300.0


class Answers:
    """Answers questions through the cache. Safe for use by several threads.

    ``mark`` gives a text for a named question that changes with each news of it, the same in all processes.
    ``observe`` is told of each question that reached a source: its name, ``answered`` or the error's name, seconds.
    """

    def __init__(
        self,
        *,
        prometheus: Prometheus | None,
        events: EventStore,
        cache: SharedCache,
        maintenance: Windows | None = None,
        clock: Callable[[], float] = time.time,
        observe: Callable[[str, str, float], None] = lambda *_: None,
        mark: Callable[[Tally], str] = lambda _: "",
    ) -> None:
        self._mark = mark
        self._observe = observe
        self._tellers = Tellers(events=events, prometheus=prometheus, maintenance=maintenance)
        self._asking = Asking(prometheus, self._tellers, cache, mark)
        self._cache = cache
        self._clock = clock
        self.outages = Outages(cache.shelf)
        # Threads of their own for each source and for the ranges that everybody is offered: neither a source that hangs
        # nor a person who tries one range after another may hold up the answers of the others.
        self._askers = {
            (name, common): ThreadPoolExecutor(ASKERS if common else OWN_ASKERS, thread_name_prefix="ask")
            for name in (PROMETHEUS, EVENTS, MAINTENANCE)
            for common in (True, False)
        }
        self._past_askers = ThreadPoolExecutor(PAST_ASKERS, thread_name_prefix="past")
        self._past_under_way: dict[str, Future[Result]] = {}
        self._past_failures: dict[str, tuple[Future[Result], float]] = {}
        self._guard = threading.Lock()

    def answer(self, question: Question, window: Window) -> Result:
        """The answer, computed at most once for all who ask. Raises SourceError."""
        return self._from_cache(self._asked(question, window))

    def together(
        self,
        questions: Mapping[str, Question],
        window: Window,
        *,
        deadline_s: float = DEADLINE_S,
        common: bool = True,
    ) -> dict[str, Result | SourceError]:
        """The answers by name, all asked at once; an error stands in the place of an answer that did not come.

        What is not ``common`` is asked by few at a time: one person must not fill the sources.
        """
        asked = {name: self._asked(question, window) for name, question in questions.items()}
        past = {name for name, question in questions.items() if isinstance(question, Past)}
        end = time.monotonic() + deadline_s
        futures = {
            name: self._begun(one) if name in past else self._askers[one.source, common].submit(self._in_time, one, end)
            for name, one in asked.items()
        }
        wait([future for name, future in futures.items() if name not in past], timeout=deadline_s)
        wait([futures[name] for name in past], timeout=PAST_PATIENCE_S)
        return {
            name: _yet(future, asked[name].source) if name in past else _outcome(future, asked[name].source, deadline_s)
            for name, future in futures.items()
        }

    def known(self, selector: str, window: Window) -> bool:
        """Whether Prometheus has any series for the selector in the window. Raises SourceError."""

        def ask() -> bytes:
            return b"1" if self._noting(PROMETHEUS, lambda: self._asking.server().known(selector, window)) else b"0"

        return self._cache.get(key("known", selector, window.grid), KNOWN_S, ask) == b"1"

    def nothing(self, question: Question, window: Window) -> Result:
        """The answer that stands for one that could not be had: empty, and true for now."""
        now = self._clock()
        match question:
            case Told():
                return Rows(COLUMNS[question.tally], (), as_of=now)
            case At():
                return Vector((), as_of=now)
            case Past():
                return Matrix(question.window(now).times, (), as_of=now)
            case Reach():
                return Matrix(question.window(window, now).times, (), as_of=now)
            case Over() | Earlier():
                return Matrix(window.times, (), as_of=now)

    def source_of(self, question: Question) -> str:
        """The name of the source that answers the question."""
        return self._tellers.source_of(question) if isinstance(question, Told) else PROMETHEUS

    def marks(self, questions: Iterable[Question]) -> str:
        """A text that changes once there is news for one of the questions before its answer has aged."""
        return ".".join(self._mark(one.tally) for one in questions if isinstance(one, Told))

    def _begun(self, asked: Asked) -> Future[Result]:
        """The answer that somebody works out at leisure, whoever asked first."""
        with self._guard:
            future = self._past_under_way.get(asked.key) or self._past_failed(asked.key)
            if future is None and len(self._past_under_way) >= MOST_PAST:
                return _never()
            if future is None:
                future = self._past_askers.submit(self._from_cache, asked)
                self._past_under_way[asked.key] = future
                future.add_done_callback(lambda done: self._past_ended(asked.key, done))
            return future

    def _past_failed(self, name: str) -> Future[Result] | None:
        """The failure of a while ago: a source that cannot answer so dear a question is not asked again and again."""
        future, until = self._past_failures.get(name, (None, 0.0))
        return future if time.monotonic() < until else None

    def _past_ended(self, name: str, future: Future[Result]) -> None:
        now = time.monotonic()
        self._past_under_way.pop(name, None)
        if future.cancelled() or (error := future.exception()) is None:
            return
        if len(self._past_failures) >= MOST_PAST:
            self._past_failures.clear()
        wait_s = PAST_RETRY_S if isinstance(error, (TimedOut, TooLarge)) else RETRY_S
        self._past_failures[name] = future, now + wait_s

    def _in_time(self, asked: Asked, end: float) -> Result:
        """The answer, unless its asker has given up while the question waited for a thread."""
        if time.monotonic() > end:
            raise TimedOut(asked.source, "was asked too much at once")
        return self._from_cache(asked)

    def _from_cache(self, asked: Asked) -> Result:
        return decode(
            self._cache.get(
                asked.key, asked.ttl_s, lambda: encode(self._noting(asked.source, asked.ask, dear=asked.dear))
            )
        )

    def _asked(self, question: Question, window: Window) -> Asked:
        return self._asking.asked(question, window, self._clock())

    def _noting(self, source: str, ask: Callable[[], T], *, dear: bool = False) -> T:
        begun, outcome = time.monotonic(), "answered"
        try:
            result = ask()
        except SourceError as error:
            outcome = type(error).__name__
            if not (dear and isinstance(error, TimedOut)):
                self.outages.note(source, error, self._clock())
            raise
        finally:
            self._observe(source, outcome, time.monotonic() - begun)
        self.outages.note(source, None, self._clock())
        return result


def fresh_for(question: Question, window: Window) -> int:
    """For how many seconds an answer to the question is the newest there can be."""
    match question:
        case Told():
            return TALLY_S
        case At():
            return max(question.every_s, SCRAPE_S)
        case Past():
            return PAST_EVERY_S
        case Reach():
            return question.step_s
        case Over() | Earlier():
            return window.step


def _never() -> Future[Result]:
    """An answer that nobody works out: too many wait already, and the next tick asks again."""
    return Future()


def _yet(future: Future[Result], source: str) -> Result | SourceError:
    """What is known of the past by now."""
    return _outcome(future, source, 0.0) if future.done() else NotYet(source, "is working out what is usual")


def _outcome(future: Future[Result], source: str, deadline_s: float) -> Result | SourceError:
    if not future.done():
        future.cancel()
        return TimedOut(source, f"gave no answer within {deadline_s:g} s")
    try:
        return future.result()
    except SourceError as error:
        return error
