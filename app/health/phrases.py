"""Shares and lengths of time in words, cut and never rounded up."""

from __future__ import annotations

# More than a float's error and less than a scrape in thirty days: 0.57 is 57 %, and 99.999 % is not 100 %.
_NOISE = 1e-6
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def percent_text(share: float | None, digits: int = 2) -> str:
    """Percent of a share (0 to 1), cut: 100 % means that nothing is missing. A dash for None."""
    if share is None:
        return "–"
    scale = 10**digits
    return f"{int(share * 100 * scale + _NOISE) / scale:.{digits}f} %"


def span_text(seconds: float) -> str:
    """The two largest units of a length of time, cut: ``12 min``, ``1 min 30 s``, ``7 h 40 min``."""
    whole = int(seconds + _NOISE)
    if whole < 1:
        return "under 1 s" if seconds > _NOISE else "0 s"
    place = next(place for place, (size, _) in enumerate(UNITS) if whole >= size)
    parts: list[str] = []
    for size, unit in UNITS[place : place + 2]:
        amount, whole = divmod(whole, size)
        if amount:
            parts.append(f"{amount} {unit}")
    return " ".join(parts)
