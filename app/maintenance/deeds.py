"""Entering, changing and ending maintenance windows, each with what to say when it was not done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from app.sources.maintenance import Draft, Entry, Maintenance, Seen

GONE = "There is no such maintenance window any more."
CANCELLED = "This maintenance window is cancelled; plan a new one."
NOT_RUNNING = "It does not run now."


@dataclass(frozen=True)
class Outcome:
    """The window as it is stored now; ``problem`` says why what was asked is not done, and is empty when it is."""

    entry: Entry | None
    problem: str = ""


def enter(maintenance: Maintenance, draft: Draft, *, by: str, entry_id: UUID | None = None) -> Outcome:
    """Stores a new one. Who sends the same again has stored it once; the id of another is refused."""
    entry = maintenance.create(draft, by=by, entry_id=entry_id)
    if entry.cancelled_at:
        return Outcome(entry, CANCELLED)
    if entry.created_by != by or entry.draft != draft:
        words = f"{entry.created_by} stored it before with another content. Look at it in the list, and edit it there."
        return Outcome(entry, f"Not saved: {words}")
    return Outcome(entry)


def change(maintenance: Maintenance, entry_id: UUID, draft: Draft, *, by: str, seen: Seen | None) -> Outcome:
    """Replaces its content, if it is still the version that was ``seen``; None takes whichever it is."""
    entry = maintenance.replace(entry_id, draft, by=by, seen=seen)
    if problem := _missing(entry):
        return Outcome(entry, problem)
    if entry is not None and entry.draft != draft:
        words = f"{entry.changed_by or entry.created_by} changed it meanwhile. Look at it again before you edit it."
        return Outcome(entry, f"Not saved: {words}")
    return Outcome(entry)


def end(maintenance: Maintenance, entry_id: UUID, *, by: str, now: float) -> Outcome:
    """Lets one that runs end at ``now`` (epoch seconds, cut to whole ones) and leaves the rest of it alone."""
    at = datetime.fromtimestamp(int(now), UTC)
    entry = maintenance.end(entry_id, at, by=by)
    if problem := _missing(entry):
        return Outcome(entry, problem)
    return Outcome(entry, "" if entry is not None and entry.ends_at == at else NOT_RUNNING)


def _missing(entry: Entry | None) -> str:
    if entry is None:
        return GONE
    return CANCELLED if entry.cancelled_at else ""
