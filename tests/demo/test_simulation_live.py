"""The live run as operating system processes: served, crashed, healed, ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.demo.simulation import faults
from app.demo.simulation.plan import INSTANCES, NAMES, Plan
from app.sources.loopback import free_ports
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until

READY_S = 30.0
LEFT_RUN = "wf-left-by-an-earlier-demo"


@dataclass
class Live:
    """A running director."""

    plan: Plan
    process: subprocess.Popen[bytes]

    def metrics(self, instance: str) -> str | None:
        """The exposition of an instance; None when nobody answers within a second."""
        try:
            with urlopen(f"http://127.0.0.1:{self.plan.ports[instance]}/metrics", timeout=1) as answer:
                return str(answer.read().decode())
        except (URLError, TimeoutError, ConnectionError):
            return None

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What the database answers."""
        with psycopg.connect(self.plan.database_url) as connection:
            return connection.execute(statement).fetchall()

    def children(self) -> list[psutil.Process]:
        """The processes of the services; one that has ended is there until the director has seen it."""
        found = psutil.Process(self.process.pid).children()
        return [one for one in found if one.status() != psutil.STATUS_ZOMBIE]

    def starts(self, instance: str) -> int:
        """How often an instance has announced its start."""
        found = self.rows(f"SELECT 1 FROM events WHERE type = 'SYSTEM.STARTED' AND tags->>'instance' = '{instance}'")
        return len(found)


@pytest.fixture(scope="module")
def live(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    url = postgres_server.create()
    plan = Plan(5, folder / "demo", url, "public", dict(zip(NAMES, free_ports(len(NAMES)), strict=True)))
    plan.directory.mkdir()
    plan.save(folder / "plan.json")
    with psycopg.connect(url) as connection:
        statement = "INSERT INTO workflow_runs (id, issue_id, started_at, status) VALUES (%s, '1', now(), 'running')"
        connection.execute(statement, (LEFT_RUN,))
    with (folder / "output.log").open("wb") as output:
        command = [sys.executable, "-m", "app.demo.simulation", "--plan", str(folder / "plan.json")]
        process = subprocess.Popen(command, stderr=output, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    running = Live(plan, process)
    try:
        wait_until(lambda: all(running.metrics(name) for name in NAMES), READY_S, what="all services answer")
        yield running
    finally:
        process.terminate()
        process.wait(15)
        postgres_server.drop(url)


def test_every_service_serves_its_metrics_from_a_process_of_its_own(live):
    for name in NAMES:
        families = {family.name for family in text_string_to_metric_families(live.metrics(name) or "")}
        assert {"tamma_uptime_seconds", "process_start_time_seconds", "tamma_build_info"} <= families
    assert len(live.children()) == len(NAMES)


def test_every_start_is_an_event(live):
    wait_until(lambda: all(live.starts(name) for name in NAMES), READY_S, what="SYSTEM.STARTED of all")


def test_a_run_that_an_earlier_demo_left_is_ended_as_failed(live):
    query = f"SELECT status, error_message FROM workflow_runs WHERE id = '{LEFT_RUN}'"
    wait_until(lambda: live.rows(query) == [("failed", "orchestrator restarted")], READY_S, what="the left run ends")
    events = live.rows(f"SELECT type FROM events WHERE tags->>'workflowId' = '{LEFT_RUN}'")
    assert events == [("WORKFLOW.FAILED",)]


def test_every_service_writes_its_own_log(live):
    for instance in INSTANCES:
        path = live.plan.log_directory / instance.log_file
        first = wait_until(lambda path=path: path.exists() and path.read_text().splitlines(), READY_S, what=str(path))
        assert "started" in str(json.loads(first[0]))


def test_a_crash_really_ends_the_process_and_healing_brings_it_back(live):
    before = live.starts("workers-1")
    faults.inject(live.plan.directory, "service-crash", target="workers-1", minutes=5)
    wait_until(lambda: live.metrics("workers-1") is None, READY_S, what="workers-1 is gone")
    wait_until(lambda: len(live.children()) == len(NAMES) - 1, READY_S, what="one process less")
    faults.heal(live.plan.directory, "service-crash")
    wait_until(lambda: live.metrics("workers-1"), READY_S, what="workers-1 is back")
    wait_until(lambda: live.starts("workers-1") == before + 1, READY_S, what="its start is an event")


def test_a_process_that_dies_by_itself_is_started_again(live):
    victim = next(child for child in live.children() if "api-1" in child.cmdline())
    victim.kill()
    wait_until(lambda: not victim.is_running() and live.metrics("api-1"), READY_S, what="api-1 is back")


def test_a_lost_network_leaves_the_process_but_no_answer(live):
    faults.inject(live.plan.directory, "network-loss", target="workers-0", minutes=5)
    wait_until(lambda: live.metrics("workers-0") is None, READY_S, what="workers-0 is silent")
    assert len(live.children()) == len(NAMES)
    faults.heal(live.plan.directory, "network-loss")
    wait_until(lambda: live.metrics("workers-0"), READY_S, what="workers-0 answers again")


def test_held_connections_leave_room_for_others(live):
    held = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'held-by-fault'"
    faults.inject(live.plan.directory, "db-connections-exhausted", minutes=5)
    wait_until(lambda: live.rows(held)[0][0] > 20, READY_S, what="connections are held")
    free = live.rows("SELECT current_setting('max_connections')::int - count(*) FROM pg_stat_activity")[0][0]
    assert free >= 20
    faults.heal(live.plan.directory, "db-connections-exhausted")
    wait_until(lambda: live.rows(held)[0][0] == 0, READY_S, what="connections are let go")


def test_the_end_of_the_director_is_the_end_of_all(live):
    children = live.children()
    live.process.terminate()
    assert live.process.wait(10) == 0
    assert not [child for child in children if child.is_running()]
