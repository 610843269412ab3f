"""Samples as OpenMetrics text and as a real Prometheus reads them, and a real Alertmanager."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
import requests

from tests.conftest import AlertmanagerWith, PrometheusWith
from tests.servers.processes import wait_until
from tests.servers.prometheus import BLOCK_S, PrometheusServer
from tests.servers.samples import Samples

MINUTE = 60


def ask(server: PrometheusServer, query: str, at: float) -> list[tuple[dict[str, str], float]]:
    reply = requests.get(f"{server.url}/api/v1/query", params={"query": query, "time": str(at)}, timeout=5)
    reply.raise_for_status()
    return [(one["metric"], float(one["value"][1])) for one in reply.json()["data"]["result"]]


def test_a_family_is_declared_once_and_in_front_of_its_series() -> None:
    samples = (
        Samples()
        .add("wait_bucket", {"le": "1"}, [(10, 1)], "histogram")
        .add("asked_total", {"x": 'a"b\\'}, [(10, 2)], "counter")
        .add("wait_count", {}, [(10, 3)], "histogram")
    )
    assert samples.openmetrics().splitlines() == [
        "# TYPE asked counter",
        'asked_total{x="a\\"b\\\\"} 2.0 10.000',
        "# TYPE wait histogram",
        'wait_bucket{le="1"} 1.0 10.000',
        "wait_count 3.0 10.000",
        "# EOF",
    ]


def test_a_counter_without_total_is_refused() -> None:
    with pytest.raises(AssertionError, match="ends in _total"):
        Samples().add("asked", {}, [(1, 1)], "counter").openmetrics()


def test_slices_hold_every_sample_once() -> None:
    samples = Samples().add("level", {}, [(at, at) for at in range(0, 100, 7)])
    parts = list(samples.slices(30))
    assert sum(part.count for part in parts) == samples.count
    assert [part.series[0].points[0][0] // 30 for part in parts] == [0, 1, 2, 3]


def test_prometheus_answers_with_what_was_put_in(prometheus_with: PrometheusWith) -> None:
    now = time.time()
    start = now - 5 * BLOCK_S
    times = [start + n * MINUTE for n in range(5 * BLOCK_S // MINUTE)]
    server = prometheus_with(
        Samples()
        .add("asked_total", {"job": "api"}, [(at, n) for n, at in enumerate(times)], "counter")
        .add("odd", {"kind": "nan"}, [(now - 5, math.nan)])
        .add("odd", {"kind": "inf"}, [(now - 5, math.inf)])
    )
    assert ask(server, "count_over_time(asked_total[1d])", now)[0][1] == len(times)
    assert ask(server, "increase(asked_total[1h])", times[200])[0][1] == pytest.approx(60, rel=0.05)
    odd = {labels["kind"]: value for labels, value in ask(server, "odd", now)}
    assert math.isnan(odd["nan"])
    assert odd["inf"] == math.inf


def test_prometheus_comes_back_on_its_port_with_its_data(prometheus_with: PrometheusWith) -> None:
    now = time.time()
    server = prometheus_with(Samples().add("level", {}, [(now - 5, 7)]))
    server.stop()
    with pytest.raises(requests.ConnectionError):
        ask(server, "level", now)
    server.start()
    assert ask(server, "level", now) == [({"__name__": "level"}, 7.0)]


def test_prometheus_evaluates_rules(prometheus_with: PrometheusWith, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: g, rules: [{record: 'one:two', expr: 'vector(2)'}]}]")
    server = prometheus_with(rules=rules)
    assert wait_until(lambda: ask(server, "one:two", time.time()), what="the rule")[0][1] == 2.0


def test_alertmanager_takes_an_alert_and_keeps_its_port(alertmanager_with: AlertmanagerWith) -> None:
    server = alertmanager_with()
    alert = {"labels": {"alertname": "HighLatency"}, "annotations": {}}
    requests.post(f"{server.url}/api/v2/alerts", json=[alert], timeout=5).raise_for_status()
    known = wait_until(lambda: requests.get(f"{server.url}/api/v2/alerts", timeout=5).json(), what="the alert")
    assert known[0]["labels"] == alert["labels"]
    server.stop()
    server.start()
    assert requests.get(f"{server.url}/-/ready", timeout=5).ok
