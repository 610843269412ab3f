"""Hashes and checks passwords with argon2id, a few at a time."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.auth.errors import Busy, WeakPassword

MIN_LENGTH = 12
# Longer input is no password; it would only cost time.
MAX_LENGTH = 1024
# Above OWASP's floor (19 MiB, two passes) and about 50 ms on one core.
MEMORY_KIB = 32 * 1024
PASSES = 3


class Passwords:
    """One per process: at most ``slots`` hashes at once, so that a burst of sign-ins takes ``slots`` x 32 MiB only."""

    def __init__(self, *, slots: int = 2, wait_s: float = 5.0) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1, type=Type.ID)
        self._slots = threading.BoundedSemaphore(slots)
        self._wait_s = wait_s
        # Checked where there is no such user, so that the answer takes the same time.
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """What to store for a new password. Raises WeakPassword, or Busy when no slot came free."""
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH or len(set(password)) < 5:
            raise WeakPassword(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters, five of them different.")
        with self._slot():
            return self._hasher.hash(_normal(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` is the stored one; None stands for a user who does not exist. Raises Busy."""
        with self._slot():
            try:
                self._hasher.verify(stored or self._nobodys, _normal(password[:MAX_LENGTH]))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None and len(password) <= MAX_LENGTH

    def outdated(self, stored: str) -> bool:
        """Whether the stored hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=self._wait_s):
            raise Busy("Too many sign-ins at once. Try again in a moment.")
        try:
            yield
        finally:
            self._slots.release()


def _normal(password: str) -> bytes:
    """The same bytes for the same characters, however a keyboard composes them; lone surrogates are kept."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
