"""A tick: widget keys and a window in, what each card should now show out, before a deadline."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum

import orjson

from app.access import Role, permits
from app.sources.answers import Answers, fresh_for
from app.sources.cache import SharedCache
from app.sources.errors import SourceError
from app.sources.windows import Window
from app.widgets.content import Content, Table
from app.widgets.widget import Given, Widget

MAX_WIDGETS = 60
DEADLINE_S = 4.0
FETCHERS = 8
KEEP_LAST_S = 86_400
log = logging.getLogger(__name__)


class State(StrEnum):
    """What a card shows; the five different nothings are never a zero."""

    LOADING = "loading"
    LIVE = "live"
    STALE = "stale"
    EMPTY = "empty"
    MISSING = "missing"
    FAILED = "failed"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Drawn:
    """A card's state. ``payload`` is its picture as JSON, empty when there is none to show.

    ``version`` names the picture by its content. ``as_of`` (epoch seconds) is when the picture was true, ``every_s``
    how often it can change. ``message`` is what people read when something is amiss.
    """

    state: State
    payload: bytes = b""
    version: str = ""
    as_of: float = 0.0
    every_s: int = 0
    message: str = ""


class Refresher:
    """Draws widgets once for all who look. Safe for use by several threads."""

    def __init__(
        self,
        *,
        widgets: Mapping[str, Widget],
        answers: Answers,
        cache: SharedCache,
        render: Callable[[Content], bytes],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._widgets = widgets
        self._answers = answers
        self._cache = cache
        self._render = render
        self._clock = clock
        # Threads of its own for each set of sources: one that hangs must not hold up the cards of the others.
        sources = {widget.source for widget in widgets.values()}
        self._fetchers = {one: ThreadPoolExecutor(FETCHERS, thread_name_prefix="fetch") for one in sorted(sources)}
        self._under_way: dict[str, Future[Drawn]] = {}

    def tick(
        self, keys: Sequence[str], window: Window, role: Role | None, *, deadline_s: float = DEADLINE_S
    ) -> dict[str, Drawn]:
        """What each card shows now. A widget that is not ready by the deadline stays as it is and comes next time."""
        drawn: dict[str, Drawn] = {}
        late: dict[str, Future[Drawn]] = {}
        for key in keys[:MAX_WIDGETS]:
            widget = self._widgets.get(key)
            if widget is None:
                drawn[key] = Drawn(State.FAILED, message=f"There is no widget {key[:60]!r}.")
            elif not permits(role, widget.role):
                drawn[key] = Drawn(State.FORBIDDEN, message=f"This needs the role {widget.role.word} or above.")
            elif (found := self._cache.peek(self._key(widget, window))) is not None:
                drawn[key] = _unpack(found)
            else:
                late[key] = self._start(widget, window)
        wait(late.values(), timeout=deadline_s)
        for key, future in late.items():
            drawn[key] = future.result() if future.done() else self._late(self._widgets[key], window)
        return drawn

    def table(self, widget: Widget, window: Window) -> Table:
        """The data behind a card. Raises SourceError."""
        return widget.table(self._given(widget, window))

    def _start(self, widget: Widget, window: Window) -> Future[Drawn]:
        """The drawing of a widget, joined when it is already under way: slow sources do not pile up threads."""
        name = f"{widget.key}:{window.id}"
        running = self._under_way.get(name)
        if running is not None and not running.done():
            return running
        future = self._fetchers[widget.source].submit(self._draw, widget, window)
        self._under_way[name] = future
        future.add_done_callback(lambda _: self._under_way.pop(name, None))
        return future

    def _draw(self, widget: Widget, window: Window) -> Drawn:
        every_s = _every_s(widget, window)
        try:
            packed = self._cache.get(self._key(widget, window), every_s, lambda: self._fresh(widget, window, every_s))
            return _unpack(packed)
        except SourceError as error:
            return self._failed(widget, window, error)
        except Exception:  # the boundary of a card: one broken widget must not take the page with it
            log.exception("widget %s cannot be drawn", widget.key)
            return Drawn(State.FAILED, message="This card could not be drawn; the dashboard's own log says why.")

    def _fresh(self, widget: Widget, window: Window, every_s: int) -> bytes:
        given = self._given(widget, window)
        if widget.nothing(given):
            return _pack(self._nothing(widget, window, every_s))
        as_of = given.now if window.live else float(window.end)
        payload = self._render(widget.draw(given))
        version = hashlib.blake2b(payload, digest_size=6).hexdigest()
        warnings = tuple(dict.fromkeys(text for answer in given.answers.values() for text in answer.warnings))
        packed = _pack(Drawn(State.LIVE, payload, version, as_of, every_s, "; ".join(warnings)[:300]))
        self._cache.put(self._last_key(widget, window), packed, KEEP_LAST_S)
        return packed

    def _given(self, widget: Widget, window: Window) -> Given:
        return Given(self._answers.all(widget.questions, window), window, self._clock())

    def _nothing(self, widget: Widget, window: Window, every_s: int) -> Drawn:
        as_of = self._clock()
        if widget.metrics and not any(self._answers.known(selector, window) for selector in widget.metrics):
            message = f"Prometheus has no series {widget.metrics[0]} in this range."
            return Drawn(State.MISSING, as_of=as_of, every_s=every_s, message=message)
        return Drawn(State.EMPTY, as_of=as_of, every_s=every_s, message="No data in this range.")

    def _failed(self, widget: Widget, window: Window, error: SourceError) -> Drawn:
        since = self._answers.outages.since(error.source)
        begun = time.strftime("%H:%M:%S UTC", time.gmtime(since if since is not None else self._clock()))
        message = f"{error.source} {error.message} (since {begun}, retrying)."
        return self._last_good(widget, window, message) or Drawn(State.FAILED, message=message)

    def _late(self, widget: Widget, window: Window) -> Drawn:
        message = "The answer is taking long; it will appear when it is there."
        return self._last_good(widget, window, message) or Drawn(State.LOADING, message=message)

    def _last_good(self, widget: Widget, window: Window, message: str) -> Drawn | None:
        """The last picture of the same range, marked stale: better seen dimmed than not at all."""
        packed = self._cache.last(self._last_key(widget, window))
        if packed is None:
            return None
        last = _unpack(packed)
        return Drawn(State.STALE, last.payload, last.version, last.as_of, last.every_s, message)

    def _key(self, widget: Widget, window: Window) -> str:
        """Everyone's key for the picture of now: it changes for all processes at the same second."""
        slot = int(self._clock()) // _every_s(widget, window) if window.live else 0
        return f"drawn:{widget.key}:{window.id}:{slot}"

    @staticmethod
    def _last_key(widget: Widget, window: Window) -> str:
        return f"last:{widget.key}:{window.asked[0]}:{window.asked[1]}"


def _every_s(widget: Widget, window: Window) -> int:
    """How often the widget's picture can change, in seconds."""
    return min(fresh_for(question, window) for question in widget.questions.values())


def _pack(drawn: Drawn) -> bytes:
    meta = [drawn.state.value, drawn.version, drawn.as_of, drawn.every_s, drawn.message]
    return orjson.dumps(meta) + b"\n" + drawn.payload


def _unpack(packed: bytes) -> Drawn:
    meta, _, payload = packed.partition(b"\n")
    state, version, as_of, every_s, message = orjson.loads(meta)
    return Drawn(State(state), payload, version, as_of, every_s, message)
