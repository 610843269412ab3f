"""Accounts in PostgreSQL: who there is, with which role."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg_pool import ConnectionPool

from app.access import Role, role_of
from app.auth.errors import InvalidName, NameTaken, UnknownUser
from app.auth.passwords import Passwords
from app.sources.database import translating

SOURCE = "accounts"
# As the CHECK in the table.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")

_BY_ID = "SELECT id, name, role, email, disabled FROM dashboard.users WHERE id = %s"
_BY_NAME = """
    SELECT id, name, role, email, disabled, password_hash FROM dashboard.users WHERE lower(name) = lower(%s)"""
_ALL = "SELECT id, name, role, email, disabled FROM dashboard.users ORDER BY lower(name)"
_ADD = """
    INSERT INTO dashboard.users (name, password_hash, role, email) VALUES (%s, %s, %s, %s)
    ON CONFLICT (lower(name)) DO NOTHING RETURNING id, name, role, email, disabled"""
_REPLACE_HASH = """
    UPDATE dashboard.users SET password_hash = %s WHERE id = %s AND password_hash = %s RETURNING id"""
# Whatever an account could do before a change must not outlive the change: one statement, all or nothing.
# A value that is null stays as it is.
_CHANGE = """
    WITH changed AS (
        UPDATE dashboard.users SET
            role = coalesce(%(role)s, role),
            disabled = coalesce(%(disabled)s, disabled),
            password_hash = coalesce(%(password_hash)s, password_hash),
            password_changed_at = CASE WHEN %(password_hash)s::text IS NULL THEN password_changed_at ELSE now() END
        WHERE id = %(id)s RETURNING id)
    , sessions_ended AS (DELETE FROM dashboard.sessions WHERE user_id IN (SELECT id FROM changed))
    , families_ended AS (
        UPDATE dashboard.refresh_families SET ended_at = now()
        WHERE user_id IN (SELECT id FROM changed) AND ended_at IS NULL)
    SELECT count(*) FROM changed"""


@dataclass(frozen=True)
class User:
    """An account as the rest of the product knows it."""

    id: UUID
    name: str
    role: Role
    email: str | None = None
    disabled: bool = False


class Users:
    """Reads and changes accounts. Every method may raise SourceError."""

    def __init__(self, pool: ConnectionPool[Any], passwords: Passwords) -> None:
        self._pool = pool
        self._passwords = passwords

    def by_name(self, name: str) -> User | None:
        """The account of that name, whatever its case."""
        found = self.with_hash(name)
        return found[0] if found else None

    def by_id(self, user_id: UUID) -> User | None:
        """The account of that id."""
        rows = self._rows(_BY_ID, user_id)
        return as_user(*rows[0]) if rows else None

    def with_hash(self, name: str) -> tuple[User, str] | None:
        """The account of that name with its password's hash, for the check at sign-in only."""
        if not NAME.fullmatch(name):
            name = ""  # the same question is asked, so that no answer comes quicker; no account is called so
        rows = self._rows(_BY_NAME, name)
        if not rows or (user := as_user(*rows[0][:-1])) is None:
            return None
        return user, rows[0][-1]

    def list(self) -> tuple[User, ...]:
        """All accounts by name, disabled ones included."""
        return tuple(user for row in self._rows(_ALL) if (user := as_user(*row)))

    def count(self) -> int:
        """How many accounts there are, disabled ones included."""
        return int(self._rows("SELECT count(*) FROM dashboard.users")[0][0])

    def add(self, name: str, password: str, role: Role, *, email: str | None = None) -> User:
        """A new account. Raises InvalidName, WeakPassword or NameTaken."""
        if not NAME.fullmatch(name):
            raise InvalidName("A name has 1 to 64 letters, digits or . _ @ + - and starts with a letter or digit.")
        stored = self._passwords.hash(password)
        rows = self._rows(_ADD, name, stored, role.word, email)
        user = as_user(*rows[0]) if rows else None
        if user is None:
            raise NameTaken(f"There is a user {name} already.")
        return user

    def set_role(self, user_id: UUID, role: Role) -> None:
        """Gives another role and ends everything the account is signed in with."""
        self._change(user_id, role=role.word)

    def disable(self, user_id: UUID) -> None:
        """Keeps the account out, at once."""
        self._change(user_id, disabled=True)

    def enable(self, user_id: UUID) -> None:
        """Lets a disabled account in again; it has to sign in anew."""
        self._change(user_id, disabled=False)

    def set_password(self, user_id: UUID, password: str) -> None:
        """Another password; ends everything the account is signed in with. Raises WeakPassword."""
        stored = self._passwords.hash(password)
        self._change(user_id, password_hash=stored)

    def replace_hash(self, user_id: UUID, *, old: str, new: str) -> None:
        """Stores the same password under today's parameters, unless it was changed meanwhile."""
        self._rows(_REPLACE_HASH, new, user_id, old)

    def _change(
        self,
        user_id: UUID,
        *,
        role: str | None = None,
        disabled: bool | None = None,
        password_hash: str | None = None,
    ) -> None:
        values = {"id": user_id, "role": role, "disabled": disabled, "password_hash": password_hash}
        with translating(SOURCE), self._pool.connection() as connection:
            row = connection.execute(_CHANGE, values).fetchone()
        if not row or not row[0]:
            raise UnknownUser("There is no such user.")

    def _rows(self, sql: str, *values: object) -> Sequence[tuple[Any, ...]]:
        with translating(SOURCE), self._pool.connection() as connection:
            rows: Sequence[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
        return rows


def as_user(user_id: UUID, name: str, role: str, email: str | None, disabled: bool) -> User | None:
    """The account in a row; None where the role is a word that this version does not know."""
    known = role_of(role)
    return None if known is None else User(user_id, name, known, email, disabled)
