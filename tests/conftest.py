"""Real servers as fixtures, one set a test process, and what they printed beside a failed test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from tests.servers.postgres import PostgresServer
from tests.servers.processes import last_lines, output_sizes, outputs
from tests.servers.prometheus import AlertmanagerServer, PrometheusServer, write_blocks
from tests.servers.proxy import Proxy
from tests.servers.samples import Samples

# Without the windows and menus that a browser has for people: a new page costs a quarter of the time.
CHROMIUM = "/usr/bin/chromium-headless-shell"
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PrometheusWith = Callable[..., PrometheusServer]
AlertmanagerWith = Callable[..., AlertmanagerServer]
ProxyTo = Callable[[str, int], Proxy]


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Where the servers of this test process keep their data; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tamma-tests-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[PostgresServer]:
    """One PostgreSQL for the test process."""
    server = PostgresServer(server_folder / "postgres")
    yield server
    server.stop()


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a fresh migrated database of the test's own."""
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def empty_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a fresh database with nothing in it."""
    url = postgres_server.create(migrated=False)
    yield url
    postgres_server.drop(url)


@pytest.fixture
def pool(database: str) -> Iterator[ConnectionPool[Any]]:
    """Connections to ``database``."""
    with ConnectionPool(database, min_size=1, max_size=4, timeout=10, open=True) as connections:
        yield connections


@pytest.fixture(scope="session")
def prometheus_with(server_folder: Path) -> Iterator[PrometheusWith]:
    """``prometheus_with(samples=None, rules=None, evaluation_interval="1s")``: a running Prometheus.

    ``rules`` is the path of a rule file. All of them end with the session; stop early what a test alone needs.
    """
    started: list[PrometheusServer] = []

    def start(
        samples: Samples | None = None, *, rules: Path | None = None, evaluation_interval: str = "1s"
    ) -> PrometheusServer:
        folder = server_folder / f"prometheus-{len(started)}"
        server = PrometheusServer(folder, rules=rules, evaluation_interval=evaluation_interval)
        write_blocks(samples or Samples(), server.data)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def alertmanager_with(server_folder: Path) -> Iterator[AlertmanagerWith]:
    """``alertmanager_with(webhook_url=None)``: a running Alertmanager."""
    started: list[AlertmanagerServer] = []
    numbers = count()

    def start(*, webhook_url: str | None = None) -> AlertmanagerServer:
        server = AlertmanagerServer(server_folder / f"alertmanager-{next(numbers)}", webhook_url=webhook_url)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def proxy_to() -> Iterator[ProxyTo]:
    """``proxy_to(host, port)``: a proxy to a server, closed after the test."""
    proxies: list[Proxy] = []

    def start(host: str, port: int) -> Proxy:
        proxies.append(Proxy(host, port))
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium instead of a downloaded one."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(CHROMIUM_ARGUMENTS)}


PRINTED_BEFORE = pytest.StashKey[Mapping[str, int]]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note what the servers have printed before the test."""
    item.stash[PRINTED_BEFORE] = output_sizes()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the servers have printed during the test beside its failure."""
    report = yield
    if report.failed:
        before = item.stash.get(PRINTED_BEFORE, {})
        for name, path in outputs.items():
            if text := last_lines(path, after=before.get(name, 0)):
                report.sections.append((f"Output of {name}", text))
    return report
