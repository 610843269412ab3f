"""Maintenance windows in PostgreSQL: who announced which, and those that touch a range."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from app.sources.database import translating
from app.sources.errors import TooLarge
from app.sources.results import Rows
from app.sources.windows import Window

NAME = "Maintenance windows"
# As the CHECKs in the table.
LONGEST = timedelta(days=30)
LONGEST_REASON = 500
MOST = 500
COLUMNS = ("start", "end", "services", "reason", "state")

_FIELDS = """id, starts_at, ends_at, services, reason, created_by, created_at, changed_by, changed_at,
    cancelled_by, cancelled_at"""
_ONE = f"SELECT {_FIELDS} FROM dashboard.maintenance WHERE id = %(id)s"  # noqa: S608 - constants
_LIST = f"""
SELECT {_FIELDS} FROM dashboard.maintenance ORDER BY starts_at DESC, id LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608
_BETWEEN = f"""
SELECT {_FIELDS} FROM dashboard.maintenance
WHERE cancelled_at IS NULL AND ends_at > to_timestamp(%(start)s) AND starts_at < to_timestamp(%(end)s)
ORDER BY starts_at, id LIMIT %(limit)s
"""  # noqa: S608
_CREATE = f"""
INSERT INTO dashboard.maintenance (id, starts_at, ends_at, services, reason, created_by)
VALUES (%(id)s, %(starts_at)s, %(ends_at)s, %(services)s, %(reason)s, %(by)s)
ON CONFLICT (id) DO NOTHING RETURNING {_FIELDS}
"""  # noqa: S608
_REPLACE = f"""
UPDATE dashboard.maintenance SET starts_at = %(starts_at)s, ends_at = %(ends_at)s, services = %(services)s,
    reason = %(reason)s, changed_by = %(by)s, changed_at = now()
WHERE id = %(id)s AND cancelled_at IS NULL AND (%(any)s OR changed_at IS NOT DISTINCT FROM %(seen)s)
RETURNING {_FIELDS}
"""  # noqa: S608
_END = f"""
UPDATE dashboard.maintenance SET ends_at = %(at)s, changed_by = %(by)s, changed_at = now()
WHERE id = %(id)s AND cancelled_at IS NULL AND starts_at < %(at)s AND ends_at > %(at)s RETURNING {_FIELDS}
"""  # noqa: S608
_CANCEL = f"""
UPDATE dashboard.maintenance SET
    cancelled_at = coalesce(cancelled_at, now()), cancelled_by = coalesce(cancelled_by, %(by)s)
WHERE id = %(id)s RETURNING {_FIELDS}
"""  # noqa: S608


@dataclass(frozen=True)
class Draft:
    """What an operator enters: aware times, services by their Prometheus names (none: all), and why."""

    starts_at: datetime
    ends_at: datetime
    services: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Seen:
    """Which version of a window somebody has looked at: the time of its last change, None for as it was entered."""

    changed_at: datetime | None


@dataclass(frozen=True)
class Entry:
    """A maintenance window as stored; a cancelled one counts for nothing, not even the time before."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    services: Sequence[str]
    reason: str
    created_by: str
    created_at: datetime
    changed_by: str | None
    changed_at: datetime | None
    cancelled_by: str | None
    cancelled_at: datetime | None

    @property
    def draft(self) -> Draft:
        """What it says now, as it would be entered."""
        return Draft(self.starts_at, self.ends_at, tuple(self.services), self.reason)

    def state(self, now: datetime) -> str:
        """``cancelled``, ``planned``, ``running`` or ``over``."""
        if self.cancelled_at:
            return "cancelled"
        if now < self.starts_at:
            return "planned"
        return "running" if now < self.ends_at else "over"


class Maintenance:
    """Reads and changes maintenance windows. Every method may raise SourceError."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool

    def between(self, start: float, end: float) -> tuple[Entry, ...]:
        """Those that touch the range (epoch seconds) and are not cancelled, earliest first.

        Raises TooLarge rather than leave some out: availability would be wrong and nobody would know.
        """
        found = self._entries(_BETWEEN, {"start": start, "end": end, "limit": MOST + 1})
        if len(found) > MOST:
            raise TooLarge(NAME, f"there are more than {MOST} in the range; cancel some, or look at a shorter range")
        return found

    def rows(self, window: Window, *, now: float | None = None, reach_s: float = 0) -> Rows:
        """As ``between``, in columns ``COLUMNS``: epoch seconds, list of services (empty: all), text, word.

        ``now`` in epoch seconds; None asks the clock. ``reach_s`` widens the window to so much before its end.
        """
        now = time.time() if now is None else now
        end = now if window.live else window.end
        at = datetime.fromtimestamp(now, UTC)
        rows = tuple(
            (one.starts_at.timestamp(), one.ends_at.timestamp(), list(one.services), one.reason, one.state(at))
            for one in self.between(min(window.start, end - reach_s), end)
        )
        return Rows(COLUMNS, rows, as_of=end)

    def list(self, *, limit: int = 100, offset: int = 0) -> tuple[Entry, ...]:
        """The one that starts latest first, cancelled ones included; at most ``MOST``."""
        return self._entries(_LIST, {"limit": min(limit, MOST), "offset": offset})

    def count(self) -> int:
        """How many there are, cancelled ones included."""
        with translating(NAME), self._pool.connection() as connection:
            row = connection.execute("SELECT count(*) FROM dashboard.maintenance").fetchone()
        return int(row[0]) if row else 0

    def find(self, entry_id: UUID) -> Entry | None:
        """The one of that id."""
        return self._entry(_ONE, {"id": entry_id})

    def create(self, draft: Draft, *, by: str, entry_id: UUID | None = None) -> Entry:
        """The new one, stored for the account of that name.

        Where there is one of ``entry_id`` already, that one, unchanged: with the content and the author that it has.
        """
        entry_id = entry_id or uuid4()
        entry = self._entry(_CREATE, {**_values(draft), "id": entry_id, "by": by}) or self.find(entry_id)
        assert entry is not None  # noqa: S101 - there is one of that id now, and none is ever deleted
        return entry

    def replace(self, entry_id: UUID, draft: Draft, *, by: str, seen: Seen | None = None) -> Entry | None:
        """The changed one; None when there is none of that id.

        The unchanged one when it is cancelled, or when it is another version than ``seen`` (None: whichever it is).
        """
        version = {"any": seen is None, "seen": seen.changed_at if seen else None}
        changed = self._entry(_REPLACE, {**_values(draft), **version, "id": entry_id, "by": by})
        return changed or self.find(entry_id)

    def end(self, entry_id: UUID, at: datetime, *, by: str) -> Entry | None:
        """The one that now ends at ``at``; the unchanged one when it does not run then; None when there is none."""
        return self._entry(_END, {"id": entry_id, "at": at, "by": by}) or self.find(entry_id)

    def cancel(self, entry_id: UUID, *, by: str) -> Entry | None:
        """The cancelled one; who cancels again changes nothing. None when there is none of that id."""
        return self._entry(_CANCEL, {"id": entry_id, "by": by})

    def _entry(self, statement: str, values: dict[str, Any]) -> Entry | None:
        found = self._entries(statement, values)
        return found[0] if found else None

    def _entries(self, statement: str, values: dict[str, Any]) -> tuple[Entry, ...]:
        with (
            translating(NAME),
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Entry)) as cursor,
        ):
            return tuple(cursor.execute(statement, values).fetchall())


def _values(draft: Draft) -> dict[str, Any]:
    return {
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
        "services": [*draft.services],
        "reason": draft.reason,
    }
