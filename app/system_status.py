"""The system's status in the shape the story gives its API."""

from __future__ import annotations

import time
from typing import Any

from app.health.services import SERVICES
from app.health.status import Status, overall_status
from app.health.uptime import duration_text, uptime_s
from app.sources.answers import Answers
from app.sources.errors import SourceError, TimedOut, Unavailable
from app.sources.questions import Question, Tally
from app.sources.results import Rows, Vector
from app.sources.windows import read_window
from app.widgets import resources, status
from app.widgets.curves import iso
from app.widgets.widget import Given

_UNKNOWN = [{"name": name, "status": Status.UNKNOWN.value} for name in SERVICES]


def system_status(answers: Answers) -> dict[str, Any]:
    """Status now. A number whose source does not answer is None, and a status unknown; nothing is raised."""
    now = time.time()
    window = read_window("now-1h", "now", now)

    away: set[bool] = set()

    def ask(question: Question) -> Vector | Rows | None:
        of_events = isinstance(question, Tally)
        if of_events in away:
            return None
        try:
            found = answers.answer(question, window)
        except (Unavailable, TimedOut):
            away.add(of_events)  # one that hangs is waited for once, not once a number
            return None
        except SourceError:
            return None
        return found if isinstance(found, Vector | Rows) else None

    def number(question: Question) -> float | None:
        found = ask(question)
        value = found.scalar() if isinstance(found, Vector) else None
        return None if value is None else round(value, 4)

    known = {name: ask(question) for name, question in status.OVERALL.questions.items()}
    overall, services = _statuses(known, now)
    cpu, memory = (number(resources.HOST.questions[name]) for name in ("cpu", "memory"))
    return {
        "overallStatus": overall,
        "services": [{**service, "lastCheck": iso(now)} for service in services],
        "uptime": _uptime(known["starts"], now),
        "activeWorkflows": number(status.OVERALL.questions["active"]),
        "cpuUsage": None if cpu is None else round(cpu * 100, 2),
        "memoryUsage": None if memory is None else round(memory * 100, 2),
        "timestamp": iso(now),
    }


def _statuses(known: dict[str, Vector | Rows | None], now: float) -> tuple[str, list[dict[str, str]]]:
    """The overall word and the services'; ``up`` decides, the other answers refine where they are there."""
    if known["up"] is None:
        return Status.UNKNOWN.value, _UNKNOWN
    nothing = Vector((), as_of=now)
    answers = {name: known[name] or nothing for name in ("up", "errors", "p95")}
    found = status.services(Given(answers, read_window("now-1h", "now", now), now))
    return overall_status(found).status.value, [{"name": one.name, "status": one.status.value} for one in found]


def _uptime(starts: Vector | Rows | None, now: float) -> str | None:
    if not isinstance(starts, Rows):
        return None
    return duration_text(uptime_s(max((row["started"] for row in starts.records()), default=None), now))
