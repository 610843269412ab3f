"""The platform's Pino log files: which there are, and whether they can be read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import NamedTuple

from app.sources.errors import Unavailable

NAME = "Log files"


class Size(NamedTuple):
    """A file at a moment: which it is, its length in bytes, when it was written last in epoch seconds."""

    inode: int
    length: int
    written: float


class LogFiles:
    """The files that the configured globs match, rotated ones included."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = tuple(patterns)

    def paths(self) -> tuple[Path, ...]:
        """Every matching file, sorted by name."""
        found = {path for pattern in self._patterns for path in _matches(pattern)}
        return tuple(Path(path) for path in sorted(found) if Path(path).is_file())

    def sizes(self) -> dict[Path, Size]:
        """How far each file has been written; those that vanish meanwhile are left out."""
        found = {}
        for path in self.paths():
            with suppress(OSError):
                told = path.stat()
                found[path] = Size(told.st_ino, told.st_size, told.st_mtime)
        return found

    def ready(self) -> None:
        """Returns when every pattern matches and every file can be read, or none was asked for; raises Unavailable."""
        for pattern in self._patterns:
            if not _matches(pattern):
                raise Unavailable(NAME, f"match nothing: {Path(pattern).name}")
        for path in self.paths():
            try:
                path.open("rb").close()
            except OSError as error:
                raise Unavailable(NAME, f"cannot be read: {path.name} ({error.strerror})") from error


def _matches(pattern: str) -> list[str]:
    return glob(pattern)  # noqa: PTH207 - patterns are absolute, which Path.glob refuses
