"""Checks a name and a password, for the form and for the API alike."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from app.auth.errors import Refused, WeakPassword
from app.auth.lockout import Lockout
from app.auth.passwords import Passwords
from app.auth.users import User, Users

# Seconds a failing answer is held back, by the account's number of failures; the sixth is locked.
SLOWED_S: Mapping[int, float] = {3: 0.25, 4: 0.5, 5: 1.0}
# Threads that may be held back at once; past that, answers come at full speed rather than starve the pages.
HELD_THREADS = 3


class Credentials:
    """The one way in by password."""

    def __init__(
        self, users: Users, passwords: Passwords, *, lockout: Lockout, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._lockout = lockout
        self._pause = pause
        self._held = threading.BoundedSemaphore(HELD_THREADS)

    def check(self, name: str, password: str, *, address: str) -> User:
        """The user; raises Refused, Locked, Busy or SourceError.

        A name that does not exist costs the same questions and the same hash as one that does.
        """
        self._lockout.check(name, address)
        found = self._users.with_hash(name)
        matches = self._passwords.matches(found[1] if found else None, password)
        if found is None or not matches or found[0].disabled:
            self._slow_down(self._lockout.failed(name, address))
            raise Refused
        # Again: guesses made at the same time must not profit from the one that was right.
        self._lockout.check(name, address)
        self._lockout.clear(name)
        user, stored = found
        if self._passwords.outdated(stored):
            # A password that today's rules call weak still lets its owner in.
            with suppress(WeakPassword):
                self._users.replace_hash(user.id, old=stored, new=self._passwords.hash(password))
        return user

    def _slow_down(self, failures: int) -> None:
        seconds = SLOWED_S.get(failures)
        if seconds and self._held.acquire(blocking=False):
            try:
                self._pause(seconds)
            finally:
                self._held.release()
