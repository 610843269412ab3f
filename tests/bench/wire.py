"""How many bytes a refresh sends over the wire."""

from __future__ import annotations

from typing import Any

import requests

from tests.bench.ground import SLOT_S, Ground, pulse_of, tick_body, wait_for_phase
from tests.bench.results import Row


def rows(ground: Ground) -> list[Row]:
    """Bodies of an unchanged and of a moving refresh as they are sent; headers are in the details."""
    session = ground.sessions[0]
    wait_for_phase(2, SLOT_S - 3)
    pulse = pulse_of(ground.told(ground.tick(session)))
    unchanged = ground.tick(session, pulse=pulse)
    wait_for_phase(0, 1)
    wait_for_phase(1, SLOT_S - 3)
    moved = ground.tick(session, pulse=pulse)
    still, moving = len(_body(unchanged)), len(_body(moved))
    asked = len(tick_body(ground.keys).replace("PULSE", "")) + len(str(pulse))
    return [
        Row("bytes per refresh, unchanged", still, "B", "< 1 kB", still < 1_000, details=_details(unchanged, asked)),
        Row("bytes per refresh, moving", moving, "B", "< 15 kB", moving < 15_000, details=_details(moved, asked)),
    ]


def _details(reply: requests.Response, asked: int) -> dict[str, Any]:
    head = sum(len(name) + len(value) + 4 for name, value in reply.headers.items()) + len("HTTP/1.1 200 OK\r\n\r\n")
    return {
        "header_bytes": head,
        "encoding": reply.headers.get("Content-Encoding", "identity"),
        "request_body_bytes": asked,
    }


def _body(reply: requests.Response) -> bytes:
    body: bytes = reply.raw_body  # type: ignore[attr-defined]
    return body
