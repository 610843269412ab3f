"""Saved explorations in a real PostgreSQL: whose they are, how many there may be, and what survives what."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg_pool import ConnectionPool

from app.access import Role
from app.auth.passwords import Passwords
from app.auth.users import Users
from app.sources.database import open_pool
from app.sources.errors import Unavailable
from app.sources.explorations import MOST_OWN, Explorations, NotSaved
from tests.servers.ports import LOOPBACK, free_port

TEXT = "metric=up"


@pytest.fixture
def store(pool: ConnectionPool[Any]) -> Explorations:
    return Explorations(pool)


@pytest.fixture
def people(pool: ConnectionPool[Any]) -> tuple[UUID, UUID]:
    users = Users(pool, Passwords())
    return tuple(users.add(name, "correct horse battery", Role.READONLY).id for name in ("ada", "bob"))  # type: ignore[return-value]


def test_one_sees_ones_own_and_what_others_share(store: Explorations, people: tuple[UUID, UUID]) -> None:
    ada, bob = people
    own = store.create(ada, "z own", text=TEXT, shared=False)
    shared = store.create(bob, "a shared", text=TEXT, shared=True)
    hidden = store.create(bob, "hidden", text=TEXT, shared=False)
    assert [one.id for one in store.visible_to(ada)] == [own, shared]
    assert [one.id for one in store.visible_to(bob)] == [shared, hidden]
    assert store.find(hidden, ada) is None
    assert store.find(hidden, ada, every=True) is not None
    found = store.find(shared, ada)
    assert found is not None
    assert (found.name, found.text, found.owner, found.owner_id, found.shared) == ("a shared", TEXT, "bob", bob, True)


def test_names_are_ones_own_and_differ_by_more_than_case(store: Explorations, people: tuple[UUID, UUID]) -> None:
    ada, bob = people
    store.create(ada, "Errors", text=TEXT, shared=False)
    store.create(bob, "Errors", text=TEXT, shared=False)
    with pytest.raises(NotSaved, match="'errors' already"):
        store.create(ada, "errors", text=TEXT, shared=False)


def test_hostile_names_come_back_as_they_are(store: Explorations, people: tuple[UUID, UUID]) -> None:
    name = "'); DROP TABLE x; -- <b>\"é🙂\\"
    saved = store.find(store.create(people[0], name, text=TEXT, shared=False), people[0])
    assert saved is not None
    assert saved.name == name


def test_there_is_an_end_to_them_even_for_many_at_once(
    store: Explorations, pool: ConnectionPool[Any], people: tuple[UUID, UUID]
) -> None:
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO dashboard.explorations (owner_id, name, text)"
            " SELECT %s, 'number ' || n, 'metric=up' FROM generate_series(1, %s) n",
            (people[0], MOST_OWN - 3),
        )

    def save(number: int) -> bool:
        try:
            store.create(people[0], f"late {number}", text=TEXT, shared=False)
        except NotSaved:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(save, range(12))) == 3
    assert len(store.visible_to(people[0])) == MOST_OWN
    store.create(people[1], "another's", text=TEXT, shared=False)


def test_deleting_says_whether_there_was_one(store: Explorations, people: tuple[UUID, UUID]) -> None:
    saved = store.create(people[0], "x", text=TEXT, shared=False)
    assert store.delete(saved)
    assert not store.delete(saved)
    assert not store.delete(uuid4())


def test_they_go_with_their_account(store: Explorations, pool: ConnectionPool[Any], people: tuple[UUID, UUID]) -> None:
    store.create(people[0], "x", text=TEXT, shared=True)
    with pool.connection() as connection:
        connection.execute("DELETE FROM dashboard.users WHERE id = %s", (people[0],))
    assert store.visible_to(people[1]) == ()


def test_without_a_database_it_is_a_source_error() -> None:
    with open_pool(f"postgresql://nobody@{LOOPBACK}:{free_port()}/none", timeout_s=0.3) as pool:
        store = Explorations(pool)
        with pytest.raises(Unavailable):
            store.visible_to(uuid4())
        with pytest.raises(Unavailable):
            store.create(uuid4(), "x", text=TEXT, shared=False)
