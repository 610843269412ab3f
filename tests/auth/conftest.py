"""The site under test, on a real PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from tests.auth.site import Site, build, settings_for


@pytest.fixture
def site(database: str, pool: ConnectionPool[Any]) -> Site:
    """A site on plain http of this machine."""
    return build(pool, settings_for(database))


@pytest.fixture
def secure_site(database: str, pool: ConnectionPool[Any]) -> Site:
    """A site behind TLS."""
    return build(pool, settings_for(database, PUBLIC_URL="https://health.example.org"))
