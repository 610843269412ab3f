"""Status by hand-made cases: who is degraded, what is unhealthy, and the words for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.health.status import ServiceStatus, Status, overall_status, service_status

UP = {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize(
    ("instances", "status", "up", "reason"),
    [
        ({"a": 1.0}, Status.HEALTHY, 1, ""),
        (UP, Status.HEALTHY, 2, ""),
        ({"a": 1.0, "b": 0.0}, Status.DEGRADED, 1, "api: 1 of 2 instances up"),
        ({"a": 0.0, "b": 0.0}, Status.UNHEALTHY, 0, "api: 0 of 2 instances up"),
        ({"a": None}, Status.UNHEALTHY, 0, "api: 0 of 1 instances up"),
        ({"a": 1.0, "b": None, "c": 1.0}, Status.DEGRADED, 2, "api: 2 of 3 instances up"),
        ({}, Status.UNHEALTHY, 0, "api: no instance is known to Prometheus"),
    ],
)
def test_scrapes_decide(instances: dict[str, float | None], status: Status, up: int, reason: str) -> None:
    assert service_status("api", instances) == ServiceStatus("api", status, up, len(instances), reason)


@pytest.mark.parametrize(
    ("share", "p95", "status", "reason"),
    [
        (0.05, 2.0, Status.HEALTHY, ""),
        (0.0501, None, Status.DEGRADED, "api: 5.0% of requests fail (limit 5%)"),
        (0.5, 9.0, Status.DEGRADED, "api: 50.0% of requests fail (limit 5%)"),
        (1.0, None, Status.DEGRADED, "api: 100.0% of requests fail (limit 5%)"),
        (None, 2.01, Status.DEGRADED, "api: p95 2.0 s (limit 2 s)"),
        (0.0, 7.25, Status.DEGRADED, "api: p95 7.2 s (limit 2 s)"),
        (None, None, Status.HEALTHY, ""),
    ],
)
def test_errors_and_latency_degrade(share: float | None, p95: float | None, status: Status, reason: str) -> None:
    found = service_status("api", UP, error_share=share, p95_s=p95)
    assert (found.status, found.reason) == (status, reason)


def test_instances_down_come_before_slow_answers() -> None:
    assert service_status("api", {"a": 1.0, "b": 0.0}, p95_s=9).reason == "api: 1 of 2 instances up"


def services(*words: str) -> tuple[ServiceStatus, ...]:
    return tuple(ServiceStatus(f"s{at}", Status(word), 0, 0, f"s{at} is {word}") for at, word in enumerate(words))


@pytest.mark.parametrize(
    ("words", "status", "about"),
    [
        (("healthy",) * 4, "healthy", None),
        (("healthy", "degraded", "healthy", "healthy"), "degraded", "s1"),
        (("healthy", "healthy", "unhealthy", "healthy"), "degraded", "s2"),
        (("degraded", "unhealthy", "healthy", "healthy"), "degraded", "s1"),
        (("unhealthy", "healthy", "healthy", "unhealthy"), "unhealthy", "s0"),  # exactly half, as the story has it
        (("unhealthy",) * 4, "unhealthy", "s0"),
        (("degraded",) * 4, "degraded", "s0"),
        (("healthy", "unknown", "healthy", "healthy"), "unknown", "s1"),
        (("unknown", "degraded", "healthy", "healthy"), "degraded", "s1"),
        (("healthy", "unhealthy", "healthy"), "degraded", "s1"),
        (("unhealthy",), "unhealthy", "s0"),
        (("maintenance", "unhealthy", "healthy", "healthy"), "degraded", "s1"),
        (("maintenance", "unhealthy", "healthy"), "unhealthy", "s1"),  # half of those that are judged
        (("maintenance", "unknown"), "unknown", "s1"),
    ],
)
def test_the_whole_names_its_worst_service(words: tuple[str, ...], status: str, about: str | None) -> None:
    overall = overall_status(services(*words))
    assert (overall.status, overall.about) == (status, about)
    if about:
        assert overall.reason == f"{about} is {words[int(about[1:])]}"


def test_nothing_known_is_unknown_and_never_healthy() -> None:
    overall = overall_status(())
    assert overall.status is Status.UNKNOWN
    assert overall.reason


@given(st.lists(st.sampled_from(list(Status)), min_size=1, max_size=12))
def test_the_whole_is_healthy_only_when_all_are(found: list[Status]) -> None:
    overall = overall_status(services(*found))
    judged = [one for one in found if one is not Status.MAINTENANCE]
    assert (overall.status is Status.HEALTHY) == (set(judged) == {Status.HEALTHY})
    assert (overall.status is Status.MAINTENANCE) == (not judged)
    unhealthy = judged.count(Status.UNHEALTHY)
    assert (overall.status is Status.UNHEALTHY) == (unhealthy > 0 and unhealthy >= len(judged) / 2)


@pytest.mark.parametrize("instances", [{}, {"a": 0.0, "b": 1.0}, {"a": 1.0}])
def test_what_is_in_maintenance_is_not_judged(instances: dict[str, float | None]) -> None:
    found = service_status("api", instances, error_share=1.0, p95_s=9.0, maintenance=True)
    up = sum(value or 0 for value in instances.values())
    assert (found.status, found.up, found.instances) == (Status.MAINTENANCE, up, len(instances))
    assert found.reason == f"api: in maintenance, {up:.0f} of {len(instances)} up"


def test_the_whole_says_who_is_in_maintenance() -> None:
    assert overall_status(services("healthy", "maintenance", "healthy")).reason == (
        "s1 in maintenance; all others answer"
    )
    assert overall_status(services("maintenance", "maintenance")).reason == "every service is in maintenance"


def test_worse_is_more_severe() -> None:
    order = (Status.HEALTHY, Status.MAINTENANCE, Status.UNKNOWN, Status.DEGRADED, Status.UNHEALTHY)
    assert [one.severity for one in order] == [0, 1, 2, 3, 4]
