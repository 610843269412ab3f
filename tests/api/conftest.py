"""The whole application as the factory makes it, on real servers behind proxies, with people signed in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import readiness
from app.factory import create_app
from app.settings import load
from app.sources.opened import Sources, open_sources
from tests.auth.site import JWT_SECRET, SECRET_KEY, sign_in
from tests.conftest import PrometheusWith
from tests.platform_history import quiet_platform, write_run, write_start
from tests.servers.ports import LOOPBACK
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.prometheus import PrometheusServer
from tests.servers.proxy import Proxy
from tests.stack import PASSWORD, add_accounts

METRICS_TOKEN = "a-token-for-metrics"


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is that of the tests, which holds what all tests before have left."""
    monkeypatch.setattr(readiness, "MEMORY_LIMIT_BYTES", 8 << 30)


@dataclass(frozen=True)
class Whole:
    """The application and the switches of its sources; ``started`` is when the platform last started."""

    server: Flask
    sources: Sources
    prometheus: Proxy
    database: Proxy
    folder: Path
    started: float

    def forget(self) -> None:
        """Empties the cache, so that sources are asked again."""
        cache = self.sources.cache
        cache.shelf._disk.clear()
        cache._memory.clear()
        cache._failures.clear()

    def client(self) -> FlaskClient:
        """A program or browser with no cookies."""
        return self.server.test_client()

    def signed_in(self, name: str) -> FlaskClient:
        """A browser that has signed in with the form."""
        client = self.client()
        answer = sign_in(client, name, PASSWORD)
        assert answer.status_code == 303, answer.text
        return client

    def bearer(self, name: str) -> dict[str, str]:
        """Headers of a program that has signed in; a database that was just away may need a moment."""
        given = {"username": name, "password": PASSWORD}
        answer = wait_until(
            lambda: (found := self.client().post("/api/auth/login", json=given)).status_code != 503 and found
        )
        assert answer
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.get_json()['access_token']}"}


@pytest.fixture(scope="session")
def quiet_prometheus(prometheus_with: PrometheusWith) -> PrometheusServer:
    """Two hours of a quiet platform until some time after now."""
    now = int(time.time())
    return prometheus_with(quiet_platform(now - 2 * 3_600, now + 1_800))


@pytest.fixture(scope="module")
def whole(
    quiet_prometheus: PrometheusServer, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "logs").mkdir()
    (folder / "logs" / "tamma.log").write_text("{}\n")
    url = postgres_server.create()
    add_accounts(url)
    now = time.time()
    write_start(url, "orchestrator", now - 90_000)
    write_start(url, "worker", now - 7_300)
    for status, ago in (("success", 600), ("success", 700), ("failed", 800), ("success", 9_000)):
        write_run(url, started=now - 10_000, completed=now - ago, status=status)
    write_run(url, started=now - 100, completed=None, status="running")
    prometheus = Proxy(LOOPBACK, quiet_prometheus.port)
    database = Proxy(LOOPBACK, postgres_server.port)
    settings = load(
        {
            "DATABASE_URL": database.through(url),
            "PROMETHEUS_URL": prometheus.url,
            "LOG_PATHS": str(folder / "logs" / "*.log"),
            "DATA_DIR": str(folder / "data"),
            "DASHBOARD_SECRET_KEY": SECRET_KEY,
            "DASHBOARD_JWT_SECRET": JWT_SECRET,
            "METRICS_TOKEN": METRICS_TOKEN,
        }
    )
    (folder / "data").mkdir()
    sources = open_sources(settings, settings.database_url or "")
    yield Whole(create_app(settings, sources).server, sources, prometheus, database, folder, now - 7_300)
    sources.pool.close()
    prometheus.close()
    database.close()
    postgres_server.drop(url)


@pytest.fixture
def bearer(whole: Whole) -> dict[str, str]:
    """Headers of the least of accounts."""
    return whole.bearer("readonly")


@pytest.fixture(autouse=True)
def all_well(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test has done to the sources is over after it."""
    yield
    if "whole" in request.fixturenames:
        whole: Whole = request.getfixturevalue("whole")
        whole.prometheus.switch("pass")
        whole.database.switch("pass")
