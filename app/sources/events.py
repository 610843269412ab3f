"""The PostgreSQL event store: named questions about events and workflow runs."""

from __future__ import annotations

from typing import Any

from psycopg import sql
from psycopg_pool import ConnectionPool

from app.sources.database import translating
from app.sources.event_statements import MOST_EVENTS, MOST_ROWS, STATEMENTS
from app.sources.questions import Told
from app.sources.results import Rows
from app.sources.windows import Window

NAME = "The event store"

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
        given |= {"most_rows": MOST_ROWS, "most_events": MOST_EVENTS}
        with translating(NAME), self._pool.connection() as connection:
            rows = connection.execute(self._statements[question.tally], given | _names(question.about)).fetchall()
        warnings = (f"The newest {MOST_ROWS} are shown.",) if len(rows) == MOST_ROWS else ()
        return Rows(STATEMENTS[question.tally][1], tuple(tuple(row) for row in rows), as_of=end, warnings=warnings)

    def ready(self) -> None:
        """Returns when both tables answer; raises SourceError."""
        with translating(NAME), self._pool.connection() as connection:
            connection.execute(self._ready)


def _names(service: str) -> dict[str, Any]:
    """The names a service has in events, and the pattern of its instances' names.

    Events know ``worker`` and ``workers``, and ``workers-2`` where they mean an instance.
    """
    literal = service.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {"names": [service, service.removesuffix("s")], "instances": f"{literal}-%"}
