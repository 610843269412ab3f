"""Who watches in a process: how many, and what they are given, in order and whether or not there is news."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from app.access import Role
from app.push import hub as hub_module
from app.push.changes import everything
from app.push.hub import MOST_EACH, Client, Hub, Watcher
from app.push.listener import Mode
from app.push.topics import Topic
from tests.servers.processes import wait_until


class Reader:
    """A connection that takes what it is given, unless it is ``slow``."""

    def __init__(self, watcher: Watcher) -> None:
        self.slow = False
        self.rung = threading.Event()
        self.told: list[dict[str, Any]] = []
        self.client = Client(watcher, self.rung.set, self.take)

    def take(self, message: bytes) -> bool:
        if not self.slow:
            self.told.append(json.loads(message))
        return not self.slow

    def waiting(self) -> list[dict[str, Any]]:
        """What is in its box, which is empty then."""
        return [json.loads(message) for message in self.client.take()]


def somebody(role: Role = Role.OPERATOR) -> Watcher:
    return Watcher(uuid4(), role)


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub("one", most=MOST_EACH + 5, repeat_s=0.02)
    yield made
    made.stop()


def test_nobody_has_more_than_their_share_of_the_seats(hub: Hub) -> None:
    greedy = somebody()
    first = Reader(greedy)
    assert hub.join(first.client)
    assert all(hub.join(Reader(greedy).client) for _ in range(MOST_EACH - 1))
    assert not hub.join(Reader(greedy).client)
    assert hub.join(Reader(somebody()).client)
    hub.leave(first.client)
    assert hub.join(Reader(greedy).client)


def test_a_full_house_takes_nobody(hub: Hub) -> None:
    assert all(hub.join(Reader(somebody()).client) for _ in range(hub.most))
    assert not hub.join(Reader(somebody()).client)


def test_how_changes_are_heard_of_is_said_again_and_again(hub: Hub) -> None:
    reader = Reader(somebody())
    hub.join(reader.client)
    hub.start()
    hub.heard_by(Mode.LISTENING)
    wait_until(lambda: len(reader.told) > 3, what="what a page knows a living line by")
    assert {one["data"]["heard"] for one in reader.told[1:]} == {"listening"}
    assert {one["type"] for one in reader.told} == {"heard"}


def test_what_is_not_taken_waits_and_the_newest_of_a_kind_stays(hub: Hub) -> None:
    reader = Reader(somebody())
    reader.slow = True
    hub.join(reader.client)
    hub.heard_by(Mode.LISTENING)
    hub.heard_by(Mode.AWAY)
    assert reader.rung.is_set()
    reader.slow = False
    hub.heard_by(Mode.POLLING)
    assert reader.told == [], "what waits comes first"
    assert [one["data"]["heard"] for one in reader.waiting()] == ["polling"]


def test_only_topics_that_were_asked_for_and_are_permitted_are_given(hub: Hub) -> None:
    all_of_it, some, low = Reader(somebody()), Reader(somebody()), Reader(somebody(Role.READONLY))
    assert some.client.subscribe([Topic.EVENTS, Topic.ALERTS]) == {Topic.EVENTS, Topic.ALERTS}
    assert low.client.subscribe([Topic.EVENTS, Topic.ALERTS, Topic.LOGS]) == {Topic.ALERTS}
    for reader in (all_of_it, some, low):
        hub.join(reader.client)
    hub.start()
    hub.heard(everything("100.000000"))

    def sources(reader: Reader) -> set[str]:
        return {one["source"] for one in reader.told if "source" in one}

    wait_until(lambda: all(len(sources(one)) for one in (all_of_it, some, low)), what="the news")
    assert sources(all_of_it) == {"alerts", "events", "status", "workflows"}
    assert sources(some) == {"alerts", "events"}
    assert sources(low) == {"alerts"}


def test_who_ends_tells_everybody_and_takes_nobody(hub: Hub) -> None:
    reader = Reader(somebody())
    hub.join(reader.client)
    hub.stop()
    assert reader.client.closed
    assert reader.rung.is_set()
    assert not hub.join(Reader(somebody()).client)


def test_a_question_waits_for_what_its_page_was_told_by_another_process(hub: Hub) -> None:
    hub.heard_by(Mode.LISTENING)
    hub.heard(everything("100.000000"))
    answered: list[bool] = []
    asking = threading.Thread(target=lambda: answered.append(hub.caught_up({"workflows": 101.5}, Role.READONLY)))
    asking.start()
    assert not answered
    hub.heard(everything("101.500000"))
    asking.join()
    assert answered == [True]


@pytest.mark.parametrize(
    ("told", "role", "caught_up"),
    [
        ({}, Role.READONLY, True),
        ({"workflows": 100.0, "alerts": 99.9}, Role.READONLY, True),
        ({"workflows": 100.1}, Role.READONLY, False),
        ({"events": 100.1}, Role.READONLY, True),  # says nothing of what they may not see
        ({"events": 100.1}, Role.OPERATOR, False),
        ({"logs": 100.1}, Role.OPERATOR, True),  # each replica hears of its own files
        ({"prices": 100.1}, Role.OPERATOR, True),
        ({"workflows": 100.1}, None, True),
    ],
    ids=str,
)
def test_what_was_not_heard_of_in_time_is_said(hub: Hub, told: dict[str, float], role: Role, caught_up: bool) -> None:
    hub.heard_by(Mode.LISTENING)
    hub.heard(everything("100.000000"))
    assert hub.caught_up(told, role) is caught_up


def test_a_process_that_hears_nothing_is_not_waited_for(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LAG_S", 60)
    begun = time.monotonic()
    assert not hub.caught_up({"workflows": 100.0}, Role.READONLY)
    assert time.monotonic() - begun < 30
