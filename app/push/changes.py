"""What PostgreSQL says has changed, read with care: anybody with an account there may notify."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from app.push.topics import MOST_TYPES, OF_DATABASE, Topic, concerned

MOST_ROWS = 1_000_000_000  # of one notice: the sum of many has to stay a number that JSON holds
# Who may be here has changed: a session or a token ended, or somebody has another role.
ACCESS: Literal["access"] = "access"
_OF_TABLE = {"workflow_runs": frozenset({Topic.WORKFLOWS}), "maintenance": frozenset({Topic.STATUS})}


@dataclass(frozen=True)
class Change:
    """Topics that have news. ``mark`` is the same in every process that heard of the change.

    ``types`` are types of events as they were written, not yet checked; ``rows`` how many events, 0 where unknown.
    """

    topics: frozenset[Topic]
    mark: str
    types: tuple[str, ...] = ()
    rows: int = 0


def everything(mark: str) -> Change:
    """A change of all that PostgreSQL tells of: nobody knows what was missed."""
    return Change(OF_DATABASE, mark)


def of_events(types: Iterable[str], *, mark: str, rows: int) -> Change:
    """The change that events of these types make."""
    kept = tuple(dict.fromkeys(types))[:MOST_TYPES]
    return Change(concerned(kept), mark, kept, rows)


def read(payload: str) -> Change | Literal["access"] | None:
    """The change that a notice of our triggers tells of, or ACCESS; None for what is none of theirs."""
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("at"), int | float):
        return None
    mark = f"{told['at']:.6f}"
    match told.get("table"):
        case "events":
            return of_events(_texts(told.get("types")), mark=mark, rows=_count(told.get("rows")))
        case str(table) if table in _OF_TABLE:
            return Change(_OF_TABLE[table], mark)
        case "access":
            return ACCESS
        case _:
            return None


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _count(value: Any) -> int:
    return min(max(0, value), MOST_ROWS) if isinstance(value, int) else 0
