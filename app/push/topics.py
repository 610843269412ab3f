"""What can be subscribed to, who may, and which topics a change of the event store concerns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from app.access import Role, permits
from app.sources.questions import Question, Tally, Told


class Topic(StrEnum):
    """A kind of news. Its name is ``source`` in the messages."""

    STATUS = "status"
    ALERTS = "alerts"
    WORKFLOWS = "workflows"
    EVENTS = "events"
    LOGS = "logs"


_ROLES: Mapping[Topic, Role] = {
    Topic.STATUS: Role.READONLY,
    Topic.ALERTS: Role.READONLY,
    Topic.WORKFLOWS: Role.READONLY,
    Topic.EVENTS: Role.OPERATOR,
    Topic.LOGS: Role.OPERATOR,
}
# What PostgreSQL tells of; logs are files.
OF_DATABASE = frozenset(Topic) - {Topic.LOGS}
# By the first word of an event's type; all of them concern ``events``.
_BY_GROUP: Mapping[str, Topic] = {
    "WORKFLOW": Topic.WORKFLOWS,
    "ALERT": Topic.ALERTS,
    "SYSTEM": Topic.STATUS,
    "DEPLOY": Topic.STATUS,
    "ORCHESTRATOR": Topic.STATUS,
    "WORKER": Topic.STATUS,
}
MOST_TYPES = 10  # that a notice or a message names
_TYPE = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
# What a named question's answer may change with.
OF_TALLY: Mapping[Tally, frozenset[Topic]] = {
    Tally.RUN_COUNTS: frozenset({Topic.WORKFLOWS}),
    Tally.RUNS_COMPARED: frozenset({Topic.WORKFLOWS}),
    Tally.RUNS_ENDED: frozenset({Topic.WORKFLOWS}),
    Tally.RUNS_FAILED: frozenset({Topic.WORKFLOWS}),
    Tally.STEPS_FAILING: frozenset({Topic.WORKFLOWS}),
    Tally.CALLS_FAILED: frozenset({Topic.WORKFLOWS, Topic.EVENTS}),
    Tally.LAST_STARTS: frozenset({Topic.STATUS}),
    Tally.MARKS: frozenset({Topic.STATUS, Topic.ALERTS, Topic.WORKFLOWS}),
    Tally.EVENTS: frozenset({Topic.EVENTS}),
    Tally.MAINTENANCE: frozenset({Topic.STATUS}),
}


def topics_of(questions: Iterable[Question]) -> frozenset[Topic]:
    """The topics whose news may change an answer to one of the questions."""
    told = (OF_TALLY.get(one.tally, frozenset()) for one in questions if isinstance(one, Told))
    return frozenset().union(*told)


def permitted(role: Role | None) -> frozenset[Topic]:
    """The topics that somebody of that role may see."""
    return frozenset(topic for topic, needed in _ROLES.items() if permits(role, needed))


def concerned(types: Iterable[str]) -> frozenset[Topic]:
    """The topics that events of these types concern; an event whose group is unknown concerns ``events`` alone."""
    groups = (kind.partition(".")[0].upper() for kind in types)
    return frozenset(_BY_GROUP[group] for group in groups if group in _BY_GROUP) | {Topic.EVENTS}


def told_types(types: Iterable[str], topic: Topic) -> list[str]:
    """The types that a topic's message names: well-formed ones of its own, each once, in order, some of many."""
    own = {kind for kind in types if _TYPE.fullmatch(kind) and (topic is Topic.EVENTS or topic in concerned([kind]))}
    return sorted(own)[:MOST_TYPES]
