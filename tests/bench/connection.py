"""One kept connection that tells how long an answer took, without a client's own work in it."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass

from backports import zstd

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Reply:
    """An answer: ms from the request's first byte to the reply's last, its status, and its body, decoded."""

    took_ms: float
    status: int
    body: bytes


class Connection:
    """HTTP to one port of this machine. For one thread at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._http = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)

    def post(self, path: str, body: str, headers: Mapping[str, str]) -> Reply:
        """Sends a body; a connection that was closed since the last answer is opened anew, once."""
        try:
            return self._post(path, body.encode(), headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            self._http.close()
            return self._post(path, body.encode(), headers)

    def close(self) -> None:
        """Ends it."""
        self._http.close()

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        if self._http.sock is None:
            self._http.connect()
        begun = time.perf_counter()
        self._http.request("POST", path, body, dict(headers))
        reply = self._http.getresponse()
        content = reply.read()
        took_ms = (time.perf_counter() - begun) * 1_000
        if reply.headers.get("Content-Encoding") == "zstd":
            content = zstd.decompress(content)
        return Reply(took_ms, reply.status, content)
