"""A number against what it was before: in words, and whether that is for the better."""

from __future__ import annotations

from app.figures.units import Unit

# Smaller changes, as a share or in points of one, are said to be none.
LEAST_CHANGE, LEAST_POINTS = 0.005, 0.005
NONE = "no change"


def change_text(now: float | None, before: float | None, unit: Unit) -> str:
    """The change with its sign, of shares in points; empty where either is unknown, or nothing was before."""
    if now is None or before is None:
        return ""
    if unit is Unit.SHARE:
        points = 100 * (now - before)
        return _signed(points, " points") if abs(points) >= LEAST_POINTS else NONE
    if not before:
        return "none before" if now else NONE
    share = (now - before) / before
    return _signed(100 * share, " %") if abs(share) >= LEAST_CHANGE else NONE


def meaning(now: float | None, before: float | None, *, more: bool | None, unit: Unit) -> bool | None:
    """Whether the change is for the better; None where it means neither, or there is none.

    ``more`` says whether more is better, None when it is neither.
    """
    if more is None or now is None or before is None or change_text(now, before, unit) == NONE:
        return None
    return (now > before) is more


def _signed(value: float, suffix: str) -> str:
    digits = 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2
    return f"{value:+,.{digits}f}{suffix}".replace("-", "−")
