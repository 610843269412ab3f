"""The default-deny gate in front of every route.

It decides by the endpoint that Flask's routing has found, never by the path's text, so no spelling of a path slips
by. An endpoint that nobody has declared is closed to everyone.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, redirect, request

from app.access import Role, permits
from app.auth.csrf import SAFE_METHODS, Csrf
from app.auth.identity import Visitor, visitor
from app.auth.next_page import safe_next
from app.auth.refusals import failure, is_page, refuse
from app.sources.errors import SourceError

EXTENSION = "tamma_gate"
DATABASE_AWAY = "Who you are cannot be checked now: the database does not answer."


class Gate:
    """Which endpoint asks for which role. Filled while the application is put together, read afterwards."""

    def __init__(self, *, csrf: Csrf, assets_endpoint: str, sign_in_assets: tuple[str, ...]) -> None:
        self.required: dict[str, Role] = {}
        self.public: set[str] = set()
        self._csrf = csrf
        self._assets_endpoint = assets_endpoint
        self._sign_in_assets = frozenset(sign_in_assets)

    def check(self) -> Response | None:
        """Before each request: None lets it through."""
        endpoint = request.endpoint
        if endpoint in self.public or self._is_sign_in_asset(endpoint):
            return None
        try:
            who = visitor()
        except SourceError:
            return refuse(request, 503, DATABASE_AWAY)
        if not who.is_authenticated:
            return _refuse_stranger()
        if endpoint is None:
            return None  # Flask itself answers 404, 405 or the redirect
        if endpoint not in self.required or not permits(who.role, self.required[endpoint]):
            return refuse(request, 403, "Your role does not allow this.")
        return self._refuse_forged(who)

    def _is_sign_in_asset(self, endpoint: str | None) -> bool:
        if endpoint != self._assets_endpoint or request.method not in SAFE_METHODS:
            return False
        return (request.view_args or {}).get("filename") in self._sign_in_assets

    def _refuse_forged(self, who: Visitor) -> Response | None:
        if request.method in SAFE_METHODS or who.via != "session":
            return None
        if self._csrf.carried_by(request, who.session_token):
            return None
        return failure(403, "The CSRF token is missing or wrong. Load the page again.")


def guard(server: Flask, gate: Gate) -> None:
    """Puts the gate in front of every route of ``server``, those added later included."""
    server.extensions[EXTENSION] = gate
    server.before_request(gate.check)


def declare(server: Flask, endpoint: str, role: Role) -> None:
    """Opens an endpoint to ``role`` and above. Raises ValueError when it was declared otherwise before."""
    gate = _gate(server)
    if endpoint in gate.public or gate.required.get(endpoint, role) != role:
        raise ValueError(f"endpoint {endpoint!r} is declared otherwise already")
    gate.required[endpoint] = role


def declare_public(server: Flask, *endpoints: str) -> None:
    """Opens endpoints to strangers: those that people sign in with, or that check their callers themselves."""
    gate = _gate(server)
    if taken := gate.required.keys() & set(endpoints):
        raise ValueError(f"endpoints {sorted(taken)} are declared otherwise already")
    gate.public.update(endpoints)


def undeclared(server: Flask) -> tuple[str, ...]:
    """Endpoints that are closed to everyone because nobody has declared them; a test holds this to be empty."""
    gate = _gate(server)
    known = gate.public | gate.required.keys()
    return tuple(sorted({rule.endpoint for rule in server.url_map.iter_rules()} - known))


def _gate(server: Flask) -> Gate:
    gate: Gate = server.extensions[EXTENSION]
    return gate


def _refuse_stranger() -> Response:
    """The same for pages that exist and pages that do not: a stranger learns no names."""
    if not is_page(request):
        return failure(401, "Sign in, or send a valid access token.")
    target = safe_next(request.full_path.removesuffix("?"))
    query = f"?{urlencode({'next': target})}" if target != "/" else ""
    response = redirect(f"/login{query}")
    assert isinstance(response, Response)  # noqa: S101 - redirect's type is werkzeug's, its object Flask's
    return response
