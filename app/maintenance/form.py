"""What the maintenance form answers to what is pressed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app.health.services import SERVICES
from app.maintenance.deeds import CANCELLED, GONE, Outcome, change, end, enter
from app.sources.drafts import Written, read_draft
from app.sources.errors import SourceError
from app.sources.maintenance import Draft, Maintenance, Seen


@dataclass(frozen=True)
class Subject:
    """What the form is about: the window of ``id`` in the version ``seen``, or a new one where that is None.

    A new one has its id before it is stored, so that it is stored once however often it is sent.
    """

    id: UUID
    seen: Seen | None


@dataclass(frozen=True)
class Asked:
    """What a browser asks for: ``act`` about the window of id ``entry``, with the form's fields as they stand."""

    act: str
    entry: UUID | None
    written: Written
    subject: Subject | None


@dataclass(frozen=True)
class Opened:
    """The form as it opens."""

    title: str
    draft: Draft
    subject: Subject


@dataclass(frozen=True)
class Answer:
    """What is said, the form that opens, or whether the one on screen closes; ``changed`` when the list did.

    ``problems`` are by field, as ``read_draft`` has them.
    """

    said: str
    opened: Opened | None = None
    closed: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    changed: bool = False


def answer(maintenance: Maintenance, asked: Asked, *, by: str, now: float | None = None) -> Answer | None:
    """Does what is asked for the account of that name; None where nobody can ask so.

    ``now`` in epoch seconds; None asks the clock.
    """
    now = time.time() if now is None else now
    try:
        match asked.act:
            case "new":
                return Answer("", opened=Opened("Plan maintenance", _proposal(now), Subject(uuid4(), None)))
            case "close":
                return Answer("", closed=True)
            case "save":
                return _saved(maintenance, asked, by=by, now=now)
            case "edit" | "end" | "cancel" if asked.entry is not None:
                return _about(maintenance, asked.act, asked.entry, by=by, now=now)
    except SourceError as error:
        return Answer(f"Nothing was changed. {error.source}: {error.message}.")
    return None


def _proposal(now: float) -> Draft:
    start = datetime.fromtimestamp(now // 60 * 60, UTC)
    return Draft(start, start + timedelta(hours=1), (), "")


def _saved(maintenance: Maintenance, asked: Asked, *, by: str, now: float) -> Answer:
    """Stored, once however often it is sent; or what is wrong, beside the fields."""
    draft = read_draft(asked.written, SERVICES, now=now)
    if not isinstance(draft, Draft):
        return Answer("Not saved: see beside the fields.", problems=draft)
    if asked.subject is None:
        return Answer(GONE)
    if asked.subject.seen is None:
        return _told(enter(maintenance, draft, by=by, entry_id=asked.subject.id), "Saved.")
    return _told(change(maintenance, asked.subject.id, draft, by=by, seen=asked.subject.seen), "Saved.")


def _about(maintenance: Maintenance, act: str, entry_id: UUID, *, by: str, now: float) -> Answer:
    if act == "end":
        return _told(end(maintenance, entry_id, by=by, now=now), "Ended.")
    if act == "cancel":
        return Answer("Cancelled." if maintenance.cancel(entry_id, by=by) else GONE, changed=True)
    entry = maintenance.find(entry_id)
    if entry is None or entry.cancelled_at:
        return Answer(CANCELLED if entry else GONE, changed=True)
    subject = Subject(entry.id, Seen(entry.changed_at))
    return Answer("", opened=Opened("Change maintenance", entry.draft, subject))


def _told(outcome: Outcome, done: str) -> Answer:
    """The list is shown anew in either case: what was not done is explained by what stands there."""
    return Answer(outcome.problem or done, closed=not outcome.problem, changed=True)
