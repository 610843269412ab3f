"""Shows those out whose session or token has ended, or who have another role now."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from app.access import Role
from app.push.hub import Hub
from app.sources.errors import SourceError

EVERY_S = 60.0
# A wave of sign-outs is one look.
PAUSE_S = 0.2
RETRY_S = 3.0
SIGNED_OUT = "signed out"
Roles = Callable[[Iterable[bytes | UUID]], Mapping[bytes | UUID, Role | None]]
log = logging.getLogger(__name__)


class Doorman:
    """A thread that looks at everybody in the hub when it is told to, and once a minute."""

    def __init__(self, hub: Hub, roles: Roles, *, every_s: float = EVERY_S) -> None:
        self._hub = hub
        self._roles = roles
        self._every_s = every_s
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="doorman", daemon=True)

    def start(self) -> None:
        """Begins; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._stopped.set()
        self._wanted.set()

    def look(self) -> None:
        """Asks for a look soon; returns at once."""
        self._wanted.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wanted.wait(self._every_s)
            self._stopped.wait(PAUSE_S)
            self._wanted.clear()
            try:
                self._look()
            except SourceError as error:  # while the database is away, those who are in stay in, as on the pages
                log.warning("who may still watch cannot be looked up: %s", error)
                self._stopped.wait(RETRY_S)
                self._wanted.set()
            except Exception:  # a thread's boundary: dead, it would let everybody stay for ever
                log.exception("who may still watch cannot be looked up")

    def _look(self) -> None:
        clients = self._hub.clients()
        roles = self._roles({client.watcher.key for client in clients}) if clients else {}
        for client in clients:
            if roles.get(client.watcher.key) is not client.watcher.role:
                client.close(SIGNED_OUT)
