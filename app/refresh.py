"""A tick: widget keys and a window in, what each card should now show out, before a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass

from app.access import Role, permits
from app.drawing import Drawer, Drawn, State
from app.sources.windows import Window
from app.widgets.widget import Widget

MAX_WIDGETS = 60
DEADLINE_S = 4.0
# A source that is known to be away gets this long: viewers must not fill the server's threads by waiting for it.
AWAY_DEADLINE_S = 0.25
DRAWERS = 8


@dataclass(frozen=True)
class _UnderWay:
    """A drawing and the monotonic second until which anybody waits for it."""

    future: Future[Drawn]
    until: float


class Refresher:
    """Answers ticks. Safe for use by several threads."""

    def __init__(self, *, widgets: Mapping[str, Widget], drawer: Drawer) -> None:
        self._widgets = widgets
        self._drawer = drawer
        # Threads of its own for each set of sources: one that hangs must not hold up the cards of the others.
        sources = {drawer.sources(widget) for widget in widgets.values()}
        self._threads = {one: ThreadPoolExecutor(DRAWERS, thread_name_prefix="draw") for one in sources}
        self._under_way: dict[str, _UnderWay] = {}
        self._guard = threading.Lock()

    def tick(
        self, keys: Sequence[str], window: Window, role: Role | None, *, deadline_s: float = DEADLINE_S
    ) -> dict[str, Drawn]:
        """What each card shows now. A widget that is not ready by the deadline stays as it is and comes next time."""
        drawn: dict[str, Drawn] = {}
        under_way: dict[str, _UnderWay] = {}
        for key in dict.fromkeys(keys[:MAX_WIDGETS]):
            widget = self._widgets.get(key)
            if widget is None:
                drawn[key] = Drawn(State.FAILED, message=f"There is no widget {key[:60]!r}.")
            elif not permits(role, widget.role):
                drawn[key] = Drawn(State.FORBIDDEN, message=f"This needs the role {widget.role.word} or above.")
            elif (found := self._drawer.ready(widget, window)) is not None:
                drawn[key] = found
            else:
                under_way[key] = self._start(widget, window, deadline_s)
        for key, one in under_way.items():
            drawn[key] = self._await(one) or self._drawer.late(self._widgets[key], window)
        return drawn

    def _await(self, one: _UnderWay) -> Drawn | None:
        try:
            return one.future.result(timeout=max(0.0, one.until - time.monotonic()))
        except Late:
            return None

    def _start(self, widget: Widget, window: Window, deadline_s: float) -> _UnderWay:
        """The drawing of a widget, joined when it is under way: neither threads nor waiting pile up."""
        name = f"{widget.key}:{window.id}"
        allowed_s = min(deadline_s, AWAY_DEADLINE_S) if self._drawer.away(widget) else deadline_s
        with self._guard:
            running = self._under_way.get(name)
            if running is not None:
                return running
            future = self._threads[self._drawer.sources(widget)].submit(self._drawer.draw, widget, window)
            started = _UnderWay(future, time.monotonic() + allowed_s)
            self._under_way[name] = started
        future.add_done_callback(lambda _: self._forget(name, started))
        return started

    def _forget(self, name: str, one: _UnderWay) -> None:
        with self._guard:
            if self._under_way.get(name) is one:
                del self._under_way[name]
