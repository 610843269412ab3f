"""Ports of the loopback interface for the servers that this project starts on its own machine."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import tempfile
from functools import cache
from pathlib import Path

# Below the range that Linux hands to outgoing connections, so that no client takes a port between choice and use.
LOWEST, HIGHEST = 15_000, 32_000
LOOPBACK = "127.0.0.1"

_ours: set[int] = set()


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on ``port`` now; connections left in TIME_WAIT do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def claim(port: int) -> bool:
    """Whether ``port`` is free and no other process of this account has claimed it; ours until this process ends.

    A server may bind its port half a minute after it was chosen, and until then nothing listens there. The claim is a
    lock on one byte of a shared file, which the system takes back however the process ends.
    """
    if not is_free(port):
        return False
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except BlockingIOError:
        return False
    _ours.add(port)
    return True


def free_ports(count: int) -> tuple[int, ...]:
    """Different ports on which nothing listens, chosen at random and claimed."""
    chosen: set[int] = set()
    while len(chosen) < count:
        port = secrets.choice(range(LOWEST, HIGHEST))
        if port not in _ours and claim(port):
            chosen.add(port)
    return tuple(chosen)


@cache
def _claims() -> int:
    """The shared file's descriptor, kept open: a process that closes the file once loses every lock it has there."""
    path = Path(tempfile.gettempdir()) / f"tamma-ports-{os.geteuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
