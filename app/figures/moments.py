"""Moments in words."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: float) -> str:
    """Epoch seconds as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
