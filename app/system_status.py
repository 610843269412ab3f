"""The system's status in the shape the story gives its API."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from app.drawing import AWAY_DEADLINE_S, DEADLINE_S
from app.figures.moments import iso
from app.health.services import SERVICES
from app.health.status import Status, overall_status
from app.health.uptime import duration_text, uptime_s
from app.patience import Patience
from app.sources.answers import Answers
from app.sources.errors import SourceError
from app.sources.results import Result, Vector
from app.sources.windows import read_window
from app.widgets import resources, status
from app.widgets.widget import Given

_QUESTIONS = {
    **status.OVERALL.questions,
    **{name: resources.HOST.questions[name] for name in ("cpu", "memory")},
}


def system_status(answers: Answers, patience: Patience) -> dict[str, Any]:
    """Status now. A number whose source does not answer is None, and a status unknown; nothing is raised."""
    now = time.time()
    window = read_window("now-1h", "now", now)
    sources = {answers.source_of(question) for question in _QUESTIONS.values()}
    away = any(answers.outages.since(name) is not None for name in sources)
    with patience.waiting(AWAY_DEADLINE_S if away else DEADLINE_S) as allowed_s:
        outcomes = answers.together(_QUESTIONS, window, deadline_s=allowed_s)
    known: dict[str, Result] = {
        name: answers.nothing(_QUESTIONS[name], window) if isinstance(outcome, SourceError) else outcome
        for name, outcome in outcomes.items()
    }
    silent = frozenset(name for name, outcome in outcomes.items() if isinstance(outcome, SourceError))
    given = Given(known, window, now, unanswered=silent)
    overall, services = _unknown() if isinstance(outcomes["up"], SourceError) else _statuses(given)
    return {
        "overallStatus": overall,
        "services": services,
        "uptime": duration_text(uptime_s(max(status.last_starts(given).values(), default=None), now)),
        "activeWorkflows": _whole(known, "active"),
        "cpuUsage": _rounded(known, "cpu", 100),
        "memoryUsage": _rounded(known, "memory", 100),
        "timestamp": iso(now),
    }


def _statuses(given: Given) -> tuple[str, list[dict[str, str | None]]]:
    """The overall word and the services'; ``lastCheck`` is the moment the scrapes were looked at."""
    found = status.services(given)
    checked = iso(given.vector("up").as_of)
    services = [{"name": one.name, "status": one.status.value, "lastCheck": checked} for one in found]
    return overall_status(found).status.value, [dict(one) for one in services]


def _unknown() -> tuple[str, list[dict[str, str | None]]]:
    unknown = Status.UNKNOWN.value
    return unknown, [{"name": name, "status": unknown, "lastCheck": None} for name in SERVICES]


def _whole(known: Mapping[str, Result], name: str) -> int | None:
    value = _rounded(known, name)
    return None if value is None else round(value)


def _rounded(known: Mapping[str, Result], name: str, factor: int = 1) -> float | None:
    answer = known[name]
    value = answer.scalar() if isinstance(answer, Vector) else None
    return None if value is None else round(value * factor, 2)
