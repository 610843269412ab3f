"""The live channel of a process: hears, tells, and shows out. Started after the fork, with the process."""

from __future__ import annotations

import secrets

from app.push.doorman import Doorman, Roles
from app.push.hub import Hub
from app.push.listener import Listener
from app.push.logwatch import LogWatch
from app.sources.logs import LogFiles

PATH = "/api/dashboard/ws"
EXTENSION = "tamma_live"  # where a Flask server keeps its live channel
# Each connection holds two threads of its own. Two processes are enough for a thousand, however unevenly they come.
MOST_CONNECTIONS = 800


class Live:
    """Listener, log watch, hub and doorman together."""

    def __init__(self, url: str, schema: str, *, logs: LogFiles, roles: Roles, most: int = MOST_CONNECTIONS) -> None:
        self.hub = Hub(secrets.token_hex(4), most=most)
        self._doorman = Doorman(self.hub, roles)
        hub, look = self.hub, self._doorman.look
        self._listener = Listener(url, schema, heard=hub.heard, checked=look, turned=hub.heard_by)
        self._logs = LogWatch(logs, heard=hub.heard)

    def start(self) -> None:
        """Begins to hear and to tell."""
        self.hub.start()
        self._doorman.start()
        self._listener.start()
        self._logs.start()

    def stop(self) -> None:
        """Ends all connections."""
        self.hub.stop()
        self._doorman.stop()
        self._logs.stop()
        self._listener.stop()
