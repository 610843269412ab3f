"""The eventful past in a real Prometheus and a real PostgreSQL, and the refresher that the pages use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.drawing import Drawer
from app.patience import Patience
from app.refresh import Refresher
from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.database import open_pool
from app.sources.events import EventStore
from app.sources.prometheus import Prometheus
from app.ui.render import render
from app.widgets.registry import find
from tests.conftest import PrometheusWith
from tests.platform_history import write_start
from tests.servers.postgres import PostgresServer
from tests.servers.prometheus import PrometheusServer
from tests.servers.samples import Samples
from tests.widgets import past
from tests.widgets.arithmetic import History


@pytest.fixture(scope="session")
def eventful_samples() -> Samples:
    return past.eventful()


@pytest.fixture(scope="session")
def history(eventful_samples: Samples) -> History:
    return History(eventful_samples)


@pytest.fixture(scope="session")
def eventful_prometheus(prometheus_with: PrometheusWith, eventful_samples: Samples) -> PrometheusServer:
    return prometheus_with(eventful_samples)


@pytest.fixture(scope="session")
def eventful_database(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.create()
    for service, before in past.STARTS:
        write_start(url, service, past.END - before)
    _write_runs(url)
    yield url
    postgres_server.drop(url)


def _write_runs(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.cursor().executemany(
            "insert into workflow_runs (id, started_at, completed_at, status)"
            " values (%s, to_timestamp(%s), to_timestamp(%s), %s)",
            [(str(number), *run) for number, run in enumerate(past.runs())],
        )


@pytest.fixture(scope="session")
def drawer(
    eventful_prometheus: PrometheusServer, eventful_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drawer]:
    """The drawer at NOW of the eventful past."""
    folder: Path = tmp_path_factory.mktemp("eventful")
    with open_pool(eventful_database) as pool:
        cache = SharedCache(folder / "cache")
        answers = Answers(
            prometheus=Prometheus(eventful_prometheus.url),
            events=EventStore(pool, "public"),
            cache=cache,
            clock=lambda: past.NOW,
        )
        yield Drawer(answers=answers, cache=cache, render=render, patience=Patience(8), clock=lambda: past.NOW)


@pytest.fixture(scope="session")
def refresher(drawer: Drawer) -> Refresher:
    """The refresher of the eventful past."""
    return Refresher(find=find, drawer=drawer, patience=Patience(8))
