"""Puts sign-in, the gate and the headers in front of a Flask server: the factory's one call."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, request
from psycopg_pool import ConnectionPool

from app.access import Role
from app.auth import headers, signin
from app.auth.clock import Clock, utc_now
from app.auth.cookies import CSRF
from app.auth.gate import Gate, declare, declare_public, guard
from app.auth.identity import Identity, Visitor
from app.auth.last_known import LastKnown
from app.auth.services import Services, services_for
from app.settings import Settings

EXTENSION = "tamma_auth"
ASSETS_ENDPOINT = "_dash_assets.static"


def install(
    server: Flask,
    *,
    settings: Settings,
    pool: ConnectionPool[Any],
    sign_in_assets: tuple[str, ...],
    script_hashes: tuple[str, ...],
    clock: Clock = utc_now,
    assets_endpoint: str = ASSETS_ENDPOINT,
) -> None:
    """Closes ``server`` to strangers and opens the way in. ``services(server)`` has the parts afterwards.

    Call it before anything else adds a ``before_request``; behind a proxy, ``TRUSTED_PROXIES`` must be applied to
    ``server.wsgi_app`` as well, or all people share one address. Raises SettingsError.
    """
    parts = services_for(settings, pool, clock=clock)
    server.extensions[EXTENSION] = parts
    last_known = LastKnown()
    Identity(parts.sessions, parts.tokens, cookies=parts.cookies, last_known=last_known).init_app(server)
    guard(server, Gate(csrf=parts.csrf, assets_endpoint=assets_endpoint, sign_in_assets=sign_in_assets))
    headers.add_headers(server, secure=settings.secure_cookies, script_hashes=script_hashes)
    server.register_blueprint(signin.blueprint(parts))
    declare_public(server, "signin.form", "signin.submit")
    declare(server, "signin.sign_out", Role.READONLY)
    server.after_request(lambda response: _renew_csrf(parts, response))


def services(server: Flask) -> Services:
    """What ``install`` has opened for this server."""
    parts: Services = server.extensions[EXTENSION]
    return parts


def _renew_csrf(parts: Services, response: Response) -> Response:
    """Gives a signed-in page its CSRF cookie again where the browser has lost it; all its callbacks need it."""
    if response.mimetype != "text/html" or response.status_code != 200:
        return response
    who = _visitor_if_known()
    if who is None or who.via != "session":
        return response
    token = parts.csrf.token_for(who.session_token)
    if request.cookies.get(CSRF) != token:
        parts.cookies.set_csrf(response, token)
    return response


def _visitor_if_known() -> Visitor | None:
    """Who this request came from, if anybody had to know."""
    found = g.get("_login_user")
    return found if isinstance(found, Visitor) else None
