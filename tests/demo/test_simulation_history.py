"""A few hours of the past, written with the real promtool and read back with the real Prometheus and PostgreSQL."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import psycopg
import pytest

from app.demo.simulation import state
from app.demo.simulation.blocks import BlockError, BlockWriter
from app.demo.simulation.history import write_history
from app.demo.simulation.incidents import past_incidents, planned_restarts
from app.demo.simulation.plan import INSTANCES, NAMES, Plan
from tests.servers.postgres import PostgresServer
from tests.servers.prometheus import PrometheusServer

DAYS = 0.2


@dataclass(frozen=True)
class Written:
    """A history that was written, and where it can be asked."""

    plan: Plan
    now: float
    prometheus: PrometheusServer

    def ask(self, query: str) -> list[tuple[dict[str, str], float]]:
        """Labels and values of an instant query at the end of the history."""
        with urlopen(
            f"{self.prometheus.url}/api/v1/query?query={quote(query)}&time={self.now - 1}", timeout=10
        ) as answer:
            result = json.load(answer)["data"]["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What the database answers."""
        with psycopg.connect(self.plan.database_url) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def history(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    folder = tmp_path_factory.mktemp("history")
    url = postgres_server.create()
    prometheus = PrometheusServer(folder / "prometheus")
    plan = Plan(5, folder / "demo", url, "public", dict.fromkeys(NAMES, 0))
    now = float(int(time.time()))
    write_history(plan, days=DAYS, now=now, blocks_dir=prometheus.data, progress=lambda _: None)
    prometheus.start()
    yield Written(plan, now, prometheus)
    prometheus.stop()
    postgres_server.drop(url)


def test_every_instance_is_up_at_the_end(history):
    up = {labels["instance"]: value for labels, value in history.ask("up")}
    assert up == dict.fromkeys((*NAMES, "tamma-host", "tamma-postgres"), 1.0)


def test_samples_are_fifteen_seconds_apart_without_a_gap(history):
    ((_, number),) = history.ask('count_over_time(up{instance="dashboard-0"}[1h])')
    assert 239 <= number <= 241


def test_counters_answer_rates_and_percentiles(history):
    ((_, rate),) = history.ask('sum(rate(tamma_api_response_duration_seconds_count{job="api"}[30m]))')
    latency = 'histogram_quantile(0.95, sum by (le) (rate(tamma_api_response_duration_seconds_bucket{job="api"}[2h])))'
    ((_, p95),) = history.ask(latency)
    assert 0.3 < rate < 10
    assert 0.1 < p95 < 0.9


def test_metrics_events_and_rows_agree_on_what_runs(history):
    ((_, running),) = history.ask("tamma_workflows_active_total")
    ((rows,),) = history.rows("SELECT count(*) FROM workflow_runs WHERE status = 'running'")
    started, ended = (
        history.rows(f"SELECT count(*) FROM events WHERE type = ANY('{{{kinds}}}')")[0][0]
        for kinds in ("WORKFLOW.STARTED", "WORKFLOW.COMPLETED,WORKFLOW.FAILED")
    )
    assert running == rows == started - ended


def test_what_still_runs_is_saved_for_live(history):
    ((rows,),) = history.rows("SELECT count(*) FROM workflow_runs WHERE status = 'running'")
    saved = json.loads((history.plan.directory / state.STATE_FILE).read_text())
    assert len(saved["runs"]) == rows
    assert 0 <= history.now - saved["now"] <= 15


def test_every_instance_announced_its_start(history):
    found = {row[0] for row in history.rows("SELECT tags->>'instance' FROM events WHERE type = 'SYSTEM.STARTED'")}
    assert found == set(NAMES)


def test_lines_are_in_order_of_time_and_whole(history):
    for instance in INSTANCES:
        lines = (history.plan.log_directory / instance.log_file).read_text().splitlines()
        times = [body.get("timestamp", body.get("time")) for body in map(json.loads, lines)]
        assert times
        assert times == sorted(times)


def test_the_exporters_of_host_and_database_have_a_past(history):
    found = {labels["mode"] for labels, _ in history.ask("node_cpu_seconds_total offset 10m")}
    assert found == {"idle", "user", "system", "iowait"}
    ((_, size),) = history.ask("pg_database_size_bytes")
    ((labels, most),) = history.ask("pg_settings_max_connections")
    ((told,),) = history.rows("SELECT current_setting('max_connections')::float")
    assert size > 0
    assert most == told
    assert labels["server"].count(":") == 1


def test_a_rate_of_now_cannot_span_the_jump_to_the_real_exporters(history):
    assert history.ask("rate(node_cpu_seconds_total[5m])") == []


def test_a_slice_that_promtool_refuses_is_an_error(tmp_path: Path):
    text = tmp_path / "broken.om"
    text.write_text("this is not OpenMetrics\n")
    writer = BlockWriter(tmp_path / "blocks")
    writer.add(text)
    with pytest.raises(BlockError, match=r"broken\.om"):
        writer.close()


def test_incidents_are_over_before_now_and_the_same_for_a_seed():
    now = 1_800_000_000.0
    month = past_incidents(7, now, 30)
    assert month == past_incidents(7, now, 30)
    assert {"ai-provider-outage", "bad-deploy", "service-crash"} <= {one.fault for one in month}
    assert all(now - 30 * 86400 < one.start < one.end < now for one in month)
    assert len([name for _, name in planned_restarts(now, 30) if name == "api-0"]) == 2
