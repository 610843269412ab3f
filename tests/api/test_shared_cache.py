"""The whole application with a Redis: in service without it, and it says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import checks, readiness
from app.factory import create_app
from app.settings import load
from app.sources import redis_line
from app.sources.opened import open_sources
from app.ui import ids
from tests.auth.site import JWT_SECRET, SECRET_KEY, csrf_header, sign_in
from tests.conftest import ProxyTo
from tests.servers.ports import LOOPBACK
from tests.servers.processes import wait_until
from tests.servers.prometheus import PrometheusServer
from tests.servers.proxy import Proxy
from tests.servers.redis import RedisServer
from tests.stack import PASSWORD, add_accounts

SECRET = "redis-password-of-the-test"
LOST = r"Redis does not answer since \d\d:\d\d:\d\d UTC; each replica keeps its own cache\."


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis", password=SECRET)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def way(redis: RedisServer, proxy_to: ProxyTo) -> Proxy:
    return proxy_to(LOOPBACK, redis.port)


@pytest.fixture
def site(
    way: Proxy,
    redis: RedisServer,
    quiet_prometheus: PrometheusServer,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flask]:
    """The application with its Redis behind a proxy; each answer is of its own moment."""
    monkeypatch.setattr(checks, "SHARED_S", -1)
    monkeypatch.setattr(redis_line, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(redis_line, "LONGEST_PAUSE_S", 0.05)
    (tmp_path / "data").mkdir()
    add_accounts(database)
    settings = load(
        {
            "DATABASE_URL": database,
            "PROMETHEUS_URL": quiet_prometheus.url,
            "REDIS_URL": way.through(redis.url),
            "DATA_DIR": str(tmp_path / "data"),
            "DASHBOARD_SECRET_KEY": SECRET_KEY,
            "DASHBOARD_JWT_SECRET": JWT_SECRET,
        }
    )
    sources = open_sources(settings, database)
    yield create_app(settings, sources).server
    sources.pool.close()


def test_a_replica_without_its_redis_stays_in_service_and_says_so(
    site: Flask, way: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    client = site.test_client()

    def told() -> tuple[int, str, dict[str, str]]:
        answer = client.get("/ready?checks=cache,memory,database")
        found = {one["name"]: one for one in answer.get_json()["checks"]}
        assert found["memory"]["status"] == found["database"]["status"] == "healthy"
        return answer.status_code, answer.get_json()["status"], found["cache"]

    healthy = (200, "healthy", {"name": "cache", "status": "healthy", "message": "OK"})
    assert told() == healthy
    assert "\ndashboard_shared_cache_up 1.0\n" in client.get("/metrics").text
    way.switch("refuse")
    code, word, cache = told()
    assert (code, word, cache["status"]) == (200, "degraded", "degraded")
    assert re.fullmatch(LOST, cache["message"])
    assert "\ndashboard_shared_cache_up 0.0\n" in client.get("/metrics").text
    way.switch("pass")
    wait_until(lambda: told() == healthy, what="the cache is shared again")
    assert SECRET not in caplog.text


def test_something_unhealthy_beside_it_takes_the_replica_out(
    site: Flask, way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    way.switch("refuse")
    monkeypatch.setattr(readiness, "MEMORY_LIMIT_BYTES", 1024)
    answer = site.test_client().get("/ready?checks=cache,memory")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unhealthy")


def test_the_admins_card_shows_it_in_words_and_colour(site: Flask, way: Proxy) -> None:
    way.switch("refuse")
    browser = site.test_client()
    assert sign_in(browser, "admin", PASSWORD).status_code == 303
    asked = {
        "output": f"{ids.HEALTH_CHECKS}.children",
        "outputs": {"id": ids.HEALTH_CHECKS, "property": "children"},
        "inputs": [{"id": ids.HEALTH_BEAT, "property": "n_intervals", "value": 1}],
        "changedPropIds": [f"{ids.HEALTH_BEAT}.n_intervals"],
    }
    body = browser.post("/_dash-update-component", headers=csrf_header(browser), json=asked).text
    assert re.search(LOST, body)
    assert "status-degraded" in body
    assert SECRET not in body
