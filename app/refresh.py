"""A tick: widget keys and a window in, what each card should now show out, before a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass

from app.access import Role, permits
from app.drawing import AWAY_DEADLINE_S, DEADLINE_S, Drawer, common
from app.drawn import Drawn, State
from app.patience import Patience
from app.sources.windows import Window
from app.widgets.widget import Widget

MAX_WIDGETS = 60
DRAWERS, OWN_DRAWERS = 8, 4


@dataclass(frozen=True)
class _UnderWay:
    """A drawing and the monotonic second until which anybody waits for it."""

    future: Future[Drawn | None]
    until: float


class Refresher:
    """Answers ticks. Safe for use by several threads."""

    def __init__(self, *, find: Callable[[str], Widget | None], drawer: Drawer, patience: Patience) -> None:
        self._find = find
        self._drawer = drawer
        self._patience = patience
        # Seats of their own for what somebody asks for oneself: they must not be all that there are.
        self._own_patience = Patience(max(1, patience.seats // 4))
        # Threads of their own for each set of sources, and for the ranges that everybody is offered: neither a source
        # that hangs nor a person who tries one range after another may hold up the cards of the others.
        self._threads: dict[tuple[frozenset[str], bool], ThreadPoolExecutor] = {}
        self._under_way: dict[str, _UnderWay] = {}
        self._guard = threading.Lock()

    def tick(
        self, keys: Sequence[str], window: Window, role: Role | None, *, deadline_s: float = DEADLINE_S
    ) -> dict[str, Drawn]:
        """What each card shows now. A widget that is not ready by the deadline stays as it is and comes next time."""
        drawn: dict[str, Drawn] = {}
        under_way: dict[str, tuple[Widget, _UnderWay]] = {}
        for key in dict.fromkeys(keys[:MAX_WIDGETS]):
            widget = self._find(key)
            if widget is None:
                drawn[key] = Drawn(State.FAILED, message=f"There is no widget {key[:60]!r}.")
            elif not permits(role, needed := widget.role_in(window)):
                drawn[key] = Drawn(State.FORBIDDEN, message=f"This needs the role {needed.word} or above.")
            elif (found := self._drawer.ready(widget, window)) is not None:
                drawn[key] = found
            else:
                under_way[key] = widget, self._start(widget, window, deadline_s)
        begun = time.monotonic()
        for shared, patience in ((True, self._patience), (False, self._own_patience)):
            waiting = {key: one for key, one in under_way.items() if common(one[0], window) is shared}
            left_s = max(0.0, deadline_s - (time.monotonic() - begun))
            drawn |= self._waited_for(waiting, window, patience, deadline_s=left_s)
        return drawn

    def picture(self, version: str) -> bytes | None:
        """A chart's picture that was sent lately, by its version."""
        return self._drawer.picture(version)

    def _waited_for(
        self,
        under_way: Mapping[str, tuple[Widget, _UnderWay]],
        window: Window,
        patience: Patience,
        *,
        deadline_s: float,
    ) -> dict[str, Drawn]:
        """What came of drawings under way; what did not come in time stays as it is."""
        if not under_way:
            return {}
        with patience.waiting(deadline_s) as allowed_s:
            until = time.monotonic() + allowed_s
            return {
                key: _awaited(one, until) or self._drawer.late(widget, window)
                for key, (widget, one) in under_way.items()
            }

    def _start(self, widget: Widget, window: Window, deadline_s: float) -> _UnderWay:
        """The drawing of a widget, joined when it is under way: neither threads nor waiting pile up."""
        name = self._drawer.name_of_now(widget, window)  # who asks because of news is not given what was before them
        allowed_s = min(deadline_s, AWAY_DEADLINE_S) if self._drawer.away(widget) else deadline_s
        with self._guard:
            running = self._under_way.get(name)
            if running is not None:
                return running
            until = time.monotonic() + allowed_s
            threads = self._threads_for(self._drawer.sources(widget), shared=common(widget, window))
            started = _UnderWay(threads.submit(self._draw_in_time, widget, window, until), until)
            self._under_way[name] = started
        started.future.add_done_callback(lambda _: self._forget(name, started))
        return started

    def _threads_for(self, sources: frozenset[str], *, shared: bool) -> ThreadPoolExecutor:
        if (sources, shared) not in self._threads:
            count = DRAWERS if shared else OWN_DRAWERS
            self._threads[sources, shared] = ThreadPoolExecutor(count, thread_name_prefix="draw")
        return self._threads[sources, shared]

    def _draw_in_time(self, widget: Widget, window: Window, until: float) -> Drawn | None:
        """The picture, unless everybody who wanted it had given up before a thread came free."""
        return self._drawer.draw(widget, window) if time.monotonic() < until else None

    def _forget(self, name: str, one: _UnderWay) -> None:
        with self._guard:
            if self._under_way.get(name) is one:
                del self._under_way[name]


def _awaited(one: _UnderWay, until: float) -> Drawn | None:
    try:
        return one.future.result(timeout=max(0.0, min(one.until, until) - time.monotonic()))
    except Late:
        return None
