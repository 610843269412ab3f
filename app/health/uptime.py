"""How long something has been up, and in words."""

from __future__ import annotations


def uptime_s(started: float | None, now: float) -> float | None:
    """Seconds since the last SYSTEM.STARTED (epoch seconds); None when no start is known."""
    return None if started is None else max(0.0, now - started)


def duration_text(seconds: float | None) -> str | None:
    """The two or three largest units, as in ``2d 5h 30m``; None stays None."""
    if seconds is None:
        return None
    whole = int(seconds)
    days, hours, minutes = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60
    if days:
        return f"{days}d {hours}h {minutes}m"
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m {whole % 60}s" if minutes else f"{whole}s"
