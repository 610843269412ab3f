"""Readiness checks bound each other's time, are shared for a moment, and tell strangers nothing of the inside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app import checks, readiness
from app.checks import Check, CheckResult, Checks, Degraded
from app.sources.errors import BadQuery, TimedOut, TooLarge, Unavailable


def failing(error: Exception) -> Check:
    def run() -> None:
        raise error

    return Check("failing", run)


def waiting(name: str, event: threading.Event) -> Check:
    def run() -> None:
        event.wait(30)

    return Check(name, run)


class Counted:
    """A check that counts."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self) -> None:
        self.runs += 1


def test_a_check_that_returns_is_healthy() -> None:
    assert Checks([Check("fine", lambda: None)]).run() == (CheckResult("fine", "healthy", "OK"),)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Unavailable("Prometheus", "http://10.0.0.5 cannot be reached"), "does not answer, or not as it should"),
        (TimedOut("Prometheus", "gave no whole answer within 2 s"), "no answer in time"),
        (BadQuery("The event store", 'relation "secret" does not exist'), "refuses the question"),
        (TooLarge("Prometheus", "the answer is larger than 16 MiB"), "does not answer, or not as it should"),
        (RuntimeError("600 MiB resident, limit 512 MiB"), "beyond its limit"),
        (OSError(2, "No such file or directory", "/var/lib/secret"), "beyond its limit"),
    ],
)
def test_a_check_that_fails_tells_strangers_a_word_and_its_keepers_all(error: Exception, message: str) -> None:
    assert Checks([failing(error)]).run() == (CheckResult("failing", "unhealthy", message, str(error)),)


def test_what_is_degraded_serves_and_is_not_healthy() -> None:
    (found,) = Checks([failing(Degraded("slower than usual", "at 10.0.0.5"))]).run()
    assert found == CheckResult("failing", "degraded", "slower than usual", "at 10.0.0.5")
    assert (found.serving, found.healthy) == (True, False)
    (broken,) = Checks([failing(RuntimeError("beyond"))]).run()
    assert (broken.serving, broken.healthy) == (False, False)


def test_one_that_hangs_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TIMEOUT_S", 0.2)
    may_end = threading.Event()
    begun = time.monotonic()
    results = Checks([waiting("hangs", may_end), Check("fine", lambda: None)]).run()
    may_end.set()
    assert time.monotonic() - begun < 3
    assert results == (
        CheckResult("hangs", "unhealthy", "no answer within 0.2 s"),
        CheckResult("fine", "healthy", "OK"),
    )


def test_one_that_hangs_does_not_hold_up_who_did_not_ask_for_it() -> None:
    """A proxy that asks for the database alone need not wait until Prometheus is given up."""
    may_end, hanging = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        may_end.wait(30)

    both = Checks([Check("hangs", hang), Check("fine", lambda: None)])
    with ThreadPoolExecutor(1) as threads:
        whole = threads.submit(both.run)
        assert hanging.wait(10)
        assert both.run(frozenset({"fine"})) == (CheckResult("fine", "healthy", "OK"),)
        assert not whole.done()
        may_end.set()


def test_checks_run_at_once() -> None:
    together = threading.Barrier(6)

    def meet() -> None:
        together.wait(2)

    assert {one.status for one in Checks([Check(str(at), meet) for at in range(6)]).run()} == {"healthy"}


def test_many_who_ask_within_a_moment_share_an_answer() -> None:
    counted = Counted()
    shared = Checks([Check("counted", counted)])
    with ThreadPoolExecutor(10) as threads:
        results = [one.result() for one in [threads.submit(shared.run) for _ in range(10)]]
    assert len(set(results)) == 1
    assert counted.runs == 1


def test_an_answer_is_not_shared_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SHARED_S", -1)
    counted = Counted()
    shared = Checks([Check("counted", counted)])
    shared.run()
    shared.run()
    assert counted.runs == 2


def test_only_what_is_named_is_run() -> None:
    one, other = Counted(), Counted()
    both = Checks([Check("one", one), Check("other", other)])
    assert [result.name for result in both.run(frozenset({"other"}))] == ["other"]
    assert (one.runs, other.runs) == (0, 1)
    assert both.names == ("one", "other")


@pytest.mark.parametrize(
    ("limit", "value", "act", "words"),
    [
        ("DISK_LIMIT_BYTES", 2**62, lambda: readiness.check_disk(Path("/tmp")), r"\d+ MiB free for data, limit"),
        ("MEMORY_LIMIT_BYTES", 1, readiness.check_memory, r"\d+ MiB resident, limit 0 MiB"),
    ],
)
def test_memory_and_disk_have_limits(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, act: Callable[[], None], words: str
) -> None:
    act()
    monkeypatch.setattr(readiness, limit, value)
    with pytest.raises(RuntimeError, match=words):
        act()
