"""A drawer of its own for a test that writes its own samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool

from app.drawing import Drawer
from app.patience import Patience
from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.errors import NotYet
from app.sources.events import EventStore
from app.sources.prometheus import Prometheus
from app.sources.windows import Window
from app.ui.render import render
from app.widgets.registry import find
from tests.servers.processes import wait_until

Record = dict[str, str | float | None]


def drawer_at(now: float, *, prometheus: str, pool: ConnectionPool[Any], folder: Path) -> Drawer:
    """The drawer at that epoch second, on a Prometheus by its address."""
    cache = SharedCache(folder / "cache")
    answers = Answers(
        prometheus=Prometheus(prometheus), events=EventStore(pool, "public"), cache=cache, clock=lambda: now
    )
    return Drawer(answers=answers, cache=cache, render=render, patience=Patience(8), clock=lambda: now)


def records(drawer: Drawer, key: str, window: Window) -> list[Record]:
    """The rows of a card's table by column, once the past that it needs is there."""
    widget = find(key)
    assert widget is not None
    found: list[Record] = []

    def there() -> bool:
        try:
            table = drawer.table(widget, window)
        except NotYet:
            return False
        names = [column.name for column in table.columns]
        found.extend(dict(zip(names, row, strict=True)) for row in table.rows)
        return True

    wait_until(there, what=key)
    return found
