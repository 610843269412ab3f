"""What the director tells a service each second: one JSON line through its standard input."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import IO, Any

import orjson

BACKLOG_BYTES = 4 << 20


@dataclass(frozen=True)
class Message:
    """The activity of one instance in one step.

    ``added`` and ``levels`` are (column, number) of counters and gauges; ``events`` and ``runs`` are rows of texts.
    """

    added: list[tuple[int, float]] = field(default_factory=list)
    levels: list[tuple[int, float | None]] = field(default_factory=list)
    lines: list[tuple[float, str, str, dict[str, Any]]] = field(default_factory=list)
    events: list[tuple[str, ...]] = field(default_factory=list)
    runs: list[tuple[str | None, ...]] = field(default_factory=list)
    isolated: bool = False

    def encode(self) -> bytes:
        """One line of JSON."""
        parts = [self.added, self.levels, self.lines, self.events, self.runs, self.isolated]
        return orjson.dumps(parts) + b"\n"

    @staticmethod
    def decode(line: bytes) -> Message:
        """Read what ``encode`` wrote. Raises ValueError for anything else."""
        return Message(*orjson.loads(line))


class Channel:
    """Writes messages to a pipe without ever waiting for the reader; what does not fit is dropped and counted."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._waiting = bytearray()
        self.dropped = 0
        os.set_blocking(pipe.fileno(), False)

    def send(self, message: Message) -> bool:
        """Hand over a message; False when the reader is gone."""
        if len(self._waiting) > BACKLOG_BYTES:
            self.dropped += 1
        else:
            self._waiting += message.encode()
        try:
            while self._waiting:
                written = os.write(self._pipe.fileno(), self._waiting)
                del self._waiting[:written]
        except BlockingIOError:
            return True
        except (BrokenPipeError, ValueError):
            return False
        return True

    def close(self) -> None:
        """End of messages: the service sees it and ends."""
        try:
            self._pipe.close()
        except BrokenPipeError:
            self._waiting.clear()


def finite(value: float) -> float | None:
    """A gauge's value for JSON: NaN means not exposed."""
    return None if math.isnan(value) else value
