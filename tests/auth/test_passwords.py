"""Passwords are hashed with argon2id, a few at a time."""

from __future__ import annotations

import threading
import time

import argon2
import pytest

from app.auth.errors import Busy, WeakPassword
from app.auth.passwords import Passwords

GOOD = "correct horse battery"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    """One hasher for all tests."""
    return Passwords()


def test_a_password_matches_itself_only(passwords: Passwords) -> None:
    stored = passwords.hash(GOOD)
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, GOOD)
    assert not passwords.matches(stored, GOOD + "x")
    assert not passwords.matches(stored, "")
    assert not passwords.matches("not a hash", GOOD)
    assert stored != passwords.hash(GOOD)


def test_composed_and_decomposed_letters_are_the_same(passwords: Passwords) -> None:
    assert passwords.matches(passwords.hash("Schlüssel-Wörter"), "Schlu\u0308ssel-Wo\u0308rter")


@pytest.mark.parametrize("weak", ["", "short", "elevenchars", "aaaaaaaaaaaaaaaa", "abababababababab", "x" * 1025])
def test_weak_passwords_are_refused(passwords: Passwords, weak: str) -> None:
    with pytest.raises(WeakPassword):
        passwords.hash(weak)


def test_nobody_matches_nothing_and_takes_as_long(passwords: Passwords) -> None:
    stored = passwords.hash(GOOD)

    def fastest(hashed: str | None) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            assert not passwords.matches(hashed, "wrong password")
            times.append(time.perf_counter() - start)
        return min(times)

    assert fastest(None) > fastest(stored) / 3


def test_hashes_of_other_parameters_are_outdated(passwords: Passwords) -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    assert passwords.outdated(old)
    assert passwords.matches(old, GOOD)
    assert not passwords.outdated(passwords.hash(GOOD))


def test_no_more_at_once_than_slots() -> None:
    passwords = Passwords(slots=1, wait_s=0.0)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with passwords._slot():
            inside.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(10)
    with pytest.raises(Busy):
        passwords.matches(None, GOOD)
    leave.set()
    holder.join()
    assert not passwords.matches(None, GOOD)
