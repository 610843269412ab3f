"""A load driver that costs little: keep-alive HTTP over one epoll loop, in a process of its own.

``python -m tests.bench.load`` reads a plan as JSON from standard input and writes what it saw to standard output.
A viewer asks again every ``every_s`` seconds and tells the server, as a browser does, what the last answer told it;
with ``every_s`` zero the same request is sent again as soon as the answer is there.
"""

from __future__ import annotations

import heapq
import json
import select
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field

import orjson
from backports import zstd

GIVE_UP_S = 10.0
RECEIVE = 256 * 1024
WAIT_S = 0.02


@dataclass(frozen=True)
class Plan:
    """``viewers`` are heads (request line and headers) and bodies; PULSE in a body is where the last pulse goes.

    The first ``warm_s`` seconds, in which viewers come in one by one, are not counted. At the ``news`` (seconds after
    that) every viewer also sends its second body, over ``spread_s`` seconds, as pages do that were told of something.
    """

    port: int
    every_s: float
    warm_s: float
    measure_s: float
    viewers: list[tuple[str, list[str]]]
    news: list[float] = field(default_factory=list)
    spread_s: float = 0.0


@dataclass
class Seen:
    """What the driver saw while it counted: answers, latencies in ms, received bytes, and what went wrong."""

    answers: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)
    received: int = 0
    seconds: float = 0.0
    driver_cpu_s: float = 0.0

    def percentile(self, share: float) -> float:
        """A percentile of the latencies; nan without any."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0

    @property
    def failed(self) -> int:
        """How many requests got no good answer."""
        return sum(self.errors.values())


class Driver:
    """A load driver in a process of its own. ``wait_counting`` returns when it starts to count."""

    def __init__(self, plan: Plan) -> None:
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "tests.bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(plan)).encode())
        self._process.stdin.close()

    def wait_counting(self) -> None:
        """Until the viewers are there."""
        assert self._process.stdout
        self._process.stdout.readline()

    def result(self) -> Seen:
        """What it saw, when it has ended."""
        assert self._process.stdout
        seen = Seen(**json.loads(self._process.stdout.read()))
        assert self._process.wait(GIVE_UP_S) == 0
        return seen


def drive(plan: Plan) -> Seen:
    """Runs a plan to its end."""
    driver = Driver(plan)
    driver.wait_counting()
    return driver.result()


class _Viewer:
    """One browser: a connection, what it asks, and what it was told last."""

    def __init__(self, number: int, head: str, bodies: list[str], port: int, *, echo: bool) -> None:
        self.number, self.head, self.bodies, self.port = number, head, bodies, port
        self.echo = echo and "PULSE" in bodies[0]
        self.pulse = b"null"
        self.turn = 0
        self.due = 0.0
        self.busy = False
        self.nudged = False
        self.buffer = bytearray()
        self.needed = -1
        self.body_at = 0
        self.sock: socket.socket | None = None
        self._ready = [] if self.echo else [self._request(body.replace("PULSE", "null")) for body in bodies]

    def _request(self, body: str) -> bytes:
        data = body.encode()
        return f"{self.head}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data

    def connect(self) -> socket.socket:
        """A new connection, after the start or after it was lost."""
        self.sock = socket.create_connection(("127.0.0.1", self.port), timeout=GIVE_UP_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        return self.sock

    def ask(self) -> None:
        """Sends the next request; on loopback it always fits into the socket's buffer."""
        assert self.sock
        if self.echo:
            request = self._request(self.bodies[self.nudged].replace("PULSE", self.pulse.decode()))
        else:
            request = self._ready[self.turn % len(self._ready)]
        self.turn += 1
        self.buffer.clear()
        self.needed = -1
        self.busy = True
        self.sock.sendall(request)

    def receive(self) -> bool | None:
        """True when the answer is complete, False when there is more to come, None when the connection is lost."""
        assert self.sock
        try:
            part = self.sock.recv(RECEIVE)
        except BlockingIOError:
            return False
        except OSError:
            return None
        if not part:
            return None
        self.buffer += part
        if self.needed < 0:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return False
            self.body_at = end + 4
            head = bytes(self.buffer[:end]).lower()
            at = head.find(b"content-length:")
            self.needed = self.body_at + (int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0)
        return len(self.buffer) >= self.needed

    def learn(self) -> None:
        """Keeps the pulse for the next request, as the browser's store does."""
        body = bytes(self.buffer[self.body_at : self.needed])
        if b"content-encoding: zstd" in bytes(self.buffer[: self.body_at]).lower():
            body = zstd.decompress(body)
        self.pulse = orjson.dumps(orjson.loads(body)["response"]["pulse"]["data"])


class _Loop:
    """All viewers of a plan on one epoll."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.seen = plan, Seen()
        echo = plan.every_s > 0
        self.viewers = [
            _Viewer(number, head, bodies, plan.port, echo=echo) for number, (head, bodies) in enumerate(plan.viewers)
        ]
        self.poll = select.epoll()
        self.by_fd: dict[int, _Viewer] = {}
        self.queue: list[tuple[float, int, bool]] = []  # when, who, and whether because of news
        self.counting = False

    def run(self) -> Seen:
        """Warm, count, end."""
        begun = time.perf_counter()
        for viewer in self.viewers:
            come = begun + self.plan.warm_s * 0.9 * viewer.number / len(self.viewers)
            heapq.heappush(self.queue, (come, viewer.number, False))
        self._until(begun + self.plan.warm_s)
        sys.stdout.write("counting\n")
        sys.stdout.flush()
        self.counting = True
        cpu, start = time.process_time(), time.perf_counter()
        for at in self.plan.news:
            for viewer in self.viewers:
                share = viewer.number / len(self.viewers)
                heapq.heappush(self.queue, (start + at + share * self.plan.spread_s, viewer.number, True))
        self._until(start + self.plan.measure_s)
        self.seen.seconds = time.perf_counter() - start
        self.seen.driver_cpu_s = time.process_time() - cpu
        self._count_the_lost()
        return self.seen

    def _until(self, end: float) -> None:
        while (now := time.perf_counter()) < end:
            while self.queue and self.queue[0][0] <= now:
                due, number, nudged = heapq.heappop(self.queue)
                if self.viewers[number].busy:  # one question at a time, as a page does
                    heapq.heappush(self.queue, (now + WAIT_S, number, nudged))
                else:
                    self._ask(number, due, nudged=nudged)
            wait = min(end, self.queue[0][0] if self.queue else end) - time.perf_counter()
            for descriptor, _ in self.poll.poll(max(0.0, wait)):
                self._receive(self.by_fd[descriptor])

    def _ask(self, number: int, due: float, *, nudged: bool) -> None:
        viewer = self.viewers[number]
        viewer.nudged = nudged
        try:
            if viewer.sock is None:
                sock = viewer.connect()
                self.by_fd[sock.fileno()] = viewer
                self.poll.register(sock.fileno(), select.EPOLLIN)
            viewer.due = due
            viewer.ask()
        except OSError as error:
            self._lost(viewer, type(error).__name__)

    def _receive(self, viewer: _Viewer) -> None:
        complete = viewer.receive()
        if complete is None:
            self._lost(viewer, "connection lost")
        elif complete:
            now = time.perf_counter()
            viewer.busy = False
            self._count(viewer, now)
            if viewer.echo:
                viewer.learn()
            if not viewer.nudged:
                self._again(viewer, now)

    def _count(self, viewer: _Viewer, now: float) -> None:
        if not self.counting:
            return
        if not viewer.buffer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204")):
            self._error(bytes(viewer.buffer[9:12]).decode())
            return
        self.seen.answers += 1
        self.seen.received += viewer.needed
        self.seen.latencies_ms.append((now - viewer.due) * 1_000)

    def _again(self, viewer: _Viewer, now: float) -> None:
        if not self.plan.every_s:
            viewer.due = now
            viewer.ask()
            return
        # A browser that came in during the warm time finds its own beat afterwards, spread over the whole interval.
        every_s = self.plan.every_s
        if viewer.turn == 1 and not self.counting:
            due = now + every_s * (0.5 + viewer.number / len(self.viewers)) % every_s + 0.05
        else:
            due = max(viewer.due + every_s, now)
        heapq.heappush(self.queue, (due, viewer.number, False))

    def _lost(self, viewer: _Viewer, why: str) -> None:
        self._error(why)
        if viewer.sock is not None:
            self.by_fd.pop(viewer.sock.fileno(), None)
            viewer.sock.close()
            viewer.sock = None
        viewer.busy = False
        if not viewer.nudged:
            heapq.heappush(self.queue, (time.perf_counter() + 0.5, viewer.number, False))

    def _error(self, why: str) -> None:
        if self.counting:
            self.seen.errors[why] = self.seen.errors.get(why, 0) + 1

    def _count_the_lost(self) -> None:
        late = sum(viewer.busy and time.perf_counter() - viewer.due > GIVE_UP_S for viewer in self.viewers)
        if late:
            self.seen.errors["no answer"] = late


if __name__ == "__main__":
    seen = _Loop(Plan(**json.load(sys.stdin))).run()
    sys.stdout.write(json.dumps(asdict(seen)))
