"""A log file that is renamed to .1, .2, ... when it is full."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

MAX_BYTES = 10 * 1000 * 1000
KEPT = 5


class LogFile:
    """Appends lines; ``.1`` is the youngest of the ``KEPT`` full files."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._size = self._file.tell()

    def write(self, lines: Sequence[str]) -> None:
        """Append lines (without line ends) at once."""
        room: list[str] = []
        waiting = 0
        for line in lines:
            room.append(line)
            waiting += len(line) + 1
            if self._size + waiting >= self._max_bytes:
                self._put(room)
                self._rotate()
                room, waiting = [], 0
        self._put(room)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _put(self, lines: list[str]) -> None:
        if lines:
            data = ("\n".join(lines) + "\n").encode()
            self._file.write(data)
            self._size += len(data)

    def _rotate(self) -> None:
        self._file.close()
        for number in range(KEPT - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))
        self._file = self._path.open("ab", buffering=0)
        self._size = 0

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
