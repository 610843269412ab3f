"""A driver of live connections in a process of its own: ``python -m tests.bench.listening``.

It reads a plan as a line of JSON from standard input, says ``ready`` once all are connected, listens until its input
ends, and writes when each message came: by the time at which its change was made, in epoch seconds of this machine.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

AT_ONCE, ENTER_S = 50, 30
# Empty ones: none of these bytes is in a message of JSON. A client's frame is masked, with whatever it likes.
PING, PONG = b"\x89\x00", b"\x8a\x80\0\0\0\0"
TWO_BYTES = 126  # stands for a length in the next two bytes
TOPIC = "workflows"


@dataclass(frozen=True)
class Plan:
    """Address of the live connection, its Origin, and a Cookie header for each."""

    address: str
    origin: str
    cookies: list[str]


@dataclass
class Heard:
    """How many connected and were lost, and seconds from each change to each of its messages."""

    connected: int = 0
    lost: int = 0
    refused: int = 0
    delays_s: dict[str, list[float]] = field(default_factory=dict)


class Driver:
    """The process, from the parent's side."""

    def __init__(self, plan: Plan) -> None:
        command = [sys.executable, "-m", "tests.bench.listening"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(plan)) + "\n")
        self._process.stdin.flush()

    def wait_ready(self) -> None:
        """Returns once everybody is connected."""
        assert self._process.stdout
        assert self._process.stdout.readline().strip() == "ready"

    def end(self) -> None:
        """Ends it."""
        assert self._process.stdin
        self._process.stdin.close()

    def result(self) -> Heard:
        """Ends it; what was heard."""
        assert self._process.stdout
        self.end()
        found = Heard(**json.loads(self._process.stdout.read()))
        self._process.wait(timeout=10)
        return found


class _Line(asyncio.Protocol):
    """One connection. What comes is noted with its moment and read at the end: nobody is to wait for a parser."""

    def __init__(self, plan: Plan, cookie: str) -> None:
        parts = urlsplit(plan.address)
        self._opening = (
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nOrigin: {plan.origin}\r\nCookie: {cookie}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
        self._transport: asyncio.Transport | None = None
        self.came: list[tuple[float, bytes]] = []
        self.greeted = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks to be let in."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._opening)

    def data_received(self, data: bytes) -> None:
        """Notes it, and answers pings."""
        self.came.append((time.time(), data))
        if PING in data:
            assert self._transport
            self._transport.write(PONG)
        if not self.greeted.done() and b'"hello"' in data:
            self.greeted.set_result(True)

    def connection_lost(self, _: Exception | None) -> None:
        """The other end is gone, or never let us in."""
        self.lost = self.greeted.done()
        if not self.greeted.done():
            self.greeted.set_result(False)

    def messages(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """What was told, with the moment at which its last byte was there."""
        buffer = b""
        for moment, data in self.came:
            buffer += data
            while (frame := _first_frame(buffer)) is not None:
                payload, buffer = frame
                if payload.startswith(b"{"):
                    yield moment, json.loads(payload)


def _first_frame(buffer: bytes) -> tuple[bytes, bytes] | None:
    """The payload of the first frame (or the head of the answer to the handshake) and the rest; None: not whole yet."""
    if buffer.startswith(b"HTTP"):
        head, found, rest = buffer.partition(b"\r\n\r\n")
        return (head, rest) if found else None
    if len(buffer) < 4:
        return None
    length, start = buffer[1], 2
    if length == TWO_BYTES:
        length, start = int.from_bytes(buffer[2:4], "big"), 4
    return (buffer[start : start + length], buffer[start + length :]) if len(buffer) >= start + length else None


async def _listen(plan: Plan) -> Heard:
    lines, gate = [_Line(plan, cookie) for cookie in plan.cookies], asyncio.Semaphore(AT_ONCE)
    loop, parts = asyncio.get_running_loop(), urlsplit(plan.address)

    async def enter(line: _Line) -> bool:
        async with gate:
            await loop.create_connection(lambda: line, parts.hostname, parts.port)
            return bool(await asyncio.wait_for(line.greeted, ENTER_S))

    entered = await asyncio.gather(*(enter(line) for line in lines))
    begun = time.time()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    delays = defaultdict[str, list[float]](list)
    for line in lines:
        for moment, message in line.messages():
            if moment > begun and message["type"] == "data-update" and message["source"] == TOPIC:
                delays[f"{message['data']['at']:.3f}"].append(moment - message["data"]["at"])
    lost = sum(line.lost for line in lines)
    return Heard(sum(entered), lost, len(entered) - sum(entered), dict(delays))


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_listen(Plan(**json.loads(sys.stdin.readline())))))))
