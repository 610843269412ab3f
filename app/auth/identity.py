"""Who a request comes from: the session cookie, else a bearer token, else nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from flask import Flask, Request, g, request
from flask_login import LoginManager, current_user

from app.access import Role
from app.auth.cookies import Cookies
from app.auth.last_known import LastKnown
from app.auth.sessions import Sessions, digest, is_token
from app.auth.tokens import Tokens
from app.auth.users import User
from app.sources.errors import TimedOut, Unavailable


@dataclass(frozen=True)
class Visitor:
    """flask-login's ``current_user``: a user and how they showed who they are, or nobody.

    ``session_token`` and ``family_id`` are what to end at sign-out.
    """

    user: User | None = None
    via: Literal["session", "token", "nothing"] = "nothing"
    session_token: str = ""
    family_id: UUID | None = None

    @property
    def role(self) -> Role | None:
        """The role as of this request; nobody has none."""
        return self.user.role if self.user else None

    @property
    def name(self) -> str:
        """The account's name; empty for nobody."""
        return self.user.name if self.user else ""

    @property
    def id(self) -> UUID | None:
        """The account's id."""
        return self.user.id if self.user else None

    @property
    def is_authenticated(self) -> bool:
        """As flask-login asks."""
        return self.user is not None

    @property
    def is_active(self) -> bool:
        """As flask-login asks; a disabled account is never a visitor."""
        return self.user is not None

    @property
    def is_anonymous(self) -> bool:
        """As flask-login asks."""
        return self.user is None

    def get_id(self) -> str | None:
        """As flask-login asks."""
        return str(self.user.id) if self.user else None


NOBODY = Visitor()


class Identity(LoginManager):  # type: ignore[misc]  # flask-login carries no types
    """flask-login, told by the request alone.

    Neither Flask's session cookie nor flask-login's remember cookie is ever read: only what PostgreSQL knows
    lets somebody in.
    """

    def __init__(self, sessions: Sessions, tokens: Tokens, *, cookies: Cookies, last_known: LastKnown) -> None:
        super().__init__()
        self._sessions = sessions
        self._tokens = tokens
        self._cookies = cookies
        self._last_known = last_known
        self.anonymous_user = lambda: NOBODY
        self.request_loader(self.visitor_of)

    def init_app(self, app: Flask, add_context_processor: bool = True) -> None:
        """Attaches itself, without the hook that would write a remember cookie."""
        app.login_manager = self  # type: ignore[attr-defined]
        if add_context_processor:
            app.context_processor(lambda: {"current_user": current_user})

    def _load_user(self) -> None:
        g._login_user = self.visitor_of(request)

    def visitor_of(self, request: Request) -> Visitor:
        """Who the request comes from. Raises SourceError when the database is needed and away."""
        token = self._cookies.session_token(request)
        if is_token(token) and (user := self._known(digest(token), lambda: self._sessions.find(token))):
            return Visitor(user, "session", session_token=token)
        authorization = request.authorization
        if authorization is None or authorization.type != "bearer" or not authorization.token:
            return NOBODY
        access = self._tokens.read(authorization.token)
        if access and (user := self._known(access, lambda: self._tokens.find(access))):
            return Visitor(user, "token", family_id=access.family_id)
        return NOBODY

    def _known(self, key: object, look_up: Callable[[], User | None]) -> User | None:
        try:
            user = look_up()
        except (Unavailable, TimedOut):
            if known := self._last_known.recall(key):
                return known
            raise
        if user:
            self._last_known.remember(key, user)
        else:
            self._last_known.forget(key)
        return user


def visitor() -> Visitor:
    """``current_user`` with its type. Raises SourceError as ``visitor_of``; asks once a request."""
    return cast(Visitor, current_user._get_current_object())
