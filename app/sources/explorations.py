"""Saved explorations in PostgreSQL: one's own, and those that others share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg_pool import ConnectionPool

from app.sources.database import translating

SOURCE = "explorations"
MOST_OWN, MOST_LISTED = 200, 500
LONGEST_NAME = 80

_COLUMNS = "e.id, e.name, e.text, e.shared, u.id, u.name, extract(epoch from e.created_at)::float8"
_VISIBLE = f"""
    SELECT {_COLUMNS} FROM dashboard.explorations e JOIN dashboard.users u ON u.id = e.owner_id
    WHERE e.owner_id = %(who)s OR e.shared
    ORDER BY (e.owner_id = %(who)s) DESC, lower(e.name), e.id LIMIT %(limit)s"""  # noqa: S608 - columns of ours
_ONE = f"""
    SELECT {_COLUMNS} FROM dashboard.explorations e JOIN dashboard.users u ON u.id = e.owner_id
    WHERE e.id = %(id)s AND (e.owner_id = %(who)s OR e.shared OR %(all)s)"""  # noqa: S608 - columns of ours
# One at a time for an account: two at once would both find the last free place.
_LOCK = "SELECT 1 FROM dashboard.users WHERE id = %(who)s FOR NO KEY UPDATE"
_COUNT = "SELECT count(*) FROM dashboard.explorations WHERE owner_id = %(who)s"
_ADD = """
    INSERT INTO dashboard.explorations (owner_id, name, text, shared)
    VALUES (%(who)s, %(name)s, %(text)s, %(shared)s)
    ON CONFLICT (owner_id, lower(name)) DO NOTHING RETURNING id"""
_DELETE = "DELETE FROM dashboard.explorations WHERE id = %(id)s RETURNING id"


class NotSaved(Exception):
    """An exploration that cannot be saved; the message says why, for people."""


@dataclass(frozen=True)
class Saved:
    """A saved exploration; ``created`` in epoch seconds."""

    id: UUID
    name: str
    text: str
    shared: bool
    owner_id: UUID
    owner: str
    created: float


class Explorations:
    """Reads and changes saved explorations. Every method may raise SourceError."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool

    def visible_to(self, who: UUID) -> tuple[Saved, ...]:
        """One's own by name, then those that others share; at most MOST_LISTED."""
        with translating(SOURCE), self._pool.connection() as connection:
            rows = connection.execute(_VISIBLE, {"who": who, "limit": MOST_LISTED}).fetchall()
        return tuple(Saved(*row) for row in rows)

    def find(self, saved_id: UUID, who: UUID, *, every: bool = False) -> Saved | None:
        """The exploration if it is one's own or shared; with ``every`` whoever's it is."""
        with translating(SOURCE), self._pool.connection() as connection:
            row = connection.execute(_ONE, {"id": saved_id, "who": who, "all": every}).fetchone()
        return Saved(*row) if row else None

    def create(self, who: UUID, name: str, *, text: str, shared: bool) -> UUID:
        """Saves one, and answers when that is committed. Raises NotSaved for a name taken or a place too many."""
        given = {"who": who, "name": name, "text": text, "shared": shared}
        with translating(SOURCE), self._pool.connection() as connection, connection.transaction():
            connection.execute(_LOCK, given)
            count = connection.execute(_COUNT, given).fetchone()
            if count and count[0] >= MOST_OWN:
                raise NotSaved(f"You have {MOST_OWN} explorations, which is all there is room for. Delete some first.")
            row = connection.execute(_ADD, given).fetchone()
        if row is None:
            raise NotSaved(f"You have an exploration called {name!r} already.")
        made: UUID = row[0]
        return made

    def delete(self, saved_id: UUID) -> bool:
        """Forgets one; whether there was one. Who may do that has been checked before."""
        with translating(SOURCE), self._pool.connection() as connection:
            return connection.execute(_DELETE, {"id": saved_id}).fetchone() is not None
