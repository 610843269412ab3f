"""PostgreSQL goes and comes back; people who were in stay in for a while, nobody new comes in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from app.access import Role
from app.auth.last_known import GRACE_S, LastKnown
from app.auth.users import User
from app.sources.database import open_pool
from tests.auth.site import PASSWORD, Site, build, csrf_header, settings_for
from tests.conftest import ProxyTo
from tests.servers.postgres import PostgresServer
from tests.servers.proxy import Proxy

PAGE = {"Accept": "text/html"}
AWAY = "Sign-in is not possible now: the database does not answer."


@pytest.fixture
def proxy(postgres_server: PostgresServer, proxy_to: ProxyTo) -> Proxy:
    """What stands between the site and PostgreSQL."""
    return proxy_to("127.0.0.1", postgres_server.port)


@pytest.fixture
def own_pool(database: str, proxy: Proxy) -> Iterator[ConnectionPool[Any]]:
    """A pool as the web process opens it, through the proxy."""
    with open_pool(proxy.through(database), timeout_s=3.0) as pool:
        yield pool


@pytest.fixture
def shaky_site(database: str, own_pool: ConnectionPool[Any]) -> Site:
    """A site whose database can be taken away."""
    return build(own_pool, settings_for(database))


def test_a_refusing_database_is_said_and_nothing_leaks(shaky_site: Site, proxy: Proxy) -> None:
    shaky_site.add("anna")
    stranger = shaky_site.client()
    form = stranger.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    proxy.switch("refuse")
    start = time.monotonic()
    for answer in (
        stranger.get("/login"),
        stranger.post("/login", data={"username": "anna", "password": PASSWORD, "csrf_token": form}),
    ):
        assert answer.status_code == 503
        assert AWAY in answer.text
        assert 'name="username"' in answer.text
    for path, body in (
        ("/api/auth/login", {"username": "anna", "password": PASSWORD}),
        ("/api/auth/refresh", {"refresh_token": "A" * 43}),
    ):
        answer = stranger.post(path, json=body)
        assert answer.status_code == 503
        assert answer.get_json()["error"] == "Service Unavailable"
        assert "Traceback" not in answer.text
    assert time.monotonic() - start < 10


def test_strangers_stay_out_and_people_stay_in(shaky_site: Site, proxy: Proxy) -> None:
    shaky_site.add("anna", Role.OPERATOR)
    browser, bearer = shaky_site.signed_in("anna"), shaky_site.bearer("anna")
    assert browser.get("/api/operator").status_code == 200
    assert shaky_site.client().get("/api/operator", headers=bearer).status_code == 200
    unseen = shaky_site.signed_in("anna")
    proxy.switch("refuse")
    assert browser.get("/api/operator").get_json() == {"name": "anna", "role": "operator"}
    assert browser.post("/api/operator", headers=csrf_header(browser)).status_code == 200
    assert browser.post("/api/operator").status_code == 403
    assert browser.get("/api/admin").status_code == 403
    assert shaky_site.client().get("/api/operator", headers=bearer).status_code == 200
    assert shaky_site.client().get("/api/operator").status_code == 401
    # This process has never seen that session answered for, so it cannot know.
    assert unseen.get("/api/operator").status_code == 503
    assert unseen.get("/", headers=PAGE).status_code == 503
    proxy.switch("pass")
    assert unseen.get("/api/operator").status_code == 200


def test_a_hanging_database_holds_nobody_for_ever(shaky_site: Site, proxy: Proxy) -> None:
    shaky_site.add("anna")
    browser = shaky_site.signed_in("anna")
    browser.get("/api/readonly")
    proxy.switch("hang")
    start = time.monotonic()
    assert browser.get("/api/readonly").status_code == 200
    assert time.monotonic() - start < 15
    start = time.monotonic()
    assert browser.get("/api/readonly").status_code == 200
    assert time.monotonic() - start < 8
    proxy.switch("pass")
    assert shaky_site.client().get("/login").status_code == 200


def test_a_restarted_postgresql_is_survived_at_the_next_request(database: str, postgres_server: PostgresServer) -> None:
    with open_pool(database, min_size=4, max_size=8) as pool:
        pool.wait(10)
        site = build(pool, settings_for(database))
        site.add("anna")
        browser = site.signed_in("anna")
        postgres_server.stop()
        try:
            assert site.client().get("/login").status_code == 503
        finally:
            postgres_server.start()
        start = time.monotonic()
        assert browser.get("/api/readonly").status_code == 200
        assert site.signed_in("anna").get("/api/readonly").status_code == 200
        assert time.monotonic() - start < 3


def test_an_ended_session_is_not_remembered(shaky_site: Site, proxy: Proxy) -> None:
    anna = shaky_site.add("anna")
    browser = shaky_site.signed_in("anna")
    assert browser.get("/api/readonly").status_code == 200
    shaky_site.parts.users.disable(anna.id)
    assert browser.get("/api/readonly").status_code == 401
    proxy.switch("refuse")
    assert browser.get("/api/readonly").status_code == 503


def test_the_memory_is_short() -> None:
    now = [0.0]
    last_known = LastKnown(monotonic=lambda: now[0])
    user = User(id=None, name="anna", role=Role.ADMIN)  # type: ignore[arg-type]
    last_known.remember("key", user)
    now[0] = GRACE_S - 1
    assert last_known.recall("key") == user
    assert last_known.recall("other") is None
    now[0] = GRACE_S
    assert last_known.recall("key") is None
