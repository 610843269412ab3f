"""The PostgreSQL event store: named questions about events and workflow runs."""

from __future__ import annotations

from typing import Any

from psycopg import sql
from psycopg_pool import ConnectionPool

from app.sources.database import translating
from app.sources.questions import Tally
from app.sources.results import Rows
from app.sources.windows import Window

NAME = "The event store"

_RUN_COUNTS = """
select (select count(*) from {runs} where status = 'running'),
       count(*) filter (where status = 'success'),
       count(*) filter (where status = 'failed')
from {runs} where completed_at > to_timestamp(%(start)s) and completed_at <= to_timestamp(%(end)s)
"""

# Slot t holds the runs that ended in (t - step, t], as a rate over the step before t would. What has ended since the
# last whole step belongs to no slot yet.
_RUNS_ENDED = """
select status,
       (%(start)s + ceil((extract(epoch from completed_at) - %(start)s) / %(step)s) * %(step)s)::bigint,
       count(*)
from {runs}
where completed_at > to_timestamp(%(start)s) and completed_at <= to_timestamp(%(last)s)
  and status in ('success', 'failed')
group by 1, 2 order by 2
"""

_LAST_STARTS = """
select service, extract(epoch from max(timestamp))::float8
from (select coalesce(nullif(tags->>'service', ''), metadata->>'source', '') as service, timestamp
      from {events} where type = 'SYSTEM.STARTED' and timestamp <= to_timestamp(%(now)s)) starts
group by 1
"""

# One row of each at most: asked every few seconds, however much there is.
_READY = "select exists (select from {events}), exists (select from {runs})"

_QUESTIONS: dict[Tally, tuple[str, tuple[str, ...]]] = {
    Tally.RUN_COUNTS: (_RUN_COUNTS, ("running", "completed", "failed")),
    Tally.RUNS_ENDED: (_RUNS_ENDED, ("status", "slot", "runs")),
    Tally.LAST_STARTS: (_LAST_STARTS, ("service", "started")),
}

# The columns of each named question's rows.
COLUMNS = {tally: columns for tally, (_, columns) in _QUESTIONS.items()}


class EventStore:
    """The platform's ``events`` and ``workflow_runs`` in one schema. Reads only."""

    def __init__(self, pool: ConnectionPool[Any], schema: str) -> None:
        self._pool = pool
        names = {"events": sql.Identifier(schema, "events"), "runs": sql.Identifier(schema, "workflow_runs")}
        self._ready = sql.SQL(_READY).format(**names)
        self._statements = {tally: sql.SQL(text).format(**names) for tally, (text, _) in _QUESTIONS.items()}

    def tally(self, tally: Tally, window: Window, *, now: float) -> Rows:
        """The rows of a named question for the window. ``now`` in epoch seconds. Raises SourceError."""
        end = now if window.live else window.end
        given = {"start": window.start, "end": end, "step": window.step, "last": window.end, "now": end}
        with translating(NAME), self._pool.connection() as connection:
            rows = connection.execute(self._statements[tally], given).fetchall()
        return Rows(COLUMNS[tally], tuple(tuple(row) for row in rows), as_of=end)

    def ready(self) -> None:
        """Returns when both tables answer; raises SourceError."""
        with translating(NAME), self._pool.connection() as connection:
            connection.execute(self._ready)
