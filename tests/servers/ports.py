"""Ports for the servers of the tests."""

from __future__ import annotations

from app.sources.loopback import LOOPBACK, free_ports

__all__ = ["LOOPBACK", "free_port", "free_ports"]


def free_port() -> int:
    """A port on which nothing listens."""
    (port,) = free_ports(1)
    return port
