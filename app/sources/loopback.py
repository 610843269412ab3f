"""Ports of the loopback interface for the servers that this project starts on its own machine."""

from __future__ import annotations

import secrets
import socket

# Below the range that Linux hands to outgoing connections, so that no client takes a port between choice and use.
LOWEST, HIGHEST = 15_000, 32_000
LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on ``port`` now; connections left in TIME_WAIT do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> tuple[int, ...]:
    """Different ports on which nothing listens, chosen at random."""
    chosen: set[int] = set()
    while len(chosen) < count:
        port = secrets.choice(range(LOWEST, HIGHEST))
        if port not in chosen and is_free(port):
            chosen.add(port)
    return tuple(chosen)
