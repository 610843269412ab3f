"""The history of a first start: written once, and never among other events."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from app.demo.first_start import ensure_history
from app.demo.place import DemoError, Place
from app.demo.simulation.plan import INSTANCES, Plan


def plan(place: Place, database: str) -> Plan:
    return Plan(5, place.directory, database, "public", {instance.name: 1 for instance in INSTANCES})


def test_a_database_with_events_is_left_alone(tmp_path: Path, database: str) -> None:
    place = Place(tmp_path)
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO events (id, type, timestamp, data) VALUES (gen_random_uuid(), 'X.Y', now(), '{}')"
        )
    with pytest.raises(DemoError, match="holds events already"):
        ensure_history(place, plan(place, database), days=1, say=lambda _: None)
    assert place.history_days is None


def test_an_unreachable_database_is_an_error_for_people(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with pytest.raises(DemoError, match="cannot be written"):
        ensure_history(place, plan(place, "postgresql://127.0.0.1:1/x"), days=1, say=lambda _: None)


def test_a_complete_history_is_kept_as_it_is(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.finish_history(30)
    said: list[str] = []
    ensure_history(place, plan(place, "postgresql://127.0.0.1:1/x"), days=7, say=said.append)
    assert place.history_days == 30
    assert "30 days is kept" in said[0]
