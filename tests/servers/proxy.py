"""A TCP proxy in front of a real server that can be told to refuse, hang, delay, cut or answer nonsense."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from tests.servers.ports import LOOPBACK, free_port
from tests.servers.processes import wait_until

Mode = Literal["pass", "refuse", "hang", "cut", "delay", "garbage", "noise"]
CHUNK = 65536
TICK_S = 0.02
NONSENSE = b'{"status": "success", "data": [[["half a'
GARBAGE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(NONSENSE),
    NONSENSE,
)
NOISE = b"\x16\x03\x01 this is no HTTP \xff\xfe\r\n\r\n"


@dataclass(frozen=True)
class Behaviour:
    """What the proxy does now."""

    mode: Mode
    delay_s: float = 0.0


class Proxy:
    """Listens on a port of its own for ``host:port``; ``connections`` counts the ones accepted.

    pass: everything goes through. refuse: nobody listens, and open connections are reset. hang: connections are
    accepted and nothing moves. delay: each part of an answer comes ``delay_s`` late. cut: half of the next part of an
    answer, then a reset. garbage: an HTTP answer 200 with JSON that ends in the middle. noise: bytes that are no HTTP.
    """

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.port = free_port()
        self.connections = 0
        self._behaviour = Behaviour("pass")
        self._closed = threading.Event()
        self._pairs: set[_Pair] = set()
        self._accepting = True
        self._listener = self._listen()
        self._thread = threading.Thread(target=self._accept, daemon=True, name=f"proxy-{self.port}")
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address as an HTTP base URL."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def behaviour(self) -> Behaviour:
        """What it does now."""
        return self._behaviour

    def through(self, url: str) -> str:
        """``url`` (of any scheme, with or without a password) with the proxy's host and port in it."""
        parts = urlsplit(url)
        credentials = parts.netloc.rpartition("@")[0]
        netloc = f"{credentials}@{LOOPBACK}:{self.port}" if credentials else f"{LOOPBACK}:{self.port}"
        return urlunsplit(parts._replace(netloc=netloc))

    def switch(self, mode: Mode, *, delay_s: float = 0.0) -> None:
        """Behave so from now on, for open connections too; returns once it does."""
        self._behaviour = Behaviour(mode, delay_s)
        wait_until(lambda: self._accepting == (mode != "refuse"), what=f"the proxy's mode {mode}")
        if mode == "refuse":
            self.reset_all()

    def reset_all(self) -> None:
        """Reset every open connection, as a server does that is killed."""
        for pair in tuple(self._pairs):
            pair.reset()

    def close(self) -> None:
        """Stop listening and reset what is open."""
        self._closed.set()
        self._thread.join()
        self._listener.close()
        self.reset_all()

    def _listen(self, *, accepting: bool = True) -> socket.socket:
        """A socket on our port; one that does not accept holds the port, and the kernel refuses who connects."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, self.port))
        if accepting:
            listener.listen(128)
            listener.settimeout(TICK_S)
        return listener

    def _accept(self) -> None:
        while not self._closed.is_set():
            wanted = self._behaviour.mode != "refuse"
            if wanted != self._accepting:
                # Only in this thread: a socket that another thread waits on keeps its port after close().
                self._listener.close()
                self._listener = self._listen(accepting=wanted)
                self._accepting = wanted
            if not wanted:
                self._closed.wait(TICK_S)
                continue
            with contextlib.suppress(TimeoutError):
                self._serve(self._listener.accept()[0])

    def _serve(self, client: socket.socket) -> None:
        self.connections += 1
        pair = _Pair(self, client)
        self._pairs.add(pair)
        threading.Thread(target=pair.run, daemon=True, name=f"proxy-{self.port}-pair").start()

    def forget(self, pair: _Pair) -> None:
        """A connection has ended."""
        self._pairs.discard(pair)


class _Pair:
    """One client and its connection to the server, which is made when there is something to say to it."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self.proxy = proxy
        self.client = client
        self.server: socket.socket | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        """Move bytes until one side ends or the proxy says otherwise."""
        with contextlib.suppress(OSError, ValueError):  # a side is gone (closed: a ValueError), and so are we
            while not self.ended.is_set() and self._step(self.proxy.behaviour):
                pass
        self._close()
        self.proxy.forget(self)

    def reset(self) -> None:
        """End with RST instead of FIN, so that the client sees an error and not an end."""
        with contextlib.suppress(OSError):
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.ended.set()  # its thread closes it within a tick

    def _close(self) -> None:
        self.client.close()
        if self.server is not None:
            self.server.close()

    def _step(self, now: Behaviour) -> bool:
        """One look at both sides; False when the connection is over."""
        if now.mode == "hang":
            self.ended.wait(TICK_S)
            return True
        if self.server is None and now.mode in ("pass", "delay", "cut"):
            self.server = socket.create_connection(self.proxy.target, timeout=5)
        sides = [side for side in (self.client, self.server) if side is not None]
        readable, _, _ = select.select(sides, [], [], TICK_S)
        return all(self._move(side, self.proxy.behaviour) for side in readable)

    def _move(self, side: socket.socket, now: Behaviour) -> bool:
        if now.mode == "hang":
            return True
        data = side.recv(CHUNK)
        if not data:
            return False
        if side is not self.client:
            return self._answer(data, now)
        if now.mode in ("garbage", "noise"):
            self.client.sendall(GARBAGE if now.mode == "garbage" else NOISE)
            return False
        if self.server is not None:
            self.server.sendall(data)
        return True

    def _answer(self, data: bytes, now: Behaviour) -> bool:
        if now.mode == "delay":
            self.ended.wait(now.delay_s)
        if now.mode == "cut":
            self.client.sendall(data[: len(data) // 2])
            self.reset()
            return False
        self.client.sendall(data)
        return True
