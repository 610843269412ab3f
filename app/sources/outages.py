"""Since when each source does not answer, known to all web processes."""

from __future__ import annotations

from app.sources.errors import SourceError, TimedOut, Unavailable
from app.sources.shelf import AnyShelf

KEEP_S = 7 * 86_400


class Outages:
    """Beginnings of outages as epoch seconds. An error that a question itself has earned is no outage."""

    def __init__(self, shelf: AnyShelf) -> None:
        self._shelf = shelf

    def note(self, source: str, error: SourceError | None, now: float) -> None:
        """A source answered (``error`` None) or failed at ``now``."""
        if isinstance(error, Unavailable | TimedOut):
            self._shelf.put_first(_key(source), now, KEEP_S)
        elif error is None and self.since(source) is not None:
            self._shelf.drop(_key(source))

    def since(self, source: str) -> float | None:
        """When the running outage of a source began, or None."""
        begun = self._shelf.read(_key(source))
        return begun if isinstance(begun, float) else None


def _key(source: str) -> str:
    return f"away:{source}"
