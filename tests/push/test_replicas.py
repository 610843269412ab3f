"""Two replicas, each with its own disk, over one PostgreSQL, one Prometheus and one Redis: nobody can tell which."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests

from tests.bench.ground import signed_in
from tests.platform_history import quiet_platform
from tests.push.crowd import Crowd, Member
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.prometheus import PrometheusServer, answered, write_blocks
from tests.servers.redis import RedisServer
from tests.stack import Web, add_accounts, start_web, web_settings

PEOPLE = 10  # on each replica
CHARTS = ("api.rate", "api.latency", "resources.cpu")


@dataclass
class Replicas:
    """Two web processes with a crowd on each, and what they share."""

    webs: tuple[Web, Web]
    crowds: tuple[Crowd, Crowd]
    prometheus: PrometheusServer
    redis: RedisServer
    database: str
    cookie: str

    def get(self, web: Web, path: str) -> dict[str, Any]:
        """What that replica answers; the person is the same on both."""
        with requests.Session() as session:
            session.trust_env = False
            reply = session.get(f"{web.url}/api/dashboard{path}", headers={"Cookie": self.cookie}, timeout=30)
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        return told.get("data", told)

    def ready(self, web: Web) -> dict[str, Any]:
        """What that replica says of itself."""
        with requests.Session() as session:
            session.trust_env = False
            told: dict[str, Any] = session.get(f"{web.url}/ready", timeout=30).json()
        return told

    def begin_run(self) -> None:
        """Begins a workflow run, which both hear of."""
        statement = "INSERT INTO workflow_runs (id, started_at, status) VALUES (%s, now(), 'running')"
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(statement, (uuid4(),))

    def running(self, web: Web) -> Any:
        """The number of running runs that the replica's card shows."""
        return self.get(web, "/widgets/workflows.counts")["rows"]


@pytest.fixture(scope="module")
def replicas(server_folder: Path) -> Iterator[Replicas]:
    folder = server_folder / "replicas"
    folder.mkdir()
    postgres, redis = PostgresServer(folder / "postgres"), RedisServer(folder / "redis")
    prometheus = PrometheusServer(folder / "prometheus")
    database = postgres.create()
    add_accounts(database)
    now = int(time.time())
    write_blocks(quiet_platform(now - 3_600, now), prometheus.data)
    redis.start()
    prometheus.start()
    (folder / "logs").mkdir()
    (folder / "logs" / "api.log").write_text("{}\n")
    shared = {
        "REDIS_URL": redis.url,
        "DASHBOARD_SECRET_KEY": secrets.token_hex(32),
        "DASHBOARD_JWT_SECRET": secrets.token_hex(32),
        "WEB_WORKERS": "1",
    }

    def replica(name: str) -> Web:
        settings = web_settings(folder / name, database=database, prometheus=prometheus.url, logs=folder / "logs")
        return start_web(folder / name, {**settings, **shared})

    webs = (replica("a"), replica("b"))
    people = [one.cookie for one in signed_in(database, shared["DASHBOARD_SECRET_KEY"], 2 * PEOPLE)]
    crowds = (Crowd(webs[0].url), Crowd(webs[1].url))
    for crowd, cookies in zip(crowds, (people[:PEOPLE], people[PEOPLE:]), strict=True):
        assert not [one for one in crowd.enter(cookies) if one.refused]
        crowd.all(lambda one: one.heard() == "listening", "a process that listens")
    yield Replicas(webs, crowds, prometheus, redis, database, people[0])
    for crowd in crowds:
        crowd.leave()
    for web in webs:
        web.stop()
    prometheus.stop()
    redis.stop()
    postgres.stop()


def told_of_runs(member: Member) -> float:
    """When the newest change of runs that a member was told of was made; 0 for none."""
    return max((float(news["at"]) for news in member.of("workflows")), default=0.0)


def test_a_change_is_told_on_both_as_the_same(replicas: Replicas) -> None:
    before = {told_of_runs(member) for crowd in replicas.crowds for member in crowd.members}
    replicas.begin_run()
    for crowd in replicas.crowds:
        crowd.all(lambda one: told_of_runs(one) > max(before), "the change")
    everybody = [member for crowd in replicas.crowds for member in crowd.members]
    assert len({told_of_runs(one) for one in everybody}) == 1
    assert len({one.instance for one in everybody}) == 2


def test_who_is_told_by_one_and_asks_the_other_sees_the_change(replicas: Replicas) -> None:
    """Behind a balancer the connection is on one replica and the next question may be answered by another."""
    one, other = replicas.webs
    (teller, _) = replicas.crowds
    assert replicas.running(one) == replicas.running(other)
    for _ in range(5):
        before, heard = replicas.running(other), told_of_runs(teller.members[0])
        replicas.begin_run()
        wait_until(lambda heard=heard: told_of_runs(teller.members[0]) > heard, what="the change")  # type: ignore[misc]
        wait_until(lambda before=before: replicas.running(other) != before, 2, what="the answer")  # type: ignore[misc]


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_one_has_fetched_the_other_does_not_fetch(replicas: Replicas) -> None:
    one, other = replicas.webs
    end = int(time.time()) - 600
    span = f"?from={_iso(end - 1_800)}&to={_iso(end)}"

    def asked() -> float:
        return answered(replicas.prometheus.url)["/api/v1/query_range"]

    first = [replicas.get(one, f"/widgets/{key}{span}")["rows"] for key in CHARTS]
    assert all(first)
    before = asked()
    assert [replicas.get(other, f"/widgets/{key}{span}")["rows"] for key in CHARTS] == first
    assert asked() == before


def test_without_the_redis_both_go_on_and_say_so(replicas: Replicas) -> None:
    replicas.redis.stop()
    try:
        for web in replicas.webs:
            wait_until(lambda web=web: replicas.ready(web)["status"] == "degraded", what="the word")  # type: ignore[misc]
        test_a_change_is_told_on_both_as_the_same(replicas)
    finally:
        replicas.redis.start()
    for web in replicas.webs:
        wait_until(lambda web=web: replicas.ready(web)["status"] == "healthy", what="its return")  # type: ignore[misc]
