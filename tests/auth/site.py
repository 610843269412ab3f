"""A bare Flask application behind the gate, with endpoints that are declared and endpoints that are not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify
from flask.testing import FlaskClient
from psycopg_pool import ConnectionPool

from app.access import Role
from app.api import auth as api_auth
from app.api import replies
from app.auth.clock import utc_now
from app.auth.cookies import CSRF
from app.auth.gate import declare, declare_public
from app.auth.identity import visitor
from app.auth.services import Services
from app.auth.setup import install, services
from app.auth.users import User
from app.settings import Settings, load

PASSWORD = "correct horse battery"
SECRET_KEY = "9f2b6c81d4e05a7736b1c8d2e4f60918"
JWT_SECRET = "b7e19c05f3a84d62907be1d3c5a8f024"
ASSETS_ENDPOINT = "assets"
HASHES = ("'sha256-abc='",)


class MovableClock:
    """The time, which stands still until it is moved."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Later by so much, as ``timedelta`` takes it."""
        self.now += timedelta(**by)


def settings_for(database: str, **more: str) -> Settings:
    """Settings of a web process on this machine."""
    environ = {
        "DATABASE_URL": database,
        "PROMETHEUS_URL": "http://127.0.0.1:9090",
        "DASHBOARD_SECRET_KEY": SECRET_KEY,
        "DASHBOARD_JWT_SECRET": JWT_SECRET,
        **more,
    }
    return load(environ)


@dataclass
class Site:
    """The application, its parts, and its clock."""

    server: Flask
    parts: Services
    clock: MovableClock

    def client(self) -> FlaskClient:
        """A browser or program with no cookies."""
        return self.server.test_client()

    def add(self, name: str, role: Role = Role.READONLY) -> User:
        """An account with PASSWORD."""
        return self.parts.users.add(name, PASSWORD, role)

    def signed_in(self, name: str, *, base_url: str = "http://localhost") -> FlaskClient:
        """A browser that has signed in with the form."""
        client = self.client()
        answer = sign_in(client, name, base_url=base_url)
        assert answer.status_code == 303, answer.text
        return client

    def bearer(self, name: str) -> dict[str, str]:
        """Headers of a program that has signed in."""
        return {"Authorization": f"Bearer {self.pair(name)['access_token']}"}

    def pair(self, name: str) -> dict[str, Any]:
        """The tokens of a program that has signed in."""
        answer = self.client().post("/api/auth/login", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found


def sign_in(
    client: FlaskClient, name: str, password: str = PASSWORD, *, base_url: str = "http://localhost", **fields: str
) -> Any:
    """Fills in the form that the page shows and sends it."""
    page = client.get("/login", base_url=base_url).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    form = {"username": name, "password": password, "csrf_token": found[1], **fields}
    return client.post("/login", data=form, base_url=base_url)


def csrf_header(client: FlaskClient) -> dict[str, str]:
    """The header that Dash sends: the value of the readable cookie."""
    cookie = client.get_cookie(CSRF)
    assert cookie is not None
    return {"X-CSRFToken": cookie.value}


def build(pool: ConnectionPool[Any], settings: Settings) -> Site:
    """The application as the factory makes it, with routes of no meaning."""
    server = Flask("site", static_folder=None)
    clock = MovableClock()
    install(
        server,
        settings=settings,
        pool=pool,
        sign_in_assets=("theme.css", "signin.css"),
        script_hashes=HASHES,
        clock=clock,
        assets_endpoint=ASSETS_ENDPOINT,
    )
    parts = services(server)
    server.register_blueprint(api_auth.blueprint(parts))
    replies.install(server)
    _add_routes(server)
    return Site(server, parts, clock)


def _add_routes(server: Flask) -> None:
    def who() -> Response:
        role = visitor().role
        return jsonify({"name": visitor().name, "role": role.word if role is not None else None})

    def page() -> Response:
        return Response("<p>a page</p>", mimetype="text/html")

    def asset(filename: str) -> Response:
        return Response(filename, mimetype="text/css")

    for role in Role:
        server.add_url_rule(f"/api/{role.word}", role.word, who, methods=["GET", "POST"])
        declare(server, role.word, role)
    server.add_url_rule("/", "home", page)
    server.add_url_rule("/folder/", "folder", page)
    server.add_url_rule("/undeclared", "undeclared", page, methods=["GET", "POST"])
    server.add_url_rule("/health", "health", lambda: jsonify({"status": "ok"}))
    server.add_url_rule("/assets/<path:filename>", ASSETS_ENDPOINT, asset)
    server.add_url_rule("/_dash-update-component", "dash", who, methods=["POST"])
    server.add_url_rule("/api/broken", "broken", _broken)
    declare(server, "broken", Role.READONLY)
    for name in ("home", "folder", ASSETS_ENDPOINT, "dash"):
        declare(server, name, Role.READONLY)
    declare_public(server, "health")


def _broken() -> Response:
    raise RuntimeError("secret detail")
