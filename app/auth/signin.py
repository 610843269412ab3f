"""The sign-in form and sign-out, for people with a browser."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request

from app.auth.errors import AuthError, Busy, Locked
from app.auth.headers import CSP, SIGN_IN_CSP
from app.auth.identity import visitor
from app.auth.next_page import HOME, safe_next
from app.auth.services import Services
from app.auth.sessions import is_token, new_token
from app.auth.users import User
from app.sources.database import translating
from app.sources.errors import SourceError

MAX_BODY_BYTES = 16 * 1024
DATABASE_AWAY = "Sign-in is not possible now: the database does not answer."
FORM_EXPIRED = "The form was too old or from elsewhere. Try again."


def blueprint(parts: Services) -> Blueprint:
    """Routes `signin.form`, `signin.submit` and `signin.sign_out`."""
    routes = Blueprint("signin", __name__, template_folder="templates")
    pages = _SignIn(parts)
    routes.add_url_rule("/login", "form", pages.form, methods=["GET"])
    routes.add_url_rule("/login", "submit", pages.submit, methods=["POST"])
    routes.add_url_rule("/logout", "sign_out", pages.sign_out, methods=["POST"])
    return routes


class _SignIn:
    def __init__(self, parts: Services) -> None:
        self._parts = parts

    def form(self) -> Response:
        """The empty form; whoever is signed in goes on at once."""
        try:
            if visitor().is_authenticated:
                return _to(safe_next(request.args.get("next")))
            # Said before a password is typed, not after.
            with translating("sign-in"), self._parts.pool.connection() as connection:
                connection.execute("SELECT 1")
        except SourceError:
            return self._page(503, DATABASE_AWAY)
        return self._page(200)

    def submit(self) -> Response:
        """Checks the form and starts a session."""
        request.max_content_length = MAX_BODY_BYTES
        secret = self._parts.cookies.form_secret(request)
        if not is_token(secret) or not self._parts.csrf.carried_by(request, secret):
            return self._page(400, FORM_EXPIRED)
        name, password = request.form.get("username", ""), request.form.get("password", "")
        address = request.remote_addr or ""
        try:
            return self._start(self._parts.credentials.check(name, password, address=address), address)
        except Locked as error:
            return self._page(429, str(error), retry_after_s=error.retry_after_s)
        except Busy as error:
            return self._page(503, str(error), retry_after_s=1)
        except AuthError as error:
            return self._page(401, str(error))
        except SourceError:
            return self._page(503, DATABASE_AWAY)

    def sign_out(self) -> Response:
        """Ends the session, or the family of the bearer token."""
        who = visitor()
        try:
            if who.family_id:
                self._parts.tokens.end(who.family_id)
            else:
                self._parts.sessions.end(who.session_token)
        except SourceError:
            # The cookie goes all the same: this browser is signed out, though the session lasts until its limit.
            return self._cleared(self._page(503, "You are signed out here, but the database did not answer."))
        return self._cleared(_to("/login"))

    def _start(self, user: User, address: str) -> Response:
        """A new session always: one that was there before, perhaps planted, ends."""
        old = self._parts.cookies.session_token(request)
        agent = request.headers.get("User-Agent", "")
        token = self._parts.sessions.create(user.id, address=address, user_agent=agent)
        if is_token(old):
            self._parts.sessions.end(old)
        response = self._cleared(_to(safe_next(request.form.get("next"))))
        self._parts.cookies.set_session(response, token)
        self._parts.cookies.set_csrf(response, self._parts.csrf.token_for(token))
        return response

    def _page(self, status: int, message: str = "", *, retry_after_s: int = 0) -> Response:
        secret = self._parts.cookies.form_secret(request)
        if not is_token(secret):
            secret = new_token()
        target = safe_next(request.values.get("next"))
        page = render_template(
            "login.html",
            message=message,
            csrf_token=self._parts.csrf.token_for(secret),
            next=target if target != HOME else "",
            username=request.form.get("username", "")[:64],
        )
        response = make_response(page, status)
        self._parts.cookies.set_form_secret(response, secret)
        response.headers[CSP] = SIGN_IN_CSP
        if retry_after_s:
            response.headers["Retry-After"] = str(retry_after_s)
        return response

    def _cleared(self, response: Response) -> Response:
        self._parts.cookies.clear(response)
        return response


def _to(path: str) -> Response:
    """A redirect after which the browser asks with GET."""
    return make_response(redirect(path, code=303))
