"""Accounts: made once, found by any case, never twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import argon2
import pytest
from psycopg_pool import ConnectionPool

from app.access import Role
from app.auth.errors import InvalidName, NameTaken, UnknownUser, WeakPassword
from tests.auth.site import PASSWORD, Site, sign_in


def test_add_find_list_count(site: Site) -> None:
    users = site.parts.users
    assert (users.count(), users.list()) == (0, ())
    bert = users.add("bert", PASSWORD, Role.ADMIN, email="bert@example.org")
    anna = users.add("Anna", PASSWORD, Role.READONLY)
    assert users.count() == 2
    assert users.list() == (anna, bert)
    assert users.by_name("ANNA") == anna
    assert users.by_id(bert.id) == bert
    assert users.by_name("carl") is None
    assert users.by_id(uuid4()) is None
    assert bert.email == "bert@example.org"


def test_a_name_is_taken_in_any_case(site: Site) -> None:
    site.add("anna")
    with pytest.raises(NameTaken):
        site.add("ANNA")


ODD_NAMES = ("", " ", "-anna", "anna bell", "anna\n", "a" * 65, "änna", "<b>", "anna'--", "\0")


def test_odd_names_are_refused(site: Site) -> None:
    for name in ODD_NAMES:
        with pytest.raises(InvalidName):
            site.add(name)
        assert site.parts.users.by_name(name) is None


def test_weak_passwords_are_refused(site: Site) -> None:
    with pytest.raises(WeakPassword):
        site.parts.users.add("anna", "short", Role.ADMIN)
    anna = site.add("anna")
    with pytest.raises(WeakPassword):
        site.parts.users.set_password(anna.id, "short")


def test_changing_nobody_says_so(site: Site) -> None:
    changes: tuple[Callable[[], None], ...] = (
        lambda: site.parts.users.set_role(uuid4(), Role.ADMIN),
        lambda: site.parts.users.disable(uuid4()),
        lambda: site.parts.users.enable(uuid4()),
        lambda: site.parts.users.set_password(uuid4(), PASSWORD),
    )
    for change in changes:
        with pytest.raises(UnknownUser):
            change()


def test_disabled_and_enabled_again(site: Site) -> None:
    anna = site.add("anna")
    site.parts.users.disable(anna.id)
    found = site.parts.users.by_id(anna.id)
    assert found is not None
    assert found.disabled
    site.parts.users.enable(anna.id)
    assert site.parts.users.by_id(anna.id) == anna


def test_an_old_hash_is_renewed_at_sign_in(site: Site, pool: ConnectionPool[Any]) -> None:
    site.add("anna")
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with pool.connection() as connection:
        connection.execute("UPDATE dashboard.users SET password_hash = %s", (old,))
    assert sign_in(site.client(), "anna").status_code == 303
    found = site.parts.users.with_hash("anna")
    assert found is not None
    assert found[1] != old
    assert sign_in(site.client(), "anna").status_code == 303
