"""What a card shows: its state and its picture, and both as bytes for the cache."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import orjson


class State(StrEnum):
    """What a card shows; the five different nothings are never a zero."""

    LOADING = "loading"
    LIVE = "live"
    STALE = "stale"
    EMPTY = "empty"
    MISSING = "missing"
    FAILED = "failed"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Drawn:
    """A card's state. ``payload`` is its picture as JSON, empty when there is none to show.

    ``version`` names the picture by its content. ``as_of`` (epoch seconds) is what the oldest of its main answers is
    true for, ``every_s`` how often the slowest of them changes. ``start`` and ``end`` (epoch seconds) are the range it
    shows. ``message`` is what people read when something is amiss. ``finished`` is False while it, or what is usual, is
    still being worked out: such a card is worth asking for again soon. ``whole`` is False when some answer failed.
    """

    state: State
    payload: bytes = b""
    version: str = ""
    as_of: float = 0.0
    every_s: int = 0
    start: int = 0
    end: int = 0
    message: str = ""
    finished: bool = True
    whole: bool = True


def pack(drawn: Drawn) -> bytes:
    """A line that says what is drawn, and the picture."""
    ends = [drawn.start, drawn.end]
    meta = [
        drawn.state.value,
        drawn.version,
        drawn.as_of,
        drawn.every_s,
        *ends,
        drawn.message,
        drawn.finished,
        drawn.whole,
    ]
    return orjson.dumps(meta) + b"\n" + drawn.payload


def unpack(packed: bytes) -> Drawn:
    """What ``pack`` was given."""
    meta, _, payload = packed.partition(b"\n")
    state, *rest = orjson.loads(meta)
    return Drawn(State(state), payload, *rest)
