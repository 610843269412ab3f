"""A server that says exactly what it was told, at the pace it was told: for answers no Prometheus gives on demand."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.ports import LOOPBACK


def http(body: bytes, *, status: str = "200 OK", length: int | None = None, more: str = "") -> bytes:
    """An HTTP answer; ``length`` may promise more than there is."""
    promised = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {promised}\r\n{more}\r\n".encode() + body


class Canned:
    """Answers each request with ``answer``: the first ``at_once`` bytes together, then one byte every ``pause_s``.

    It leaves the connection open when it has said all. ``asked`` counts the requests.
    """

    def __init__(self, answer: bytes, *, at_once: int | None = None, pause_s: float = 0.0) -> None:
        self.answer, self.pause_s = answer, pause_s
        self.at_once = len(answer) if at_once is None else at_once
        self.asked = 0
        self._closed = threading.Event()
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(0.02)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Hang up and wait for its threads."""
        self._closed.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(0.02)
            while not self._closed.is_set():
                with contextlib.suppress(TimeoutError):
                    if not client.recv(65_536):
                        return
                    self.asked += 1
                    self._say(client)

    def _say(self, client: socket.socket) -> None:
        client.settimeout(5)
        client.sendall(self.answer[: self.at_once])
        for byte in self.answer[self.at_once :]:
            if self._closed.wait(self.pause_s):
                return
            client.sendall(bytes([byte]))
        client.settimeout(0.02)


@contextmanager
def saying(answer: bytes, *, at_once: int | None = None, pause_s: float = 0.0) -> Iterator[Canned]:
    """A canned server for the length of a block."""
    server = Canned(answer, at_once=at_once, pause_s=pause_s)
    try:
        yield server
    finally:
        server.close()
