"""A cache shared by threads and processes: one computation per key however many ask."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.sources.errors import SourceError
from app.sources.redis_shelf import RedisShelf
from app.sources.shelf import AnyShelf, Shelf

MEMORY_BYTES = 24 * 1024 * 1024
CLAIM_S = 30.0
RETRY_S = 3.0
# How often another process is looked at while it computes: soon at first, then less and less.
FIRST_POLL_S, LONGEST_POLL_S = 0.01, 0.2


@dataclass(frozen=True)
class Cached:
    """Bytes, and the monotonic second until which they answer for their key."""

    value: bytes
    until: float


@dataclass
class Counts:
    """How often a key was found and how often it had to be computed."""

    hits: int = 0
    misses: int = 0

    def hit(self) -> None:
        """One look-up that found its answer."""
        self.hits += 1

    def miss(self) -> None:
        """One look-up that had to ask."""
        self.misses += 1


@dataclass
class _Flight:
    """A computation under way and how many wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class SharedCache:
    """Two shelves: this process's memory, and one that all web processes share.

    That is a folder, or with ``redis_url`` a Redis for those of all replicas whose ``namespace`` is the same.
    """

    def __init__(self, folder: Path, *, redis_url: str | None = None, namespace: str = "tamma") -> None:
        local = Shelf(folder)
        self.redis = RedisShelf(redis_url, namespace, local) if redis_url else None
        self.shelf: AnyShelf = self.redis or local
        self._memory: OrderedDict[str, Cached] = OrderedDict()
        self._held = 0  # bytes in memory
        self._guard = threading.Lock()
        self._flights: dict[str, _Flight] = {}
        self._failures: dict[str, tuple[SourceError, float]] = {}
        self.counts = Counts()
        self._hit, self._miss = self.counts.hit, self.counts.miss

    def watch(self, *, hit: Callable[[], None], miss: Callable[[], None]) -> None:
        """Tells somebody else than ``counts`` of each look-up."""
        self._hit, self._miss = hit, miss

    def peek(self, key: str) -> bytes | None:
        """What this process's memory holds for the key, without waiting for anything."""
        with self._guard:
            found = self._memory.get(key)
            if found is None or found.until < time.monotonic():
                return None
            self._memory.move_to_end(key)
            self._hit()
            return found.value

    def get(self, key: str, ttl_s: float | Callable[[bytes], float], compute: Callable[[], bytes]) -> bytes:
        """The value for the key, computed at most once at a time among all who share the shelf.

        ``ttl_s`` may depend on the value: one that is about to be complete does not hold long.
        A SourceError of ``compute`` is raised to everyone who asks for the key in the next RETRY_S seconds, so that
        a source in trouble is asked once, not once a viewer.
        """
        if (value := self.peek(key)) is not None:
            return value
        with self._flight(key):
            if (value := self.peek(key)) is not None:
                return value
            self._raise_recent_failure(key)
            try:
                value = self._among_processes(key, ttl_s, compute)
            except SourceError as error:
                self._remember_failure(key, error)
                raise
            self._remember(key, value, _seconds(ttl_s, value))
            return value

    def last(self, key: str) -> bytes | None:
        """A value put with ``put``, however old the computation behind it."""
        value = self.shelf.read(key)
        return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """Stores a value for all processes."""
        self.shelf.put(key, value, ttl_s)

    @contextmanager
    def _flight(self, key: str) -> Iterator[None]:
        """One thread of this process at a time for a key; the last one out forgets the lock."""
        with self._guard:
            flight = self._flights.setdefault(key, _Flight())
            flight.waiting += 1
        try:
            with flight.lock:
                yield
        finally:
            with self._guard:
                flight.waiting -= 1
                if not flight.waiting:
                    self._flights.pop(key, None)

    def _among_processes(
        self, key: str, ttl_s: float | Callable[[bytes], float], compute: Callable[[], bytes]
    ) -> bytes:
        """The value that another process has or is about to have, else one computed here."""
        lock = f"claim:{key}"
        pause_s, give_up = FIRST_POLL_S, time.monotonic() + CLAIM_S
        while (token := self._claimed(key, lock)) is None and time.monotonic() < give_up:
            if (value := self.last(key)) is not None:
                self._hit()
                return value
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_POLL_S)
        try:
            # Read again: it may have come between the last look and the claim.
            if (value := self.last(key)) is not None:
                self._hit()
                return value
            self._miss()
            value = compute()
            self.put(key, value, _seconds(ttl_s, value))
            return value
        finally:
            if token is not None:
                self.shelf.release(lock, token)

    def _claimed(self, key: str, lock: str) -> str | None:
        """A claim to compute; not even tried while somebody holds one or the value is there."""
        if self.last(key) is not None or self.shelf.read(lock) is not None:
            return None
        return self.shelf.claim(lock, CLAIM_S)

    def _remember(self, key: str, value: bytes, ttl_s: float) -> None:
        with self._guard:
            self._drop(key)
            self._memory[key] = Cached(value, time.monotonic() + ttl_s)
            self._held += len(value)
            while self._held > MEMORY_BYTES and len(self._memory) > 1:
                self._drop(next(iter(self._memory)))

    def _drop(self, key: str) -> None:
        if old := self._memory.pop(key, None):
            self._held -= len(old.value)

    def _remember_failure(self, key: str, error: SourceError) -> None:
        now = time.monotonic()
        with self._guard:
            self._failures = {name: kept for name, kept in self._failures.items() if kept[1] > now}
            self._failures[key] = (error, now + RETRY_S)

    def _raise_recent_failure(self, key: str) -> None:
        with self._guard:
            error, until = self._failures.get(key, (None, 0.0))
        if error is not None and time.monotonic() < until:
            raise type(error)(error.source, error.message)  # a new one: a shared one would gather every trace


def _seconds(ttl_s: float | Callable[[bytes], float], value: bytes) -> float:
    return ttl_s(value) if callable(ttl_s) else ttl_s
