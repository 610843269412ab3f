"""Marks against the rows that the test wrote."""

from __future__ import annotations

import uuid

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.sources.database import open_pool
from app.sources.event_statements import MOST, STATEMENTS
from app.sources.events import EventStore
from app.sources.maintenance import COLUMNS as MAINTENANCE_COLUMNS
from app.sources.prometheus import Prometheus
from app.sources.questions import Over, Tally, Told, expand
from app.sources.results import Matrix, Rows, Series
from app.sources.windows import Window
from app.widgets.content import Mark, Marks
from app.widgets.marks import MARKS
from app.widgets.widget import Given
from tests.conftest import PrometheusWith
from tests.servers.prometheus import PrometheusServer
from tests.servers.samples import Samples

COMPARED = {"page.marks"}
END = 1_790_000_000
WINDOW = Window(END - 3_600, END, 15, live=False, asked=("a", "b"))


def write(database: str, at: float, kind: str, tags: dict[str, str]) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "insert into events (id, type, timestamp, tags, metadata, data)"
            " values (%s, %s, to_timestamp(%s), %s, %s, %s)",
            (uuid.uuid4(), kind, at, Jsonb(tags), Jsonb({}), Jsonb({"error": "secret text"})),
        )


def drawn(
    database: str, planned: tuple[tuple[object, ...], ...] = (), alerts: tuple[Series, ...] = ()
) -> tuple[Mark, ...]:
    with open_pool(database) as pool:
        events = EventStore(pool, "public").told(Told(Tally.MARKS), WINDOW, now=END + 10)
    given = {
        "events": events,
        "maintenance": Rows(MAINTENANCE_COLUMNS, planned, END),
        "alerts": Matrix(WINDOW.times, alerts, END),
    }
    content = MARKS.draw(Given(given, WINDOW, END + 10))
    assert isinstance(content, Marks)
    return content.items


def test_what_happened_in_the_range_is_marked_and_nothing_else(database: str) -> None:
    write(database, END - 3_600, "DEPLOY.COMPLETED.SUCCESS", {"service": "api", "version": "1.0"})  # before
    write(database, END - 600, "DEPLOY.COMPLETED.SUCCESS", {"service": "api", "version": "1.8.1"})
    write(database, END - 500, "WORKFLOW.FAILED", {"workflowId": "wf-1", "stepId": "MERGE"})
    write(database, END - 400, "SYSTEM.ALERT.RAISED", {"ruleName": "High error rate"})
    write(database, END - 300, "WORKFLOW.COMPLETED", {"workflowId": "wf-2"})
    write(database, END + 5, "ALERT.FIRED", {"ruleName": "later"})
    assert drawn(database) == (
        Mark(END - 600, None, "deploy", "api 1.8.1 deployed", "/services/api"),
        Mark(END - 500, None, "workflow", "workflow wf-1 failed at MERGE"),
        Mark(END - 400, None, "alert", "alert High error rate fired"),
    )


def test_maintenance_is_a_span_and_a_cancelled_one_is_none(database: str) -> None:
    planned = (END - 900, END - 300, ["api", "workers"], "new disks", "over")
    cancelled = (END - 800, END - 300, [], "not done", "cancelled")
    assert drawn(database, (planned, cancelled)) == (
        Mark(END - 900, END - 300, "maintenance", "Maintenance of api, workers: new disks", "/availability"),
    )


def test_an_alert_of_prometheus_is_marked_where_it_begins_to_fire(database: str) -> None:
    """One that fires from the beginning of the range began before it."""
    times = WINDOW.times
    begins = {times[10], times[100]}
    late = tuple(1.0 if 10 <= at < 20 or at >= 100 else None for at in range(len(times)))
    series = (
        Series({"alertname": "TammaErrorRateHigh", "job": "api"}, late),
        Series({"alertname": "TammaHostCpuHigh"}, (1.0,) * len(times)),
    )
    found = drawn(database, alerts=series)
    assert {one.start for one in found} == begins
    assert {(one.kind, one.text) for one in found} == {("alert", "alert TammaErrorRateHigh of api fires")}


def test_a_busy_kind_does_not_push_out_the_others(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MOST, Tally.MARKS, 3)
    write(database, END - 3_000, "DEPLOY.COMPLETED.SUCCESS", {"service": "workers-2", "version": "2"})
    for number in range(5):
        write(database, END - 500 - number, "WORKFLOW.FAILED", {"workflowId": f"wf-{number}"})
    with open_pool(database) as pool:
        rows = EventStore(pool, "public").told(Told(Tally.MARKS), WINDOW, now=END + 10)
    assert rows.warnings == ("The newest 3 are shown.",)
    marks = drawn(database)
    assert [one.kind for one in marks] == ["deploy", "workflow", "workflow", "workflow"]
    assert marks[0].href == "/services/workers", "an instance leads to its service"


def test_the_text_of_an_event_stays_with_those_who_may_read_events(database: str) -> None:
    write(database, END - 500, "WORKFLOW.FAILED", {"workflowId": "wf-1"})
    assert "secret" not in str(drawn(database))


@pytest.mark.parametrize("service", ["", "../admin", 'x" onclick="', "a b"])
def test_a_mark_leads_to_no_odd_address(database: str, service: str) -> None:
    write(database, END - 500, "DEPLOY.COMPLETED.SUCCESS", {"service": service})
    assert drawn(database)[0].href == ""


def alerts_drawn(server: PrometheusServer, window: Window) -> tuple[Mark, ...]:
    """The marks of alerts alone over a window, as a server has them; it is stopped."""
    question = MARKS.questions["alerts"]
    assert isinstance(question, Over)
    matrix = Prometheus(server.url).over_range(expand(question.promql, window, rate_s=window.rate_s), window)
    server.stop()
    nothing = Rows(STATEMENTS[Tally.MARKS][1], (), END)
    given = {"events": nothing, "maintenance": Rows(MAINTENANCE_COLUMNS, (), END), "alerts": matrix}
    content = MARKS.draw(Given(given, window, END + 10))
    assert isinstance(content, Marks)
    return content.items


def test_an_alert_between_two_steps_of_a_month_is_marked(prometheus_with: PrometheusWith) -> None:
    """It fired for ten minutes in the middle of a step of two hours, and again at the end."""
    window = Window(END - 30 * 86_400, END, 7_200, live=False, asked=("a", "b"))
    slot = window.times[100]
    fired = [range(slot - 4_000, slot - 3_400, 60), range(END - 600, END, 60)]
    history = Samples()
    labels = {"alertname": "TammaServiceDown", "alertstate": "firing", "job": "api"}
    history.add("ALERTS", labels, [(at, 1) for times in fired for at in times])
    history.add("up", {}, [(at, 1) for at in range(window.start, END, 3_600)])
    found = alerts_drawn(prometheus_with(history), window)
    assert [(mark.start, mark.text) for mark in found] == [
        (slot, "alert TammaServiceDown of api fires"),
        (window.times[-1], "alert TammaServiceDown of api fires"),
    ]


def test_an_alert_that_is_evaluated_less_often_than_a_step_passes_is_marked_once(
    prometheus_with: PrometheusWith,
) -> None:
    """It fires for ten minutes of the last hour; Prometheus looks once a minute, the chart every 15 s."""
    begun = END - 1_800
    labels = {"alertname": "TammaServiceDown", "alertstate": "firing", "job": "api"}
    history = Samples().add("ALERTS", labels, [(at, 1) for at in range(begun, begun + 601, 60)])
    (mark,) = alerts_drawn(prometheus_with(history), WINDOW)
    assert 0 <= mark.start - begun < 15
