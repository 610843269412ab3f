"""The rows that leave the simulation: log lines, events, workflow runs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

METADATA = '{"workflowVersion":"1.0.0","eventSource":"system","environment":"production"}'


@dataclass(frozen=True, slots=True)
class Line:
    """A log line before it is put into a dialect; ``t`` in epoch seconds, ``fields`` flat but for ``error``."""

    t: float
    instance: str
    level: str
    message: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the store; tag values are strings."""

    t: float
    instance: str
    kind: str
    tags: dict[str, str]
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A row of ``workflow_runs``; times in epoch seconds."""

    id: str
    issue_id: str
    workflow_name: str
    started_at: float
    completed_at: float | None
    status: str
    current_step: str
    error_message: str | None


def iso(t: float) -> str:
    """ISO 8601 in UTC with milliseconds and ``Z``."""
    return datetime.fromtimestamp(t, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def uuid7(t: float, rng: random.Random) -> str:
    """A UUID of version 7 for the moment ``t``."""
    low = rng.getrandbits(74)
    number = (int(t * 1000) << 80) | (0x7 << 76) | ((low >> 62) << 64) | (0b10 << 62) | (low & ((1 << 62) - 1))
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def event_row(event: Event, rng: random.Random) -> tuple[str, str, str, str, str, str]:
    """id, type, timestamp, tags, metadata, data as the text that COPY and INSERT take."""
    tags = orjson.dumps(event.tags).decode()
    return uuid7(event.t, rng), event.kind, iso(event.t), tags, METADATA, orjson.dumps(event.data).decode()


def started_event(instance: str, t: float, version: str) -> Event:
    """The SYSTEM.STARTED of one process."""
    tags = {"service": instance.rsplit("-", 1)[0], "instance": instance, "version": version}
    return Event(t, instance, "SYSTEM.STARTED", tags, {"startedAt": iso(t), "environment": "production"})
