"""The shelf that all web processes share: a diskcache folder that holds plain values only."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Protocol

import diskcache

BYTES = 256 * 1024 * 1024
_BROKEN = (OSError, KeyError, diskcache.Timeout, diskcache.core.sqlite3.Error)


Value = bytes | float | str


class AnyShelf(Protocol):
    """What a cache needs of a shelf, wherever its values are; see Shelf."""

    def read(self, key: str) -> Any: ...

    def put(self, key: str, value: bytes | float, ttl_s: float) -> None: ...

    def put_first(self, key: str, value: float, ttl_s: float) -> None: ...

    def drop(self, key: str) -> None: ...

    def claim(self, key: str, ttl_s: float) -> str | None: ...

    def release(self, key: str, token: str) -> None: ...


class _PlainDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores bytes, text and numbers only: what is read back is never unpickled."""

    def fetch(self, mode: int, filename: Any, value: Any, read: bool) -> Any:
        if mode == diskcache.core.MODE_PICKLE:
            raise KeyError("pickled values are not read")
        return super().fetch(mode, filename, value, read)


class Shelf:
    """Values by key with an end. A disk that is full or broken stops nobody: it just holds nothing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._disk = _open(folder)

    def read(self, key: str) -> Any:
        """The value, or None where there is none."""
        try:
            return self._disk.get(key)
        except _BROKEN:
            return None

    def put(self, key: str, value: bytes | float, ttl_s: float) -> None:
        """Stores a value for ``ttl_s`` seconds."""
        try:
            self._disk.set(key, value, expire=ttl_s)
        except _BROKEN:
            return

    def put_first(self, key: str, value: float, ttl_s: float) -> None:
        """Stores a value unless there is one."""
        try:
            self._disk.add(key, value, expire=ttl_s)
        except _BROKEN:
            return

    def drop(self, key: str) -> None:
        """Forgets a value."""
        try:
            self._disk.delete(key)
        except _BROKEN:
            return

    def claim(self, key: str, ttl_s: float) -> str | None:
        """A token for the one who may do what ``key`` names; None while somebody else may."""
        token = secrets.token_hex(8)
        try:
            return token if self._disk.add(key, token, expire=ttl_s) else None
        except _BROKEN:
            return token

    def release(self, key: str, token: str) -> None:
        """Gives a claim back, unless it ran out and is another's by now."""
        if self.read(key) == token:
            self.drop(key)


def _open(folder: Path) -> diskcache.Cache:
    """The folder; one that a crash or a full disk has spoiled is thrown away: it holds nothing that is missed."""
    try:
        return diskcache.Cache(str(folder), disk=_PlainDisk, size_limit=BYTES, timeout=1)
    except diskcache.core.sqlite3.OperationalError:
        raise
    except diskcache.core.sqlite3.DatabaseError:
        for file in folder.glob(f"{diskcache.core.DBNAME}*"):
            file.unlink(missing_ok=True)
        return diskcache.Cache(str(folder), disk=_PlainDisk, size_limit=BYTES, timeout=1)
