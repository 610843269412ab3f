"""Cards claim no more than was answered: rests of a list, halves of a range, rates of what is gone, a database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from app.health.status import Status
from app.sources.event_statements import MOST
from app.sources.events import EventStore
from app.sources.questions import Tally, Told
from app.sources.results import Matrix, Result, Rows, Sample, Series, Vector
from app.sources.tellers import COLUMNS
from app.sources.windows import Window, read_window
from app.widgets import trends
from app.widgets.content import Badge, Grid, Number, Numbers
from app.widgets.newest import shown_of
from app.widgets.registry import find
from app.widgets.widget import Given, Widget
from tests.conftest import PrometheusWith
from tests.servers.samples import Samples
from tests.widgets.drawers import drawer_at, records

END = 1_789_999_200
NOW = END + 11.0
WINDOW = read_window("now-1h", "now", NOW)


def of(key: str) -> Widget:
    widget = find(key)
    assert widget is not None
    return widget


# Lists that are cut.


@pytest.mark.parametrize(
    ("tally", "found", "words"),
    [
        (Tally.RUNS_FAILED, 6, ""),
        (Tally.RUNS_FAILED, 50, "6 of 50 shown, the newest."),
        (Tally.RUNS_FAILED, 499, "6 of 499 shown, the newest."),
        (Tally.RUNS_FAILED, 500, "6 of 500 or more shown, the newest."),
        (Tally.EVENTS, 50, "6 of 50 or more shown, the newest."),
    ],
)
def test_a_list_says_how_much_of_it_is_shown(tally: Tally, found: int, words: str) -> None:
    assert shown_of(6, found, tally) == words


@pytest.mark.parametrize(("found", "words"), [(50, "6 of 50"), (500, "6 of 500 or more")])
def test_the_card_of_failed_runs_knows_its_own_limit(found: int, words: str) -> None:
    rows = tuple((str(at), "", "", "MERGE", END - 60.0, float(END - at)) for at in range(found))
    card = of("workflows.failed").draw(Given({"runs": Rows(COLUMNS[Tally.RUNS_FAILED], rows, NOW)}, WINDOW, NOW))
    assert isinstance(card, Grid)
    assert card.remark == f"{words} shown, the newest."


def test_steps_are_cut_by_their_number_and_not_by_their_age(database: str, pool: ConnectionPool[Any]) -> None:
    most = MOST[Tally.STEPS_FAILING]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.cursor().executemany(
            "insert into workflow_runs (id, current_step, started_at, completed_at, status)"
            " values (%s, %s, to_timestamp(%s), to_timestamp(%s), 'failed')",
            [(f"{at}", f"step {at}", END - 900, END - 60 - at) for at in range(most + 1)],
        )
    store = EventStore(pool, "public")
    steps = store.told(Told(Tally.STEPS_FAILING), WINDOW, now=NOW)
    assert steps.warnings == (f"The {most} steps with the most failed runs are shown.",)
    card = of("workflows.failing").draw(Given({"steps": steps}, WINDOW, NOW))
    assert isinstance(card, Grid)
    assert card.remark == f"6 of {most} or more steps shown, those with the most failed runs."
    assert store.told(Told(Tally.RUNS_FAILED), WINDOW, now=NOW).warnings == ()


# Half a range against a whole one.


def against(known: float, before: float) -> Number:
    """Issues at one a second, known for so much of the range and of as long before."""
    steps = len(WINDOW.times)
    answers: dict[str, Result] = {}
    for name in trends.DONE.questions:
        share = before if name.endswith("earlier") else known
        values = tuple(None if at >= share * steps else 1.0 for at in range(steps))
        answers[name] = Matrix(WINDOW.times, (Series({}, values),), NOW, 1)
    content = trends.DONE.draw(Given(answers, WINDOW, NOW))
    assert isinstance(content, Numbers)
    return content.items[0]


def test_a_range_that_is_half_unknown_is_no_drop() -> None:
    half = against(0.5, 1.0)
    assert (half.change, half.better) == ("", None)
    assert half.text != "–"
    assert half.note == "known for 50 % of the range"


@pytest.mark.parametrize(
    ("known", "before", "note"), [(1, 1, ""), (0.95, 1, ""), (1, 0.5, "as long before is not known")]
)
def test_whole_ranges_are_compared(known: float, before: float, note: str) -> None:
    one = against(known, before)
    assert one.note == note
    assert bool(one.change) is not note.startswith("as long")


# What is gone.


def fading(*, up: float | None) -> Mapping[str, Result]:
    """An api that worked for an hour until a minute ago, and whose instance answers no scrape any more."""
    answered = {"rate": 7.0, "errors": 0.2, "p95": 3.0, "cpu": 0.5, "memory": None, "restarts": 2.0, "jobs": 240.0}
    found: dict[str, Result] = {
        name: Vector(() if value is None else (Sample({"job": "api"}, value),), NOW) for name, value in answered.items()
    }
    ups = () if up is None else (Sample({"job": "api", "instance": "api-0"}, up),)
    return {**found, "up": Vector(ups, NOW), "maintenance": Rows(COLUMNS[Tally.MAINTENANCE], (), NOW)}


@pytest.mark.parametrize("up", [0.0, None])
def test_rates_of_a_service_that_is_not_up_are_unknown(up: float | None) -> None:
    widget, given = of("services.now"), Given(fading(up=up), WINDOW, NOW)
    (row,) = (one for one in widget.table(given).rows if one[0] == "api")
    assert row[5:] == (None, None, None, None, None, 2.0)
    grid = widget.draw(given)
    assert isinstance(grid, Grid)
    (cells,) = (one for one in grid.rows if one[0].text == "api")
    assert [cells[at].text for at in (3, 4, 5, 6)] == ["–"] * 4
    assert [cells[at].status for at in (4, 5, 6)] == [None] * 3
    assert (cells[3].note, cells[6].note) == ("no instance up",) * 2
    (row,) = (one for one in widget.table(Given(fading(up=1.0), WINDOW, NOW)).rows if one[0] == "api")
    assert row[5:9] == (7.0, 0.2, 3.0, 0.5)


def test_a_service_that_went_a_minute_ago_has_no_rates(
    prometheus_with: PrometheusWith, pool: ConnectionPool[Any], tmp_path: Path
) -> None:
    """In a real Prometheus, whose rates over five minutes go on."""
    moments, gone, labels = range(END - 3_600 + 7, END + 8, 15), END - 60, {"job": "api", "instance": "api-0"}
    alive = [at for at in moments if at < gone]
    samples = Samples().add("up", labels, [(at, float(at < gone)) for at in moments])
    samples.add("process_cpu_seconds_total", labels, [(at, 0.5 * (at - END + 4_000)) for at in alive], "counter")
    samples.add("tamma_errors_total", labels, [(at, at - END + 4_000.0) for at in alive], "counter")
    server = prometheus_with(samples)
    drawer = drawer_at(NOW, prometheus=server.url, pool=pool, folder=tmp_path)
    (row,) = records(drawer, "service.now:api", WINDOW)
    assert (row["cpu"], row["errors"], row["instances"]) == (None, None, 0)
    then = Window(END - 900, gone - 60, 15, live=False, asked=("a", "b"))
    (row,) = records(drawer, "service.now:api", then)
    assert row["cpu"] == pytest.approx(0.5, rel=1e-3)
    assert row["errors"] == pytest.approx(60, rel=1e-3)


def test_the_numbers_of_a_service_say_that_no_instance_is_up() -> None:
    widget = of("service.now:api")
    answers: dict[str, Result] = {name: Vector((Sample({}, 3.0),), NOW) for name in widget.questions}
    content = widget.draw(Given({**answers, "instances": Vector((Sample({}, 0.0),), NOW)}, WINDOW, NOW))
    assert isinstance(content, Numbers)
    items = {one.label: one for one in content.items}
    for label in ("Requests", "Failed", "p95", "Errors", "CPU"):
        assert (items[label].text, items[label].note, items[label].alarming) == ("–", "no instance up", False)
    assert items["Restarts"].text == "3"


# A database.

HEALTHY = {"up": 1.0, "connections": 40.0, "allowed": 100.0, "reserved": 3.0, "p95": 0.02, "hits": 0.99, "reads": 500.0}


def database(*unanswered: str, **changed: float | None) -> Given:
    values = {**HEALTHY, **changed, **dict.fromkeys(unanswered)}
    answers: dict[str, Result] = {
        name: Vector(() if values.get(name) is None else (Sample({}, values[name]),), NOW)
        for name in of("database.status").questions
    }
    return Given(answers, WINDOW, NOW, unanswered=frozenset(unanswered))


@pytest.mark.parametrize("missing", ["connections", "allowed"])
def test_connections_are_to_spare_only_when_they_are_known(missing: str) -> None:
    badge = of("database.status").draw(database(**{missing: None}))
    assert isinstance(badge, Badge)
    words = "PostgreSQL answers; how many connections are taken is not known"
    assert (badge.status, badge.reason) == (Status.HEALTHY, words)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("connections", "reserved"), "connections"),
        (("allowed", "deadlocks"), "connections, deadlocks"),
        (("waiting", "slow"), "queries that wait, slow queries"),
        (("hits", "transaction", "unwritten"), "cache hits, open transactions, events not written"),
    ],
)
def test_what_got_no_answer_is_named_and_nothing_is_called_healthy(missing: tuple[str, ...], words: str) -> None:
    badge, card = (of(key).draw(database(*missing)) for key in ("database.status", "database.concerns"))
    assert isinstance(badge, Badge)
    assert isinstance(card, Grid)
    assert (badge.status, badge.reason) == (Status.UNKNOWN, f"PostgreSQL answers; not known: {words}")
    assert card.remark == f"Nothing stands out of what is known. Not known: {words}."


def test_what_is_wrong_is_wrong_whatever_else_is_not_known() -> None:
    badge, card = (
        of(key).draw(database("connections", deadlocks=2.0)) for key in ("database.status", "database.concerns")
    )
    assert isinstance(badge, Badge)
    assert isinstance(card, Grid)
    assert (badge.status, badge.reason) == (Status.DEGRADED, "2 deadlocks within 5 minutes")
    assert (len(card.rows), card.remark) == (1, "Not known: connections.")
