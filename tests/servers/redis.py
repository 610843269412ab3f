"""A real Redis that keeps nothing on disk."""

from __future__ import annotations

from pathlib import Path

import redis

from tests.servers.ports import LOOPBACK, free_port
from tests.servers.processes import ServerProcess


class RedisServer:
    """A Redis on a port of its own; with ``password`` it answers nobody who does not give it."""

    def __init__(self, folder: Path, *, password: str | None = None) -> None:
        self.port = free_port()
        credentials = f":{password}@" if password else ""
        self.url = f"redis://{credentials}{LOOPBACK}:{self.port}/0"
        self.client = redis.Redis.from_url(self.url)
        folder.mkdir(parents=True, exist_ok=True)
        self.process = ServerProcess(
            f"redis on {self.port}",
            (
                *("redis-server", "--bind", LOOPBACK, "--port", str(self.port), "--dir", str(folder)),
                *("--save", "", "--appendonly", "no", "--loglevel", "warning"),
                *(("--requirepass", password) if password else ()),
            ),
            output=folder / "output.log",
            ready=self._answers,
        )

    def start(self) -> None:
        """Start, also again after ``stop``, on the same port; it is empty then."""
        self.process.start()

    def stop(self) -> None:
        """End it, and with it all that it held."""
        self.process.stop()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False
