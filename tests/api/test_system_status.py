"""/api/dashboard/system-status: the story's shape, true numbers, and what it says when sources are away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.conftest import Whole
from tests.servers.processes import wait_until

PATH = "/api/dashboard/system-status"
SERVICES = ["orchestrator", "workers", "api", "dashboard"]
Ask = Callable[[], dict[str, Any]]


@pytest.fixture
def ask(whole: Whole, bearer: dict[str, str]) -> Ask:
    def asked() -> dict[str, Any]:
        whole.forget()
        answer = whole.client().get(PATH, headers=bearer)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()["data"]
        return found

    return asked


def test_the_shape_is_the_storys(ask: Ask) -> None:
    found = ask()
    assert set(found) == {
        *("overallStatus", "services", "uptime", "activeWorkflows", "cpuUsage", "memoryUsage", "timestamp"),
    }
    assert [service["name"] for service in found["services"]] == SERVICES
    assert {tuple(sorted(service)) for service in found["services"]} == {("lastCheck", "name", "status")}
    for moment in (found["timestamp"], found["services"][0]["lastCheck"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment)
        assert abs(datetime.fromisoformat(moment).timestamp() - time.time()) < 60


def test_the_numbers_are_those_of_the_known_past(ask: Ask, whole: Whole) -> None:
    found = ask()
    assert found["overallStatus"] == "healthy"
    assert {service["status"] for service in found["services"]} == {"healthy"}
    assert found["activeWorkflows"] == 4
    assert found["cpuUsage"] == pytest.approx(25.0, abs=0.01)
    assert found["memoryUsage"] == pytest.approx(25.0, abs=0.01)
    hours, minutes = re.fullmatch(r"(\d+)h (\d+)m", found["uptime"]).groups()  # type: ignore[union-attr]
    assert abs(int(hours) * 3_600 + int(minutes) * 60 - (time.time() - whole.started)) < 62


def test_get_and_post_say_the_same(whole: Whole, bearer: dict[str, str]) -> None:
    by_get = whole.client().get(PATH, headers=bearer).get_json()["data"]
    by_post = whole.client().post(PATH, headers=bearer, json={}).get_json()["data"]
    moving = {"timestamp", "services", "uptime"}
    assert by_get.keys() == by_post.keys()
    assert {key: by_get[key] for key in by_get.keys() - moving}.items() <= by_post.items()


@pytest.mark.parametrize("mode", ["refuse", "cut", "garbage", "noise"])
def test_prometheus_away_is_unknown_and_null_and_no_zero(ask: Ask, whole: Whole, mode: str) -> None:
    whole.prometheus.switch(mode)  # type: ignore[arg-type]
    found = ask()
    assert found["overallStatus"] == "unknown"
    assert {service["status"] for service in found["services"]} == {"unknown"}
    assert (found["activeWorkflows"], found["cpuUsage"], found["memoryUsage"]) == (None, None, None)
    assert found["uptime"], "the event store still knows"


def test_a_hanging_prometheus_is_waited_for_once_and_not_once_a_number(
    ask: Ask, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole.sources.prometheus, "_timeout_s", 1.0)
    whole.prometheus.switch("hang")
    begun = time.monotonic()
    assert ask()["overallStatus"] == "unknown"
    assert time.monotonic() - begun < 4


def test_the_database_away_costs_uptime_alone(ask: Ask, whole: Whole, bearer: dict[str, str]) -> None:
    ask()  # who asks is known for a while
    whole.forget()
    whole.database.switch("refuse")
    answer = whole.client().get(PATH, headers=bearer)
    if answer.status_code == 503:
        assert answer.get_json()["message"] == "Who you are cannot be checked now: the database does not answer."
        return
    found = answer.get_json()["data"]
    assert found["uptime"] is None
    assert found["overallStatus"] == "healthy"
    assert found["cpuUsage"] is not None


def test_it_recovers_as_soon_as_the_sources_do(ask: Ask, whole: Whole) -> None:
    whole.prometheus.switch("refuse")
    assert ask()["overallStatus"] == "unknown"
    whole.prometheus.switch("pass")
    assert wait_until(lambda: ask()["overallStatus"] == "healthy")


def test_strangers_are_refused(whole: Whole) -> None:
    for method in ("get", "post"):
        answer = getattr(whole.client(), method)(PATH)
        assert answer.status_code == 401
        assert answer.get_json()["error"] == "Unauthorized"


def test_other_methods_are_refused(whole: Whole, bearer: dict[str, str]) -> None:
    answer = whole.client().delete(PATH, headers=bearer)
    assert answer.status_code == 405
    assert answer.get_json()["error"] == "Method Not Allowed"


def test_now_is_utc(ask: Ask) -> None:
    assert datetime.fromisoformat(ask()["timestamp"]).tzinfo == UTC
