"""One card: its questions asked, its picture drawn once for all who look, and what it shows when that fails."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.config import DEFAULTS, Config
from app.drawn import Drawn, State, pack, unpack
from app.patience import Patience
from app.sources.answers import DEADLINE_S as ASK_DEADLINE_S
from app.sources.answers import Answers, fresh_for
from app.sources.cache import SharedCache
from app.sources.errors import NotYet, SourceError
from app.sources.questions import PAST_EVERY_S, At, Earlier, Over, Past, Question, Told
from app.sources.reaches import Reach
from app.sources.results import Matrix, Result
from app.sources.windows import Window
from app.widgets.content import Chart, Content, Table
from app.widgets.widget import Given, Widget, before_name

# The last good picture of a preset range is kept for a day; of a range that somebody typed, for minutes.
KEEP_LAST_S, KEEP_LAST_TYPED_S = 86_400, 600
# Until then what changed since a picture can be told by any process, whichever sent it.
KEEP_PICTURE_S = 300
LONGEST_VERSION = 40
LONGEST_MESSAGE = 300
TAKING_LONG = "The answer is taking long."
UNDER_WAY = "The last weeks are being looked through."
# How long a request waits for a card, and how long when a source is known to be away.
DEADLINE_S, AWAY_DEADLINE_S = 4.0, 0.25
# How long a picture holds that waits for what is usual, or lacks an answer that failed.
UNFINISHED_S = 5.0
# What is beside the point of a card is looked at this often at most, however long the steps of its curves.
BESIDE_S = 30
log = logging.getLogger(__name__)


class Drawer:
    """Draws widgets. Safe for use by several threads."""

    def __init__(
        self,
        *,
        answers: Answers,
        cache: SharedCache,
        render: Callable[[Content], bytes],
        patience: Patience,
        clock: Callable[[], float] = time.time,
        config: Config = DEFAULTS,
    ) -> None:
        self._answers = answers
        self._cache = cache
        self._render = render
        self._patience = patience
        self._clock = clock
        self._config = config

    def ready(self, widget: Widget, window: Window) -> Drawn | None:
        """The picture of now if this process has it, without waiting for anything."""
        found = self._cache.peek(self.name_of_now(widget, window))
        return None if found is None else unpack(found)

    def draw(self, widget: Widget, window: Window) -> Drawn:
        """The picture of now, asked for if need be; whatever fails is said on the card and not raised."""
        try:
            every_s = _slot_s(widget, window)

            def holds_s(packed: bytes) -> float:
                drawn = unpack(packed)
                return every_s if drawn.finished and drawn.whole else min(UNFINISHED_S, every_s)

            return unpack(
                self._cache.get(self.name_of_now(widget, window), holds_s, lambda: self._fresh(widget, window))
            )
        except NotYet:
            kept = self._last_good(widget, window, UNDER_WAY)
            return replace(kept, finished=False) if kept else _awaited(UNDER_WAY)
        except SourceError as error:
            return self._last_good(widget, window, self._failure(error)) or Drawn(
                State.FAILED, message=self._failure(error)
            )
        except Exception:  # the boundary of a card: one broken widget must not take the page with it
            log.exception("widget %s cannot be drawn", widget.key)
            return Drawn(State.FAILED, message="This card could not be drawn; the dashboard's own log says why.")

    def late(self, widget: Widget, window: Window) -> Drawn:
        """What to show while the picture of now is still under way."""
        away = {
            name: begun for name in self.sources(widget) if (begun := self._answers.outages.since(name)) is not None
        }
        names = " and ".join(sorted(away))
        message = f"{names}: no answer since {_clock_text(min(away.values()))}, retrying." if away else TAKING_LONG
        return replace(self._last_good(widget, window, message) or _awaited(message), finished=bool(away))

    def picture(self, version: str) -> bytes | None:
        """A chart's picture that any process drew lately, by its version as a browser names it."""
        return self._cache.last(_picture_key(version[:LONGEST_VERSION]))

    def table(self, widget: Widget, window: Window, *, deadline_s: float = DEADLINE_S) -> Table:
        """The data behind a card, within the time a request may wait. Raises SourceError."""
        wanted_s = AWAY_DEADLINE_S if self.away(widget) else deadline_s
        with self._patience.waiting(wanted_s) as allowed_s:
            return widget.table(self._given(widget, window, deadline_s=allowed_s).given)

    def sources(self, widget: Widget) -> frozenset[str]:
        """The names of the sources that the widget asks."""
        return frozenset(self._answers.source_of(question) for question in widget.questions.values())

    def away(self, widget: Widget) -> bool:
        """Whether one of the widget's sources is known not to answer."""
        return any(self._answers.outages.since(name) is not None for name in self.sources(widget))

    def _fresh(self, widget: Widget, window: Window) -> bytes:
        answered = self._given(widget, window)
        given, every_s = answered.given, _every_s(widget, window, max)
        span = span_of(widget, window, given.now)
        if widget.nothing(given):
            return pack(replace(self._nothing(widget, window), every_s=every_s, start=window.start, end=window.end))
        content = widget.draw(given)
        payload = self._render(content)
        remarks = content.remarks if isinstance(content, Chart) else ()
        drawn = Drawn(
            State.LIVE,
            payload,
            hashlib.blake2b(payload, digest_size=6).hexdigest(),
            as_of=min(given.answers[name].as_of for name in widget.main),
            every_s=every_s,
            start=span.start,
            # Curves end at the last whole step, numbers are of now.
            end=int(given.now) if window.live and not widget.chart and span is window else span.end,
            message=" ".join((*answered.failures, *remarks, *_remarks(given, cut=bool(remarks))))[:LONGEST_MESSAGE],
            finished=answered.finished,
            whole=not answered.failures,
        )
        if widget.chart:
            self._cache.put(_picture_key(drawn.version), payload, KEEP_PICTURE_S)
        if not answered.failures:
            self._cache.put(_last_key(widget, window), pack(drawn), _keep_last_s(window))
        return pack(drawn)

    def _given(self, widget: Widget, window: Window, *, deadline_s: float = ASK_DEADLINE_S) -> _Answered:
        """The answers, and a word on each that could not be had. Raises the SourceError of one that is required."""
        answers: dict[str, Result] = {}
        failures: dict[str, None] = {}
        unanswered: set[str] = set()
        finished, questions = True, _questions(widget, window)
        answered = self._answers.together(questions, window, deadline_s=deadline_s, common=common(widget, window))
        for name, outcome in answered.items():
            if not isinstance(outcome, SourceError):
                answers[name] = outcome
            elif widget.requires(name):
                raise outcome
            else:
                answers[name] = self._answers.nothing(questions[name], window)
                unanswered.add(name)
                if isinstance(outcome, NotYet):
                    finished = False
                else:
                    failures[self._failure(outcome)] = None
        given = Given(answers, window, self._clock(), self._config, frozenset(unanswered))
        return _Answered(given, tuple(failures), finished)

    def _nothing(self, widget: Widget, window: Window) -> Drawn:
        if widget.metrics and not any(self._answers.known(selector, window) for selector in widget.metrics):
            message = f"Prometheus has no series {widget.metrics[0]} in this range."
            return Drawn(State.MISSING, as_of=self._clock(), message=message)
        return Drawn(State.EMPTY, as_of=self._clock(), message="No data in this range.")

    def _failure(self, error: SourceError) -> str:
        since = self._answers.outages.since(error.source)
        return f"{error.source} {error.message}" + (f" (since {_clock_text(since)}, retrying)." if since else ".")

    def _last_good(self, widget: Widget, window: Window, message: str) -> Drawn | None:
        """The last picture of the same range, marked stale: better seen dimmed than not at all."""
        packed = self._cache.last(_last_key(widget, window))
        return None if packed is None else replace(unpack(packed), state=State.STALE, message=message)

    def name_of_now(self, widget: Widget, window: Window) -> str:
        """Everyone's key for the picture of now: it changes for all processes at the same second."""
        slot = "0"
        if window.live:
            slot = f"{int(self._clock()) // _slot_s(widget, window)}:{self._answers.marks(widget.questions.values())}"
        return f"drawn:{widget.key}:{range_name(widget, window)}:{slot}"


def _awaited(message: str) -> Drawn:
    """Nothing to show yet, and worth asking for again soon."""
    return Drawn(State.LOADING, message=message, finished=False)


def span_of(widget: Widget, window: Window, now: float) -> Window:
    """What a card shows: the page's range, unless its main questions about a range have a span of their own."""
    ranged = [one for name in widget.main if not isinstance(one := widget.questions[name], At | Told)]
    own = [one.window(now) for one in ranged if isinstance(one, Past)]
    own += [one.window(window, now) for one in ranged if isinstance(one, Reach)]
    return max(own, key=lambda one: one.seconds) if own and len(own) == len(ranged) else window


def common(widget: Widget, window: Window) -> bool:
    """Whether everybody is offered the widget over this range: others wait for the same picture."""
    return widget.common and window.preset


def range_name(widget: Widget, window: Window) -> str:
    """The same for all ranges that show the same picture."""
    return f"{window.id}-{window.zone}" if widget.zoned else window.id


@dataclass(frozen=True)
class _Answered:
    """What was answered, a word on each answer that failed, and whether all that is on its way has come."""

    given: Given
    failures: tuple[str, ...]
    finished: bool


def _questions(widget: Widget, window: Window) -> dict[str, Question]:
    """The widget's questions, and those of its curves for the span that the window is compared with."""
    if not (window.compare and widget.chart):
        return dict(widget.questions)
    before = {before_name(name): Earlier(one) for name, one in widget.questions.items() if isinstance(one, Over)}
    return {**widget.questions, **before}


def _picture_key(version: str) -> str:
    return f"picture:{version}"


def _last_key(widget: Widget, window: Window) -> str:
    return f"last:{widget.key}:{window.asked[0]}:{window.asked[1]}:{window.zone}:{window.compare}"


def _keep_last_s(window: Window) -> int:
    return KEEP_LAST_S if window.preset else KEEP_LAST_TYPED_S


def _every_s(widget: Widget, window: Window, of: Callable[[list[int]], int]) -> int:
    """How often the widget's quickest (``min``) or slowest (``max``) main answer can change, in seconds."""
    return of([fresh_for(widget.questions[name], window) for name in widget.main])


def _slot_s(widget: Widget, window: Window) -> int:
    """How often a card is drawn anew: as its main answers change, and now and then for what stands beside them."""
    beside = [fresh_for(one, window) for name, one in widget.questions.items() if name not in widget.main]
    return min(_every_s(widget, window, min), max(BESIDE_S, min(beside, default=PAST_EVERY_S)))


def _remarks(given: Given, *, cut: bool) -> tuple[str, ...]:
    """What the sources said about their answers, and what of them is not shown unless ``cut`` says it is said."""
    said = [text for answer in given.answers.values() for text in answer.warnings]
    for answer in given.answers.values():
        if isinstance(answer, Matrix) and answer.total > len(answer.series) and not cut:
            said.append(f"{len(answer.series)} of {answer.total} series shown.")
    return tuple(dict.fromkeys(said))


def _clock_text(moment: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(moment))
