"""Who answers which named question: the event store, the maintenance windows, Prometheus' own alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.sources.errors import Unavailable
from app.sources.event_statements import STATEMENTS
from app.sources.events import NAME as EVENTS
from app.sources.events import EventStore
from app.sources.maintenance import COLUMNS as MAINTENANCE_COLUMNS
from app.sources.maintenance import NAME as MAINTENANCE
from app.sources.prometheus import MAX_SERIES, Prometheus
from app.sources.prometheus import NAME as PROMETHEUS
from app.sources.questions import Tally, Told
from app.sources.results import Rows
from app.sources.windows import Window

_GRAVEST = {"critical": 0, "error": 1, "warning": 2, "info": 3}
ALERT_COLUMNS = ("name", "severity", "service", "instance", "summary", "since")
# The columns of each named question's rows.
COLUMNS = {
    **{tally: columns for tally, (_, columns) in STATEMENTS.items()},
    Tally.ALERTS_FIRING: ALERT_COLUMNS,
    Tally.MAINTENANCE: MAINTENANCE_COLUMNS,
}


class Windows(Protocol):
    """Maintenance windows that touch a window, in MAINTENANCE_COLUMNS."""

    def rows(self, window: Window, *, now: float | None = None, reach_s: float = 0) -> Rows:
        """Those of the window and of ``reach_s`` before its start. Raises SourceError."""


class Tellers:
    """Answers named questions."""

    def __init__(
        self, *, events: EventStore, prometheus: Prometheus | None = None, maintenance: Windows | None = None
    ) -> None:
        self._events = events
        self._prometheus = prometheus
        self._maintenance = maintenance

    def source_of(self, question: Told) -> str:
        """The name of the source that answers."""
        return {Tally.ALERTS_FIRING: PROMETHEUS, Tally.MAINTENANCE: MAINTENANCE}.get(question.tally, EVENTS)

    def told(self, question: Told, window: Window, *, now: float) -> Rows:
        """The rows for the window. ``now`` in epoch seconds. Raises SourceError."""
        if question.tally is Tally.ALERTS_FIRING:
            return self._firing(now)
        if question.tally is Tally.MAINTENANCE:
            return self._windows(question, window, now)
        return self._events.told(question, window, now=now)

    def _windows(self, question: Told, window: Window, now: float) -> Rows:
        """The maintenance windows of the window, and of so many seconds before its end as the question is about."""
        if self._maintenance is None:
            return Rows(MAINTENANCE_COLUMNS, (), as_of=now)
        return self._maintenance.rows(window, now=now, reach_s=float(question.about or 0))

    def _firing(self, now: float) -> Rows:
        """The alerts that fire now, whatever the window."""
        if self._prometheus is None:
            raise Unavailable(PROMETHEUS, "is not configured: set PROMETHEUS_URL")
        firing = sorted(self._prometheus.firing(), key=lambda one: _GRAVEST.get(one.get("severity", ""), len(_GRAVEST)))
        rows = [
            (
                labels.get("alertname", ""),
                labels.get("severity", ""),
                labels.get("job", ""),
                labels.get("instance", ""),
                labels["summary"],
                _epoch(labels["activeAt"]),
            )
            for labels in firing[:MAX_SERIES]
        ]
        cut = (f"{MAX_SERIES} of {len(firing)} alerts shown, the gravest.",) if len(firing) > MAX_SERIES else ()
        return Rows(ALERT_COLUMNS, tuple(rows), as_of=now, warnings=cut)


def _epoch(text: str) -> float | None:
    """RFC 3339 as epoch seconds; None for what is none. Prometheus writes nanoseconds, Python reads micro."""
    try:
        return datetime.fromisoformat(text[:19] + "+00:00" if text.endswith("Z") else text).timestamp()
    except ValueError:
        return None
