"""/health, /ready and /metrics: each check failing for real, and who may read the numbers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import checks, readiness
from tests.api.conftest import METRICS_TOKEN, Whole
from tests.servers.processes import wait_until

CHECKS = ["database", "prometheus", "event store", "log files", "memory", "disk"]


@pytest.fixture(autouse=True)
def unshared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is of its own moment."""
    monkeypatch.setattr(checks, "SHARED_S", -1)


def ready(whole: Whole, query: str = "") -> tuple[int, dict[str, tuple[str, str]]]:
    answer = whole.client().get(f"/ready{query}")
    found = answer.get_json()
    assert set(found) == {"status", "checks", "timestamp"}
    assert found["status"] == ("healthy" if answer.status_code == 200 else "unhealthy")
    return answer.status_code, {one["name"]: (one["status"], one["message"]) for one in found["checks"]}


def wrong(whole: Whole) -> dict[str, str]:
    """The checks that fail, with their words."""
    status, checks = ready(whole)
    found = {name: message for name, (state, message) in checks.items() if state != "healthy"}
    assert status == (503 if found else 200)
    return found


def test_alive_is_alive_whatever_is_away(whole: Whole) -> None:
    whole.prometheus.switch("refuse")
    whole.database.switch("refuse")
    answer = whole.client().get("/health")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "healthy"


def test_ready_is_all_six_checks(whole: Whole) -> None:
    status, checks = ready(whole)
    assert (status, list(checks)) == (200, CHECKS)
    assert set(checks.values()) == {("healthy", "OK")}


@pytest.mark.parametrize("mode", ["refuse", "hang", "garbage", "noise", "cut"])
def test_prometheus_away_is_not_ready(whole: Whole, mode: str) -> None:
    whole.prometheus.switch(mode)  # type: ignore[arg-type]
    begun = time.monotonic()
    found = wrong(whole)
    assert time.monotonic() - begun < checks.TIMEOUT_S + 2
    assert list(found) == ["prometheus"]
    word = "no answer in time" if mode == "hang" else "does not answer, or not as it should"
    assert found["prometheus"] in (word, "no answer within 3 s")


def test_postgresql_away_is_not_ready(whole: Whole) -> None:
    whole.database.switch("refuse")
    found = wrong(whole)
    assert set(found) == {"database", "event store"}
    assert set(found.values()) <= {"does not answer, or not as it should", "no answer within 3 s"}
    whole.database.switch("pass")
    wait_until(lambda: ready(whole)[0] == 200, what="ready again")


def test_log_files_that_are_gone_are_not_ready(whole: Whole) -> None:
    log = whole.folder / "logs" / "tamma.log"
    away = log.rename(log.with_suffix(".away"))
    try:
        assert wrong(whole) == {"log files": "does not answer, or not as it should"}
    finally:
        away.rename(log)


def test_too_much_memory_is_not_ready(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "MEMORY_LIMIT_BYTES", 1024 * 1024)
    assert list(wrong(whole)) == ["memory"]


def test_a_full_disk_is_not_ready(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "DISK_LIMIT_BYTES", 2**62)
    assert list(wrong(whole)) == ["disk"]


def test_a_data_folder_that_is_gone_is_not_ready(whole: Whole) -> None:
    data = whole.folder / "data"
    away = data.rename(whole.folder / "away")
    try:
        assert list(wrong(whole)) == ["disk"]
    finally:
        away.rename(data)


def test_a_proxy_may_ask_for_some_checks(whole: Whole) -> None:
    whole.prometheus.switch("refuse")
    status, checks = ready(whole, "?checks=database,event%20store,memory")
    assert (status, list(checks)) == (200, ["database", "event store", "memory"])


def test_a_check_that_does_not_exist_is_refused_with_those_that_do(whole: Whole) -> None:
    answer = whole.client().get("/ready?checks=database,redis")
    assert answer.status_code == 400
    message = answer.get_json()["message"]
    assert message == "There is no check 'redis'; allowed: database, prometheus, event store, log files, memory, disk."


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_probes_take_no_other_method(whole: Whole, path: str) -> None:
    assert whole.client().post(path).status_code in {401, 405}


# Metrics.


def metrics(whole: Whole, *, address: str = "127.0.0.1", headers: dict[str, str] | None = None) -> Any:
    return whole.client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_reads_metrics(whole: Whole, address: str) -> None:
    answer = metrics(whole, address=address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert names >= {
        *("dashboard_active_users_total", "dashboard_page_views", "dashboard_load_time_seconds", "dashboard_errors"),
    }


@pytest.mark.parametrize("address", ["10.0.0.9", "::ffff:10.0.0.9", "fe80::1", "", "localhost", "unix:"])
def test_others_do_not(whole: Whole, address: str) -> None:
    answer = metrics(whole, address=address)
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "Unauthorized"
    assert "dashboard_" not in answer.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
@pytest.mark.parametrize("value", ["10.0.0.9", "127.0.0.1", "for=127.0.0.1", ""])
def test_a_proxy_on_this_machine_is_not_this_machine(whole: Whole, header: str, value: str) -> None:
    assert metrics(whole, headers={header: value}).status_code == 401


def test_the_token_opens_them_from_anywhere(whole: Whole) -> None:
    right = {"Authorization": f"Bearer {METRICS_TOKEN}", "X-Forwarded-For": "10.0.0.9"}
    assert metrics(whole, address="10.0.0.9", headers=right).status_code == 200
    for token in ("", "wrong", METRICS_TOKEN[:-1], f"{METRICS_TOKEN}x", METRICS_TOKEN.upper(), "\u00e4"):
        headers = {"Authorization": f"Bearer {token}"}
        assert metrics(whole, address="10.0.0.9", headers=headers).status_code == 401


def test_people_active_now_are_counted(whole: Whole) -> None:
    for name in ("operator", "developer"):
        whole.signed_in(name).get("/")
        whole.signed_in(name).get("/")
    families = {one.name: one for one in text_string_to_metric_families(metrics(whole).text)}
    assert families["dashboard_active_users_total"].samples[0].value >= 2


def test_metrics_are_there_without_the_database_and_unknown_people_are_left_out(whole: Whole) -> None:
    whole.database.switch("refuse")
    answer = metrics(whole)
    assert answer.status_code == 200
    assert "dashboard_active_users_total" not in answer.text
    assert "dashboard_load_time_seconds" in answer.text


def test_metrics_hold_no_secret(whole: Whole) -> None:
    text = metrics(whole).text
    assert METRICS_TOKEN not in text
    assert "postgresql://" not in text


def test_nothing_is_left_open_by_a_check(whole: Whole) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    ready(whole)
    before = open_files()
    for _ in range(10):
        ready(whole)
    assert open_files() <= before + 3
