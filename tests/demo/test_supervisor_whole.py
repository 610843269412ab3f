"""The whole demo as a person starts it: everything comes up, survives kills, comes back quickly, and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from app.demo.simulation.plan import INSTANCES
from app.sources.children import tied
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.processes import alive, outputs, wait_until

FIRST_START_S, SECOND_START_S, STOP_S = 90.0, 15.0, 10.0
SERVERS = (
    "POSTGRES",
    "PROMETHEUS",
    "NODE_EXPORTER",
    "POSTGRES_EXPORTER",
    "ALERTMANAGER",
    "SIMULATION",
    "WEB",
    "WORKER",
)


class RunningDemo:
    """``python -m app demo`` with one day of history."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://{LOOPBACK}:{port}"
        self.output = folder.with_suffix(".log")
        outputs["demo"] = self.output
        command = [sys.executable, "-m", "app", "demo", "--days", "1", "--port", str(port), "--dir", str(folder)]
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(tied(command), stdout=output, stderr=output, env=environment)

    def wait_ready(self, timeout_s: float) -> None:
        wait_until(lambda: self.process.poll() is not None or self.env, timeout_s, what="the demo")
        assert self.process.poll() is None, self.output.read_text()

    @property
    def env(self) -> dict[str, str]:
        """What the env file says; empty before the demo is ready."""
        path = self.folder / "env"
        if not path.exists():
            return {}
        lines = path.read_text().splitlines()
        return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> None:
        """As Ctrl+C under make does it: it may arrive twice."""
        if self.process.poll() is None:
            for _ in ("the terminal's", "make's"):
                self.process.send_signal(signal.SIGINT)
            self.process.wait(2 * STOP_S)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    running = RunningDemo(tmp_path_factory.mktemp("whole") / "demo", free_port())
    running.wait_ready(FIRST_START_S)
    yield running
    running.stop()


def ask(demo: RunningDemo, query: str) -> dict[str, float]:
    reply = requests.get(f"{demo.env['PROMETHEUS_URL']}/api/v1/query", params={"query": query}, timeout=5)
    result = reply.json()["data"]["result"]
    return {one["metric"].get("instance", ""): float(one["value"][1]) for one in result}


def test_the_page_is_ready_and_the_accounts_are_told(demo: RunningDemo) -> None:
    assert requests.get(f"{demo.url}/ready", timeout=5).status_code == 200
    said = demo.output.read_text()
    assert demo.url in said
    assert "admin, developer, operator, readonly" in said
    assert "tamma-demo-1234" in said


def test_every_server_runs_and_is_named_in_the_env_file(demo: RunningDemo) -> None:
    pids = {name: int(demo.env[f"PID_{name}"]) for name in SERVERS}
    assert all(alive(pid) for pid in pids.values())
    assert len(set(pids.values())) == len(SERVERS)
    with psycopg.connect(demo.env["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM events").fetchone() == (True,)


def test_everyone_is_scraped(demo: RunningDemo) -> None:
    expected = {instance.name for instance in INSTANCES} | {"tamma-host", "tamma-postgres"}
    wait_until(lambda: expected <= set(ask(demo, "up == 1")), 45, what="all scrapes")


def test_the_rules_are_given_a_past_after_the_page_is_there(demo: RunningDemo) -> None:
    told = demo.folder / "log" / "rule_history.log"
    wait_until(lambda: " samples in " in told.read_text(), 60, what="the recorded history")
    until = json.loads((demo.folder / "prometheus" / "rules.json").read_text())["until"]
    assert time.time() - 3600 < until <= time.time()
    wait_until(lambda: "PID_RULE_HISTORY" not in demo.env or not alive(int(demo.env["PID_RULE_HISTORY"])))


def test_a_killed_server_comes_back(demo: RunningDemo) -> None:
    before = demo.env["PID_NODE_EXPORTER"]
    os.kill(int(before), signal.SIGKILL)
    wait_until(lambda: demo.env.get("PID_NODE_EXPORTER", before) != before, what="the exporter")


def test_a_killed_database_comes_back_at_its_address(demo: RunningDemo) -> None:
    before = demo.env
    os.kill(int(before["PID_POSTGRES"]), signal.SIGKILL)
    wait_until(lambda: demo.env.get("PID_POSTGRES") != before["PID_POSTGRES"], what="the database")
    assert demo.env["DATABASE_URL"] == before["DATABASE_URL"]
    wait_until(lambda: requests.get(f"{demo.url}/ready", timeout=5).status_code == 200, 30, what="the page")


def test_it_stops_quickly_and_leaves_nobody_and_starts_again_quickly(demo: RunningDemo) -> None:
    family = demo.family()
    before = time.monotonic()
    demo.stop()
    assert demo.process.returncode == 0, demo.output.read_text()
    assert time.monotonic() - before < STOP_S
    wait_until(lambda: not any(alive(one.pid) for one in family))
    assert demo.env == {}
    again = RunningDemo(demo.folder, free_port())
    again.wait_ready(SECOND_START_S)
    assert "writing" not in again.output.read_text().split("stopped")[-1]
    again.process.kill()  # and after the hardest end of all
    wait_until(lambda: not any(alive(int(again.env[f"PID_{name}"])) for name in SERVERS), 20)
