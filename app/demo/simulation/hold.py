"""Holds idle connections while the fault db-connections-exhausted lasts."""

from __future__ import annotations

import sys

import psycopg

from app.demo.simulation.plan import Plan

LEFT_FREE = 22
A_TURN = 15
FREE = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
       - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
"""


class Hold:
    """Idle connections; at least twenty places stay free for others."""

    def __init__(self, plan: Plan) -> None:
        self._url = plan.database_url
        self._held: list[psycopg.Connection[tuple[object, ...]]] = []

    def keep(self, *, wanted: bool) -> None:
        """Take some more connections, or let go of all."""
        if not wanted:
            self.release()
            return
        try:
            self._take()
        except psycopg.Error as error:
            print(f"cannot hold more connections: {error}", file=sys.stderr)

    def release(self) -> None:
        """Close all of them."""
        for connection in self._held:
            connection.close()
        self._held.clear()

    def _take(self) -> None:
        if not self._held:
            self._held.append(self._open())
        row = self._held[0].execute(FREE).fetchone()
        free = int(str(row[0])) if row else 0
        for _ in range(min(A_TURN, free - LEFT_FREE)):
            self._held.append(self._open())

    def _open(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._url, autocommit=True, connect_timeout=3, application_name="held-by-fault")
