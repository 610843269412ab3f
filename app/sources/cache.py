"""A cache shared by threads and processes: one computation per key however many ask."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diskcache

from app.sources.errors import SourceError

MEMORY_ENTRIES = 2_048
DISK_BYTES = 256 * 1024 * 1024
LOCK_S = 15.0
POLL_S = 0.01
RETRY_S = 3.0


class _PlainDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores bytes, text and numbers only: what is read back is never unpickled."""

    def fetch(self, mode: int, filename: Any, value: Any, read: bool) -> Any:
        if mode == diskcache.core.MODE_PICKLE:
            raise KeyError("pickled values are not read")
        return super().fetch(mode, filename, value, read)


def _open(folder: Path) -> diskcache.Cache:
    """The shared shelf; one that a crash or a full disk has spoiled is thrown away: it holds nothing that is missed."""
    try:
        return diskcache.Cache(str(folder), disk=_PlainDisk, size_limit=DISK_BYTES, timeout=1)
    except diskcache.core.sqlite3.OperationalError:
        raise
    except diskcache.core.sqlite3.DatabaseError:
        for file in folder.glob(f"{diskcache.core.DBNAME}*"):
            file.unlink(missing_ok=True)
        return diskcache.Cache(str(folder), disk=_PlainDisk, size_limit=DISK_BYTES, timeout=1)


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


class SharedCache:
    """Two shelves: this process's memory, and a diskcache folder that all web processes share."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._disk = _open(folder)
        self._memory: OrderedDict[str, Cached] = OrderedDict()
        self._guard = threading.Lock()
        self._flights: dict[str, threading.Lock] = {}
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

    def get(self, key: str, ttl_s: float, compute: Callable[[], bytes]) -> bytes:
        """The value for the key, computed at most once at a time among all threads and processes.

        A SourceError of ``compute`` is raised to everyone who asks for the key in the next RETRY_S seconds, so that
        a source in trouble is asked once, not once a viewer.
        """
        if (value := self.peek(key)) is not None:
            return value
        with self._guard:
            flight = self._flights.setdefault(key, threading.Lock())
        try:
            with flight:
                if (value := self.peek(key)) is not None:
                    return value
                self._raise_recent_failure(key)
                try:
                    value = self._from_all_processes(key, ttl_s, compute)
                except SourceError as error:
                    self._failures[key] = (error, time.monotonic() + RETRY_S)
                    raise
                self._remember(key, value, ttl_s)
                return value
        finally:
            with self._guard:
                self._flights.pop(key, None)

    def _raise_recent_failure(self, key: str) -> None:
        error, until = self._failures.get(key, (None, 0.0))
        if error is not None and time.monotonic() < until:
            raise error
        for old in [name for name, (_, end) in list(self._failures.items()) if end < time.monotonic()]:
            self._failures.pop(old, None)

    def last(self, key: str) -> bytes | None:
        """A value put with ``put``, however old the computation behind it."""
        value = self._read(key)
        return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, ttl_s: float) -> None:
        """Stores a value for all processes; a full or broken disk is not an error of the caller's."""
        try:
            self._disk.set(key, value, expire=ttl_s)
        except (OSError, diskcache.Timeout, diskcache.core.sqlite3.Error):
            return

    def _from_all_processes(self, key: str, ttl_s: float, compute: Callable[[], bytes]) -> bytes:
        lock = f"lock:{key}"
        give_up = time.monotonic() + LOCK_S
        while True:
            if isinstance(value := self._read(key), bytes):
                self._hit()
                return value
            if self._claim(lock) or time.monotonic() > give_up:
                break
            time.sleep(POLL_S)
        try:
            self._miss()
            value = compute()
            self.put(key, value, ttl_s)
            return value
        finally:
            self._release(lock)

    def _remember(self, key: str, value: bytes, ttl_s: float) -> None:
        with self._guard:
            self._memory[key] = Cached(value, time.monotonic() + ttl_s)
            self._memory.move_to_end(key)
            while len(self._memory) > MEMORY_ENTRIES:
                self._memory.popitem(last=False)

    def _read(self, key: str) -> Any:
        try:
            return self._disk.get(key)
        except (OSError, KeyError, diskcache.Timeout, diskcache.core.sqlite3.Error):
            return None

    def _claim(self, lock: str) -> bool:
        """Whether this process may compute; a disk that cannot answer must not stop anyone."""
        try:
            return bool(self._disk.add(lock, os.getpid(), expire=LOCK_S))
        except (OSError, diskcache.Timeout, diskcache.core.sqlite3.Error):
            return True

    def _release(self, lock: str) -> None:
        try:
            self._disk.delete(lock)
        except (OSError, diskcache.Timeout, diskcache.core.sqlite3.Error):
            return
