"""How many requests may wait for a source at a time, so that some thread is always free to answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Enough for an answer that is just about to come, too little to fill a server with waiting.
STANDING_S = 0.3


class Patience:
    """Seats to wait on. Who finds none free waits standing, and not for long. Safe for use by several threads."""

    def __init__(self, seats: int) -> None:
        self.seats = max(1, seats)
        self._free = threading.Semaphore(self.seats)

    @contextmanager
    def waiting(self, wanted_s: float) -> Iterator[float]:
        """For how many seconds the caller may wait."""
        seated = self._free.acquire(blocking=False)
        try:
            yield wanted_s if seated else min(wanted_s, STANDING_S)
        finally:
            if seated:
                self._free.release()
