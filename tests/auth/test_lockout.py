"""Guessing ends after five failures, for an account and for an address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.auth.credentials import SLOWED_S, Credentials
from app.auth.errors import Locked, Refused
from app.auth.lockout import Lockout, network_of
from app.auth.passwords import Passwords
from tests.auth.site import PASSWORD, Site, sign_in

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def pauses() -> list[float]:
    """How long answers were held back."""
    return []


@pytest.fixture
def credentials(site: Site, pauses: list[float]) -> Credentials:
    """The check at sign-in, without waiting."""
    site.add("anna")
    lockout = Lockout(site.parts.pool, clock=site.clock)
    return Credentials(site.parts.users, Passwords(), lockout=lockout, pause=pauses.append)


def _fail(credentials: Credentials, name: str, address: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Refused):
            credentials.check(name, "wrong", address=address)


def test_five_failures_slow_down_and_lock_for_fifteen_minutes(
    site: Site, credentials: Credentials, pauses: list[float]
) -> None:
    _fail(credentials, "anna", HERE, 5)
    assert pauses == list(SLOWED_S.values())
    with pytest.raises(Locked) as locked:
        credentials.check("anna", PASSWORD, address=ELSEWHERE)
    assert locked.value.retry_after_s == 900
    site.clock.forward(minutes=14, seconds=59)
    with pytest.raises(Locked):
        credentials.check("ANNA", PASSWORD, address=HERE)
    site.clock.forward(seconds=2)
    assert credentials.check("anna", PASSWORD, address=HERE).name == "anna"


def test_tries_while_locked_do_not_lengthen_the_lock(site: Site, credentials: Credentials) -> None:
    _fail(credentials, "anna", HERE, 5)
    site.clock.forward(minutes=10)
    with pytest.raises(Locked):
        credentials.check("anna", "wrong", address=HERE)
    site.clock.forward(minutes=5, seconds=1)
    assert credentials.check("anna", PASSWORD, address=HERE)


def test_going_on_after_the_lock_locks_at_once(site: Site, credentials: Credentials) -> None:
    _fail(credentials, "anna", HERE, 5)
    site.clock.forward(minutes=15, seconds=1)
    with pytest.raises((Refused, Locked)):
        credentials.check("anna", "wrong", address=HERE)
    with pytest.raises(Locked):
        credentials.check("anna", PASSWORD, address=HERE)


def test_a_name_that_does_not_exist_locks_alike(credentials: Credentials) -> None:
    _fail(credentials, "nobody", HERE, 5)
    with pytest.raises(Locked):
        credentials.check("nobody", "wrong", address=HERE)


def test_five_names_from_one_address_lock_the_address(site: Site, credentials: Credentials) -> None:
    for number in range(5):
        _fail(credentials, f"user{number}", HERE, 1)
    with pytest.raises(Locked):
        credentials.check("anna", PASSWORD, address=HERE)
    assert credentials.check("anna", PASSWORD, address=ELSEWHERE)
    site.clock.forward(minutes=15, seconds=1)
    assert credentials.check("anna", PASSWORD, address=HERE)


def test_one_persons_failures_do_not_lock_the_office(site: Site, credentials: Credentials) -> None:
    site.add("bert")
    _fail(credentials, "anna", HERE, 5)
    assert credentials.check("bert", PASSWORD, address=HERE)


def test_success_forgets_the_failures(credentials: Credentials) -> None:
    _fail(credentials, "anna", HERE, 4)
    credentials.check("anna", PASSWORD, address=HERE)
    _fail(credentials, "anna", HERE, 4)
    credentials.check("anna", PASSWORD, address=HERE)


def test_failures_are_forgotten(site: Site, credentials: Credentials) -> None:
    _fail(credentials, "anna", HERE, 4)
    site.clock.forward(minutes=31)
    _fail(credentials, "anna", HERE, 4)
    credentials.check("anna", PASSWORD, address=HERE)


def test_guesses_made_at_once_learn_no_more(credentials: Credentials) -> None:
    def guess(number: int) -> type[Exception]:
        with pytest.raises((Refused, Locked)) as raised:
            credentials.check("anna", f"wrong {number}", address=f"192.0.2.{number}")
        return raised.type

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(guess, range(16)))
    assert answers.count(Refused) <= 5


def test_the_form_says_so(site: Site) -> None:
    site.add("anna")
    browser = site.client()
    for _ in range(5):
        assert sign_in(browser, "anna", "wrong").status_code == 401
    answer = sign_in(browser, "anna")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "Too many failed attempts. Try again in 15 minutes." in answer.text


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
