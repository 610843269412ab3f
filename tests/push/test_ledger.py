"""What is told and when: at once, coalesced in a storm, numbered, and spread among many."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from app.push.changes import Change, everything, of_events
from app.push.ledger import Ledger
from app.push.topics import Topic

WORKFLOWS = frozenset({Topic.WORKFLOWS})
FIVE = {"instance": "one", "rows": 10, "within": 0.0, "types": [f"WORKFLOW.STEP_{number}" for number in range(5)]}


def change(mark: float = 100.0, *types: str) -> Change:
    """A change of the topic ``workflows``, and of ``events``, or of a run alone."""
    mark_text = f"{mark:.6f}"
    return of_events(types, mark=mark_text, rows=len(types)) if types else Change(WORKFLOWS, mark_text)


def told(ledger: Ledger, now: float, watchers: int = 1) -> dict[str, dict[str, Any]]:
    """What is due now by topic."""
    messages = ledger.take_due(now, watchers)
    for topic, message in messages:
        assert json.loads(message)["source"] == topic
    return {topic: json.loads(message)["data"] for topic, message in messages}


def test_without_news_nothing_is_due() -> None:
    ledger = Ledger("one")
    assert ledger.due_in_s(0, 1) == float("inf")
    assert told(ledger, 0) == {}


def test_an_event_that_comes_alone_is_told_at_once() -> None:
    ledger = Ledger("one")
    ledger.add(change(100, "WORKFLOW.STARTED"), 5)
    assert ledger.due_in_s(5, 1_000) <= 0
    news = {"instance": "one", "seq": 1, "at": 100.0, "rows": 1, "within": 0.0, "types": ["WORKFLOW.STARTED"]}
    assert told(ledger, 5) == {"events": news, "workflows": news}
    assert told(ledger, 9) == {}


@pytest.mark.parametrize(("watchers", "gap_s"), [(0, 0.25), (1, 0.251), (250, 0.5), (1_000, 1.25), (100_000, 2.0)])
def test_a_storm_is_one_message_in_a_gap_that_grows_with_the_watchers(watchers: int, gap_s: float) -> None:
    ledger = Ledger("one")
    seen: list[float] = []
    for step in range(400):  # four seconds, an event every hundredth
        now = 10 + step / 100
        ledger.add(change(now, "WORKFLOW.STARTED"), now)
        seen += [now for topic in told(ledger, now, watchers) if topic == "workflows"]
    gaps = [later - earlier for earlier, later in pairwise(seen)]
    assert gaps == pytest.approx([gap_s] * len(gaps), abs=0.011)
    assert gaps


def test_a_message_tells_of_all_that_was_coalesced() -> None:
    ledger = Ledger("one")
    ledger.add(change(100), 0)
    told(ledger, 0)
    for number in range(5):
        ledger.add(change(101 + number, f"WORKFLOW.STEP_{number}", "WORKFLOW.STEP_0"), 0.1)
    assert told(ledger, 0.1) == {"events": {**FIVE, "seq": 1, "at": 105.0}}, "the other topic rests"
    assert told(ledger, 0.3) == {"workflows": {**FIVE, "seq": 2, "at": 105.0}}


def test_a_mark_counts_before_it_is_told() -> None:
    """A page that was told by another process is answered anew by this one, whose gap is longer."""
    ledger = Ledger("one")
    ledger.add(change(100), 0)
    told(ledger, 0, 1_000)
    ledger.add(change(101), 0.5)
    assert told(ledger, 0.5, 1_000) == {}
    assert ledger.mark(WORKFLOWS) == "101.000000"


def test_marks_of_a_storm_are_few() -> None:
    """Each one makes an answer out of date."""
    ledger = Ledger("one")
    marks = set()
    for step in range(200):
        ledger.add(change(1_000 + step / 100), step / 100)
        marks.add(ledger.mark(WORKFLOWS))
    assert len(marks) == 8, "two seconds of quarters"


def test_a_change_that_was_committed_late_is_news_too() -> None:
    """A transaction that began to write first may end last."""
    ledger = Ledger("one")
    ledger.add(change(200), 0)
    told(ledger, 0)
    ledger.add(change(100), 60)
    told(ledger, 60)
    assert ledger.mark(WORKFLOWS) == "100.000000"
    assert ledger.has(Topic.WORKFLOWS, 200, 60)


def test_what_another_process_has_told_of_counts_at_once_when_it_was_heard_of() -> None:
    """In a storm the marks of this process lag behind; a page that was told elsewhere must not get what was before."""
    ledger = Ledger("one")
    ledger.add(change(100), 0)
    ledger.add(change(101), 0.1)
    assert ledger.mark(WORKFLOWS) == "100.000000"
    assert not ledger.has(Topic.WORKFLOWS, 102, 0.1)
    assert ledger.mark(WORKFLOWS) == "100.000000"
    assert ledger.has(Topic.WORKFLOWS, 101, 0.1)
    assert ledger.mark(WORKFLOWS) == "101.000000"
    assert told(ledger, 0.2)["workflows"]["rows"] == 0, "and it is told all the same"


def test_marks_of_several_topics_are_in_one_order() -> None:
    ledger = Ledger("one")
    ledger.add(change(100, "WORKFLOW.STARTED"), 0)
    ledger.add(change(101, "ALERT.FIRED"), 1)
    one = ledger.mark([Topic.WORKFLOWS, Topic.ALERTS])
    assert one == ledger.mark([Topic.ALERTS, Topic.WORKFLOWS]) == "101.000000.100.000000"


def test_questions_of_many_are_spread() -> None:
    ledger = Ledger("one")
    ledger.add(change(), 0)
    assert told(ledger, 0, 501)["workflows"]["within"] == 2.0


def test_what_may_have_been_missed_is_all_of_the_database() -> None:
    ledger = Ledger("one")
    ledger.add(everything("100.000000"), 0)
    assert set(told(ledger, 0)) == {"status", "alerts", "workflows", "events"}
    assert ledger.numbers(Topic) == {"status": 1, "alerts": 1, "workflows": 1, "events": 1, "logs": 0}
