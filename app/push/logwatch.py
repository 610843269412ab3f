"""Hears what is written to the log files, by their lengths: once a second, nothing of them is read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from app.push.changes import Change
from app.push.topics import Topic
from app.sources.logs import LogFiles, Size

EVERY_S = 1.0
log = logging.getLogger(__name__)


class LogWatch:
    """A thread that calls ``heard`` with each change; it must not wait."""

    def __init__(self, files: LogFiles, *, heard: Callable[[Change], None], every_s: float = EVERY_S) -> None:
        self._files = files
        self._heard = heard
        self._every_s = every_s
        self._sizes: dict[Path, Size] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)

    def start(self) -> None:
        """Begins; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._stopped.set()

    def look(self) -> Change | None:
        """What was written, begun or rotated since the last look; at the first one nothing is new."""
        now = self._files.sizes()
        before, self._sizes = self._sizes, now
        if before is None or now == before:
            return None
        moved = [size.written for path, size in now.items() if size != before.get(path)]
        return Change(frozenset({Topic.LOGS}), f"{max(moved):.6f}") if moved else None

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if change := self.look():
                    self._heard(change)
            except Exception:  # a thread's boundary: dead, it would go on as if nobody wrote
                log.exception("changes of the log files are not heard")
            self._stopped.wait(self._every_s)
