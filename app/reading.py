"""Lists that somebody is reading: they keep their rows until the reader leaves, and say how many have come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_LISTS, MOST_ROWS = 10, 500
# As app/ui/render.py names the rows of a table.
_ROW = re.compile(rb'"data-row":"([0-9a-f]{8})"')


@dataclass(frozen=True)
class Reading:
    """What a browser's reader looks at: the range it was asked for, and by widget the names of the rows on screen."""

    asked: str = ""
    rows: Mapping[str, frozenset[bytes]] = field(default_factory=dict)


NOTHING = Reading()


def reading(given: Any) -> Reading:
    """The browser's own words, of which anything unexpected is dropped."""
    told = given if isinstance(given, dict) else {}
    asked, lists = told.get("asked"), told.get("lists")
    if not isinstance(asked, str) or not isinstance(lists, dict):
        return NOTHING
    rows = {key: _names(names) for key, names in list(lists.items())[:MOST_LISTS] if isinstance(names, list)}
    return Reading(asked, rows)


def new_rows(picture: bytes, seen: frozenset[bytes]) -> int:
    """How many rows of a table's picture were not among those."""
    return len({found[1] for found in _ROW.finditer(picture)} - seen)


def _names(given: list[Any]) -> frozenset[bytes]:
    return frozenset(one.encode() for one in given[:MOST_ROWS] if isinstance(one, str) and one.isascii())
