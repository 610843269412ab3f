"""The history that a first start writes before anything runs: blocks of Prometheus, log files, events."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
from psycopg import sql

from app.demo.place import DemoError, Place
from app.demo.simulation.blocks import BlockError
from app.demo.simulation.history import write_history
from app.demo.simulation.plan import Plan

CONNECT_TIMEOUT_S = 10


def ensure_history(place: Place, plan: Plan, *, days: int, say: Callable[[str], None]) -> None:
    """Write ``days`` of history, unless an earlier start has completed it; what it has is then kept as it is.

    Raises DemoError, also for a database that holds events already.
    """
    kept = place.history_days
    if kept is not None:
        if kept != days:
            say(f"the history of {kept} days is kept; `make demo-clean` makes room for another")
        return
    say(f"writing {days} days of history (once)")
    blocks = place.directory / "prometheus" / "data"
    blocks.mkdir(parents=True, exist_ok=True)
    try:
        _require_no_events(plan)
        write_history(plan, days=days, now=time.time(), blocks_dir=blocks, progress=say)
    except (BlockError, psycopg.Error, OSError) as error:
        raise DemoError(f"The history cannot be written: {error}") from error
    place.finish_history(days)


def _require_no_events(plan: Plan) -> None:
    """Refuse to mix simulated events with real ones, or with those of an interrupted first start."""
    events = sql.Identifier(plan.event_schema, "events")
    with psycopg.connect(plan.database_url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        row = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(events)).fetchone()
    if row and row[0]:
        raise DemoError(
            "The database of DATABASE_URL holds events already, and the demo would add simulated ones to them. "
            "Name an empty database, or unset DATABASE_URL for an embedded one"
        )
