"""Roles and permissions: who may do what, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class Role(IntEnum):
    """The hierarchy of roles; a higher one may do all that a lower one may."""

    READONLY = 0
    OPERATOR = 1
    DEVELOPER = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The name as stored and shown: lower case."""
        return self.name.lower()


ROLE_WORDS: tuple[str, ...] = tuple(role.word for role in Role)

# The lowest role that holds each permission.
PERMISSIONS: Mapping[str, Role] = {
    "view:status": Role.READONLY,
    "view:logs": Role.OPERATOR,
    "view:events": Role.OPERATOR,
    "manage:alerts": Role.OPERATOR,
    "manage:maintenance": Role.OPERATOR,
    "query:raw": Role.DEVELOPER,
    "manage:api-keys": Role.DEVELOPER,
    "admin:users": Role.ADMIN,
    "admin:config": Role.ADMIN,
}


def role_of(word: str) -> Role | None:
    """The role of that name, or None: an unknown role is nobody."""
    return Role[word.upper()] if word in ROLE_WORDS else None


def permits(role: Role | None, needed: Role) -> bool:
    """Whether ``role`` reaches ``needed``; nobody reaches nothing."""
    return role is not None and role >= needed


def permissions_of(role: Role) -> tuple[str, ...]:
    """Every permission the role holds, in a stable order."""
    return tuple(name for name, needed in PERMISSIONS.items() if role >= needed)
