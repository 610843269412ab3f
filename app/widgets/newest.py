"""How much of a list of the event store's rows a card shows, in words."""

from __future__ import annotations

from app.sources.event_statements import MOST
from app.sources.questions import Tally


def shown_of(rows: int, found: int, tally: Tally, *, what: str = "", order: str = "the newest") -> str:
    """As in ``6 of 500 or more shown, the newest.``; empty where all rows that were found are shown.

    Where as many were found as are ever answered, there may be more. ``what`` names the rows, ``order`` which of them
    are shown.
    """
    if rows >= found:
        return ""
    many = f"{found} or more" if found >= MOST[tally] else str(found)
    return f"{' '.join(f'{rows} of {many} {what}'.split())} shown, {order}."
