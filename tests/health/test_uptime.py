"""Uptime counts from the last start; its words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.health.services import SERVICES, service_name
from app.health.uptime import duration_text, uptime_s


def test_it_counts_from_the_start() -> None:
    assert uptime_s(1_000.0, 1_090.5) == 90.5


def test_no_start_is_no_uptime_and_not_zero() -> None:
    assert uptime_s(None, 1_000.0) is None
    assert duration_text(None) is None


def test_a_start_by_a_clock_ahead_is_zero_and_not_negative() -> None:
    assert uptime_s(1_010.0, 1_000.0) == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m 0s"),
        (3_599, "59m 59s"),
        (3_600, "1h 0m"),
        (86_399, "23h 59m"),
        (86_400, "1d 0h 0m"),
        (2 * 86_400 + 5 * 3_600 + 30 * 60, "2d 5h 30m"),
        (400 * 86_400, "400d 0h 0m"),
    ],
)
def test_durations_in_words(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@given(st.floats(min_value=0, max_value=10**9))
def test_the_words_never_claim_more_time_than_there_was(seconds: float) -> None:
    units = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
    text = duration_text(seconds)
    assert text is not None
    said = sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([dhms])", text))
    assert said <= seconds < said + 60


def test_services_go_by_their_prometheus_names() -> None:
    assert service_name("worker") == "workers"
    assert {service_name(one) for one in SERVICES} == set(SERVICES)
    assert service_name("redis") == "redis"
