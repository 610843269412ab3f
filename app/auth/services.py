"""What sign-in is made of, opened once per process and handed to the form and the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg_pool import ConnectionPool

from app.auth.clock import Clock, utc_now
from app.auth.cookies import Cookies
from app.auth.credentials import Credentials
from app.auth.csrf import Csrf
from app.auth.lockout import Lockout
from app.auth.passwords import Passwords
from app.auth.sessions import Sessions
from app.auth.tokens import Tokens
from app.auth.users import Users
from app.settings import Settings, SettingsError


@dataclass(frozen=True)
class Services:
    """All that knows about accounts."""

    pool: ConnectionPool[Any]
    users: Users
    sessions: Sessions
    tokens: Tokens
    credentials: Credentials
    cookies: Cookies
    csrf: Csrf


def services_for(settings: Settings, pool: ConnectionPool[Any], *, clock: Clock = utc_now) -> Services:
    """The services of a web process. Raises SettingsError when a secret is missing."""
    if not settings.dashboard_secret_key or not settings.dashboard_jwt_secret:
        raise SettingsError(("DASHBOARD_SECRET_KEY, DASHBOARD_JWT_SECRET: both are needed for sign-in",))
    passwords = Passwords()
    users = Users(pool, passwords)
    return Services(
        pool=pool,
        users=users,
        sessions=Sessions(pool, clock=clock),
        tokens=Tokens(pool, settings.dashboard_jwt_secret, clock=clock),
        credentials=Credentials(users, passwords, lockout=Lockout(pool, clock=clock)),
        cookies=Cookies(secure=settings.secure_cookies),
        csrf=Csrf(settings.dashboard_secret_key),
    )
