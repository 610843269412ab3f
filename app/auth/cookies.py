"""The cookies: their names, and how they are set and taken away."""

from __future__ import annotations

from flask import Request, Response

from app.auth.sessions import ABSOLUTE_LIMIT

# The name that Dash reads; its page must be able to, so no HttpOnly.
CSRF = "_csrf_token"
SIGN_IN_LIFETIME_S = 3600


class Cookies:
    """``secure`` is settings.secure_cookies: everywhere but on plain http of the same machine."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        prefix = "__Host-" if secure else ""
        self.session = f"{prefix}tamma_session"
        self.sign_in = f"{prefix}tamma_sign_in"

    def session_token(self, request: Request) -> str:
        """The session's secret as the browser sent it, or nothing."""
        return request.cookies.get(self.session, "")

    def form_secret(self, request: Request) -> str:
        """The sign-in form's secret as the browser sent it, or nothing."""
        return request.cookies.get(self.sign_in, "")

    def set_session(self, response: Response, token: str) -> None:
        """Lasts as long as the session may at most; the server ends it earlier."""
        self._set(response, self.session, token, max_age=int(ABSOLUTE_LIMIT.total_seconds()))

    def set_csrf(self, response: Response, token: str) -> None:
        """Readable by the page, which sends it back as a header."""
        age = int(ABSOLUTE_LIMIT.total_seconds())
        self._set(response, CSRF, token, max_age=age, httponly=False)

    def set_form_secret(self, response: Response, secret: str) -> None:
        """Ties a sign-in form to the browser that asked for it."""
        self._set(response, self.sign_in, secret, max_age=SIGN_IN_LIFETIME_S)

    def clear(self, response: Response) -> None:
        """Takes all of them away."""
        for name in (self.session, CSRF, self.sign_in):
            response.delete_cookie(name, path="/", secure=self._secure, samesite="Lax")

    def _set(self, response: Response, name: str, value: str, *, max_age: int, httponly: bool = True) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self._secure, httponly=httponly, samesite="Lax"
        )
