"""The four people of the demo, one a role."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg_pool import ConnectionPool

from app.access import Role
from app.auth.passwords import Passwords
from app.auth.users import Users

DEFAULT_PASSWORD = "tamma-demo-1234"  # noqa: S105 - the demo's own, printed at its start
ACCOUNTS: Mapping[str, Role] = {role.word: role for role in reversed(Role)}


def ensure_accounts(database_url: str, password: str) -> tuple[str, ...]:
    """Create the accounts that are missing, with ``password``; the names of the ones that were there before."""
    with ConnectionPool(database_url, min_size=1, max_size=1) as pool:
        users = Users(pool, Passwords())
        known = tuple(name for name in ACCOUNTS if users.by_name(name) is not None)
        for name, role in ACCOUNTS.items():
            if name not in known:
                users.add(name, password, role)
    return known
