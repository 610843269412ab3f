"""Who was let in lately, for the minutes in which PostgreSQL does not answer.

Without it every screen would go dark with the database, just when people look at it. What could take a right away
is itself written to the database, so little can be missed: at most what another process was told in the last
minutes before the outage. Nothing can be changed meanwhile: every write needs the database.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from app.auth.users import User

GRACE_S = 15 * 60.0
SIZE = 10_000


class LastKnown:
    """One per process; keys are digests or ids, never secrets."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: OrderedDict[object, tuple[float, User]] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, key: object, user: User) -> None:
        """The database has just said that ``key`` is this user."""
        with self._lock:
            self._seen[key] = (self._monotonic(), user)
            self._seen.move_to_end(key)
            if len(self._seen) > SIZE:
                self._seen.popitem(last=False)

    def forget(self, key: object) -> None:
        """The database has just said that ``key`` is nobody."""
        with self._lock:
            self._seen.pop(key, None)

    def recall(self, key: object) -> User | None:
        """Who ``key`` was within the last GRACE_S seconds."""
        with self._lock:
            at, user = self._seen.get(key, (0.0, None))
        return user if user and self._monotonic() - at < GRACE_S else None
