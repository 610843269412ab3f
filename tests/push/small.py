"""The web process with few seats, small buffers and quick pings: ``python -m tests.push.small``, settings as ever.

PROMETHEUS_MULTIPROC_DIR has to be set: the product sets it before it loads what counts.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from app.api import push
from app.push.live import EXTENSION
from app.serving import Web
from app.settings import load

SEATS = 20
PING_S = 3
SEND_BUFFER = 4_096


class Small(Web):
    """The product's own server, with as many threads beside the seats as it has there."""

    def load_config(self) -> None:
        """Threads for the seats and for requests, and no more."""
        super().load_config()
        settings = load(os.environ)
        for name, value in {"threads": settings.web_threads + SEATS, "when_ready": _shrink}.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, with fewer seats."""
        push.SOCK_OPTIONS["ping_interval"] = PING_S
        server = super().load()
        server.extensions[EXTENSION].hub.most = SEATS
        return server


def _shrink(arbiter: Any) -> None:
    """Connections inherit it: what nobody reads fills the kernel's buffer in seconds, not in minutes."""
    for listener in arbiter.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


if __name__ == "__main__":
    Small(load(os.environ)).run()
