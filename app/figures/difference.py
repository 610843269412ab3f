"""What of a picture changed: a curve that moved on is its new points, not all of them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# A row of numbers is taken for moved on when so much of it is the same, so many places further at most.
LEAST_SAME, MOST_MOVED, LEAST_LENGTH = 0.5, 16, 8
Step = str | int
Change = list[Any]


def difference(old: Any, new: Any) -> list[Change]:
    """The changes that make ``new`` of ``old``, both as JSON has them; none when they are the same.

    A change is ``[path, value]``, which puts a value in its place, or ``[path, moved, kept, tail]``: the row at the
    path loses its first ``moved`` values, keeps the next ``kept``, and ends with ``tail``.
    """
    return list(_changes(old, new, ()))


def _changes(old: Any, new: Any, path: tuple[Step, ...]) -> Iterator[Change]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        for name, value in new.items():
            yield from _changes(old[name], value, (*path, name))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _rows(old, new, path)
    else:
        yield [list(path), new]


def _rows(old: list[Any], new: list[Any], path: tuple[Step, ...]) -> Iterator[Change]:
    if not (_plain(old) and _plain(new)):
        if len(old) != len(new):
            yield [list(path), new]
            return
        for at, value in enumerate(new):
            yield from _changes(old[at], value, (*path, at))
        return
    moved, kept = max(
        ((by, _same(old, new, by)) for by in range(min(MOST_MOVED, len(old)))), key=lambda one: one[1], default=(0, 0)
    )
    if len(new) >= LEAST_LENGTH and kept >= LEAST_SAME * len(new):
        yield [list(path), moved, kept, new[kept:]]
    else:
        yield [list(path), new]


def _plain(row: list[Any]) -> bool:
    return not any(isinstance(one, dict | list) for one in row)


def _same(old: list[Any], new: list[Any], moved: int) -> int:
    """How many values from the first on are those of the old row, so many places further."""
    most = min(len(old) - moved, len(new))
    return next((at for at in range(most) if old[at + moved] != new[at]), most)
