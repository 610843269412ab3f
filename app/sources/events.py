"""The PostgreSQL event store: named questions about events and workflow runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql
from psycopg_pool import ConnectionPool

from app.sources.database import translating
from app.sources.event_statements import CUT, MOST, NEWEST_KEPT, STATEMENTS
from app.sources.questions import Tally, Told
from app.sources.results import Rows
from app.sources.windows import Window

NAME = "The event store"

_OTHER_NAMES = {"workers": ("worker",)}
# One row of each at most: asked every few seconds, however much there is.
_READY = "select exists (select from {events}), exists (select from {runs})"


class EventStore:
    """The platform's ``events`` and ``workflow_runs`` in one schema. Reads only."""

    def __init__(self, pool: ConnectionPool[Any], schema: str) -> None:
        self._pool = pool
        names = {"events": sql.Identifier(schema, "events"), "runs": sql.Identifier(schema, "workflow_runs")}
        self._ready = sql.SQL(_READY).format(**names)
        self._statements = {tally: sql.SQL(text).format(**names) for tally, (text, _) in STATEMENTS.items()}

    def told(self, question: Told, window: Window, *, now: float) -> Rows:
        """The rows of a named question for the window. ``now`` in epoch seconds. Raises SourceError."""
        end = now if window.live else window.end
        given = {"start": window.start, "end": end, "step": window.step, "last": window.end, "now": end}
        most = MOST.get(question.tally, 0)
        given["most"] = most + 1  # one more says that there are more
        with translating(NAME), self._pool.connection() as connection:
            rows = connection.execute(self._statements[question.tally], given | _names(question.about)).fetchall()
        kept, cut = _cut(rows, most) if question.tally is not Tally.MARKS else _cut_each(rows, most)
        columns = STATEMENTS[question.tally][1]
        warnings = (CUT.get(question.tally, NEWEST_KEPT).format(most=most),) if cut else ()
        return Rows(columns, tuple(kept), as_of=end, warnings=warnings)

    def ready(self) -> None:
        """Returns when both tables answer; raises SourceError."""
        with translating(NAME), self._pool.connection() as connection:
            connection.execute(self._ready)


def _cut(rows: Sequence[tuple[Any, ...]], most: int) -> tuple[list[tuple[Any, ...]], bool]:
    """The first rows, and whether there were more; 0 for no limit."""
    return (list(rows[:most]), True) if most and len(rows) > most else (list(rows), False)


def _cut_each(rows: Sequence[tuple[Any, ...]], most: int) -> tuple[list[tuple[Any, ...]], bool]:
    """The same for each kind of mark: a busy kind must not push out the others."""
    by_kind: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_kind.setdefault(row[1].partition(".")[0], []).append(row)
    parts = [_cut(kind, most) for kind in by_kind.values()]
    return [row for kept, _ in parts for row in kept], any(cut for _, cut in parts)


def _names(service: str) -> dict[str, Any]:
    """The names a service has in events, and the pattern of its instances' names.

    Events know ``worker`` and ``workers``, and ``workers-2`` where they mean an instance.
    """
    literal = service.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {"names": [service, *_OTHER_NAMES.get(service, ())], "instances": f"{literal}-%"}
