"""Facts about the PostgreSQL server that the history of its exporter has to agree with."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

FACTS = """
SELECT current_database(), (SELECT oid FROM pg_database WHERE datname = current_database()),
       current_setting('max_connections')
"""


@dataclass(frozen=True)
class DatabaseServer:
    """``server`` is the label that postgres_exporter 0.11 gives: host and port of its connection string."""

    server: str
    name: str
    oid: str
    max_connections: float


def facts(connection: psycopg.Connection[tuple[object, ...]], url: str) -> DatabaseServer:
    """What the server says about itself. Raises psycopg.Error."""
    row = connection.execute(FACTS).fetchone()
    if row is None:
        raise psycopg.DataError("the server does not say which database this is")
    place = conninfo_to_dict(url)
    server = f"{place.get('host', 'localhost')}:{place.get('port', 5432)}"
    return DatabaseServer(server, str(row[0]), str(row[1]), float(str(row[2])))
