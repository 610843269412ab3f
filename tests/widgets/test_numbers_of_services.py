"""Every number of the services' pages against its own arithmetic on the raw samples and rows."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.drawing import Drawer
from app.drawn import State
from app.health.status import Status
from app.patience import Patience
from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.database import open_pool
from app.sources.events import EventStore
from app.sources.maintenance import COLUMNS as MAINTENANCE_COLUMNS
from app.sources.prometheus import Prometheus
from app.sources.questions import Told
from app.sources.results import Rows, Sample, Vector
from app.sources.tellers import ALERT_COLUMNS
from app.sources.windows import Window, read_window
from app.ui.render import render
from app.widgets.content import Grid
from app.widgets.registry import FAMILIES, find
from app.widgets.service_scope import Scope
from app.widgets.widget import Given, Widget
from tests.conftest import PrometheusWith
from tests.widgets import past
from tests.widgets.arithmetic import History, Labels, increase, latest, quantile, rate, total, within
from tests.widgets.past import END, NOW
from tests.widgets.services_past import HOSTILE, samples, started

API = "tamma_api_response_duration_seconds"
SERVICES = ("orchestrator", "workers", "api", "dashboard")
NOW_RATE_S = 300
Curves = dict[str, list[float | None]]
Keep = Callable[[Labels], bool]
Record = Mapping[str, Any]
WINDOWS = {
    "the last hour": ("now-1h", "now"),
    "a past range with both outages": ("2026-09-21T12:20:10Z", "2026-09-21T13:41:00Z"),
    "longer than the history": ("now-24h", "now"),
}
COMPARED = {
    *("service.rate", "service.failed", "service.latency", "service.endpoints", "service.errors", "service.errortypes"),
    *("service.cpu", "service.memory", "service.disk", "service.network", "service.lag", "service.descriptors"),
    *("service.header", "service.now", "service.instances", "service.dependencies", "service.events", "service.alerts"),
    *("service.calls", "service.callfailures", "service.callduration", "service.tasks", "service.steps"),
    *("services.now", "services.infrastructure", "services.latency"),
}


@pytest.fixture(params=WINDOWS.values(), ids=WINDOWS)
def window(request: pytest.FixtureRequest) -> Window:
    return read_window(*request.param, NOW)


@pytest.fixture(scope="module")
def whole() -> History:
    return History(samples())


@pytest.fixture(scope="module")
def services_drawer(
    prometheus_with: PrometheusWith, eventful_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drawer]:
    server = prometheus_with(samples())
    with open_pool(eventful_database) as pool:
        cache = SharedCache(tmp_path_factory.mktemp("services") / "cache")
        answers = Answers(
            prometheus=Prometheus(server.url), events=EventStore(pool, "public"), cache=cache, clock=lambda: NOW
        )
        yield Drawer(answers=answers, cache=cache, render=render, patience=Patience(8), clock=lambda: NOW)
    server.stop()


def of(key: str) -> Widget:
    widget = find(key)
    assert widget is not None, key
    return widget


def records(drawer: Drawer, key: str, window: Window) -> list[Record]:
    table = drawer.table(of(key), window)
    return [dict(zip([column.name for column in table.columns], row, strict=True)) for row in table.rows]


def having(**wanted: str) -> Keep:
    return lambda labels: all(labels.get(name) == value for name, value in wanted.items())


def rate_range(window: Window) -> int:
    return max(window.step, 60 if window.live else 300)


def instant_of(window: Window, every_s: int = 15) -> int:
    now = int(NOW) // every_s * every_s
    return now if window.live else min(window.end, now)


def near(value: float | None) -> object:
    return None if value is None else pytest.approx(value, rel=1e-9)


def rates(history: History, name: str, keep: Keep, at: float, range_s: float) -> float | None:
    return total(rate(points, at, range_s) for _, points in history.of(name, keep))


def gauges(history: History, name: str, keep: Keep, at: float) -> float | None:
    return total(latest(points, at) for _, points in history.of(name, keep))


def share(history: History, name: str, keep: Keep, failed: Keep, at: float, range_s: float) -> float | None:
    every = rates(history, name, keep, at, range_s)
    bad = rates(history, name, lambda labels: keep(labels) and failed(labels), at, range_s)
    return (bad or 0.0) / every if every else None


def percentile(history: History, name: str, keep: Keep, at: float, range_s: float, part: float) -> float | None:
    buckets: dict[float, float] = {}
    for labels, points in history.of(f"{name}_bucket", keep):
        if (value := rate(points, at, range_s)) is not None:
            buckets[float(labels["le"])] = buckets.get(float(labels["le"]), 0.0) + value
    return quantile(part, buckets)


def over(window: Window, value: Callable[[int], float | None]) -> list[float | None]:
    return [value(at) for at in window.times]


def server_error(labels: Labels) -> bool:
    return labels.get("status_code", "").startswith("5")


def call_failed(labels: Labels) -> bool:
    return labels.get("outcome", labels.get("status")) in ("failure", "timeout", "error")


def by_class(history: History, window: Window, keep: Keep) -> Curves:
    found = {
        f"{digit}xx": over(
            window,
            lambda at, digit=digit: rates(  # type: ignore[misc]
                history,
                f"{API}_count",
                lambda labels: keep(labels) and labels.get("status_code", "")[:1] == digit,
                at,
                rate_range(window),
            ),
        )
        for digit in "245"
    }
    return {name: values for name, values in found.items() if any(one is not None for one in values)}


def percentiles(history: History, window: Window, name: str, keep: Keep) -> Curves:
    return {
        word: over(window, lambda at, part=part: percentile(history, name, keep, at, rate_range(window), part))  # type: ignore[misc]
        for word, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }


def errors(history: History, window: Window, keep: Keep) -> Curves:
    kinds = sorted({labels["error_type"] for labels, _ in history.of("tamma_errors_total", keep)})

    def of_kind(kind: str, at: int) -> float | None:
        found = rates(
            history,
            "tamma_errors_total",
            lambda labels: keep(labels) and labels["error_type"] == kind,
            at,
            rate_range(window),
        )
        return None if found is None else 60 * found

    curves = {kind: over(window, lambda at, kind=kind: of_kind(kind, at)) for kind in kinds}  # type: ignore[misc]
    return {kind: values for kind, values in curves.items() if any(values)}


def largest(history: History, name: str, keep: Keep, at: float) -> float | None:
    known = [value for _, points in history.of(name, keep) if (value := latest(points, at)) is not None]
    return max(known, default=None)


def one(name: str, value: Callable[[History, Keep, int, int], float | None], keep: Keep) -> Any:
    return lambda history, window: {name: over(window, lambda at: value(history, keep, at, rate_range(window)))}


def resource(kind: str, **more: str) -> Keep:
    return having(job="api", resource_type=kind, **more)


def step(history: History, _keep: Keep, at: float, range_s: float) -> float | None:
    kept = having(step_name="CODE_GENERATION")
    return percentile(history, "tamma_workflow_step_duration_seconds", kept, at, range_s, 0.95)


AI, GIT = "tamma_ai_requests_total", "tamma_platform_api_calls_total"
IN_API = having(job="api")
ON_API_0 = having(job="api", instance="api-0")
WORKING = having(job="workers")
ISSUES = having(job="api", instance="api-0", endpoint="_api_v1_issues")
HOSTILE_SCOPE = Scope("api", {"endpoint": HOSTILE, "error": HOSTILE})
CURVES: Mapping[str, Callable[[History, Window], Curves]] = {
    "service.rate:api": lambda history, window: by_class(history, window, IN_API),
    "service.rate:api?instance=api-0&endpoint=_api_v1_issues": lambda history, window: by_class(
        history, window, ISSUES
    ),
    f"service.rate:{HOSTILE_SCOPE.argument}": lambda history, window: by_class(
        history, window, having(job="api", endpoint=HOSTILE)
    ),
    "service.failed:api": one(
        "failed", lambda history, keep, at, s: share(history, f"{API}_count", keep, server_error, at, s), IN_API
    ),
    "service.failed:api?instance=api-0&endpoint=_api_v1_issues": one(
        "failed", lambda history, keep, at, s: share(history, f"{API}_count", keep, server_error, at, s), ISSUES
    ),
    "service.latency:api": lambda history, window: percentiles(history, window, API, IN_API),
    "service.latency:api?endpoint=_api_v1_tasks": lambda history, window: percentiles(
        history, window, API, having(job="api", endpoint="_api_v1_tasks")
    ),
    "service.errors:api": lambda history, window: errors(history, window, IN_API),
    f"service.errors:{HOSTILE_SCOPE.argument}": lambda history, window: errors(
        history, window, having(job="api", error_type=HOSTILE)
    ),
    "service.cpu:api": one(
        "used", lambda history, keep, at, s: rates(history, "process_cpu_seconds_total", keep, at, s), IN_API
    ),
    "service.cpu:api?instance=api-0": one(
        "used", lambda history, keep, at, s: rates(history, "process_cpu_seconds_total", keep, at, s), ON_API_0
    ),
    "service.memory:dashboard": one(
        "used",
        lambda history, keep, at, _: gauges(history, "process_resident_memory_bytes", keep, at),
        having(job="dashboard"),
    ),
    "service.disk:api": one(
        "used",
        lambda history, keep, at, _: gauges(history, "tamma_system_resources", keep, at),
        resource("disk", unit="bytes"),
    ),
    "service.network:api": one(
        "used", lambda history, keep, at, _: gauges(history, "tamma_system_resources", keep, at), resource("network")
    ),
    "service.lag:api": one(
        "lag", lambda history, keep, at, _: largest(history, "nodejs_eventloop_lag_seconds", keep, at), IN_API
    ),
    "service.descriptors:api": one(
        "open", lambda history, keep, at, _: gauges(history, "process_open_fds", keep, at), IN_API
    ),
    "service.calls:workers": lambda history, window: {
        "AI providers": over(window, lambda at: rates(history, AI, WORKING, at, rate_range(window))),
        "Git platforms": over(window, lambda at: rates(history, GIT, WORKING, at, rate_range(window))),
    },
    "service.callfailures:workers": lambda history, window: {
        "AI providers": over(window, lambda at: share(history, AI, WORKING, call_failed, at, rate_range(window))),
        "Git platforms": over(window, lambda at: share(history, GIT, WORKING, call_failed, at, rate_range(window))),
    },
    "service.callduration:workers": lambda history, window: percentiles(
        history, window, "tamma_ai_request_duration_seconds", WORKING
    ),
    "service.tasks:workers": lambda history, window: {
        "tasks": over(window, lambda at: gauges(history, "tamma_worker_current_task", WORKING, at)),
        "workers up": over(window, lambda at: gauges(history, "up", WORKING, at)),
    },
    "service.steps:workers": one("CODE_GENERATION", step, having()),
    "services.latency": lambda history, window: {
        job: over(window, lambda at, job=job: percentile(history, API, having(job=job), at, rate_range(window), 0.95))  # type: ignore[misc]
        for job in ("orchestrator", "api", "dashboard")
    },
}


@pytest.mark.parametrize("key", sorted(CURVES))
def test_every_point_of_every_curve(key: str, services_drawer: Drawer, whole: History, window: Window) -> None:
    expected = CURVES[key](whole, window)
    shown = records(services_drawer, key, window)
    assert set(shown[0]) - {"time"} == set(expected)
    for name, values in expected.items():
        drawn = [row[name] for row in shown]
        assert [value is None for value in drawn] == [value is None for value in values], f"{key}: gaps of {name}"
        assert drawn == [near(value) for value in values], f"{key}: {name}"


def test_an_orchestrators_steps_are_all_steps(services_drawer: Drawer, window: Window) -> None:
    assert set(records(services_drawer, "service.steps:orchestrator", window)[0]) == {
        "time",
        "CODE_GENERATION",
        "MERGE",
    }


def picture(drawer: Drawer, key: str, window: Window) -> Any:
    drawn = drawer.draw(of(key), window)
    assert drawn.state is State.LIVE, drawn.message
    return orjson.loads(drawn.payload)


@pytest.mark.parametrize(
    ("key", "limit", "word"),
    [
        ("service.cpu:api", 0.5, "limit 0.5 cores"),  # one of two instances is up at the end
        ("service.cpu:workers", 1.5, "limit 1.5 cores"),
        ("service.memory:workers", 3.0, "limit 3 GiB"),
        ("service.memory:workers?instance=workers-1", 1.0, "limit 1 GiB"),
        ("service.failed:api", 5.0, "limit 5%"),
        ("service.latency:orchestrator", 2.0, "p95 limit 2 s"),
    ],
)
def test_limits_are_those_of_the_instances_that_are_up(
    services_drawer: Drawer, key: str, limit: float, word: str
) -> None:
    layout = picture(services_drawer, key, read_window("now-1h", "now", NOW))["layout"]
    per_axis = {" MiB": 1024, " ms": 1_000}.get(layout["yaxis"]["ticksuffix"], 1)
    assert [shape["y0"] for shape in layout["shapes"]] == [pytest.approx(limit * per_axis, rel=1e-3)]
    assert [note["text"] for note in layout["annotations"]] == [word]


def test_a_service_without_a_known_limit_has_no_line(services_drawer: Drawer) -> None:
    """Nothing limits the network."""
    layout = picture(services_drawer, "service.network:api", read_window("now-1h", "now", NOW))["layout"]
    assert "shapes" not in layout


def test_numbers_at_the_end_of_the_range(services_drawer: Drawer, whole: History, window: Window) -> None:
    at = instant_of(window)
    (row,) = records(services_drawer, "service.now:api", window)
    assert row == {
        "requests": near(rates(whole, f"{API}_count", IN_API, at, NOW_RATE_S)),
        "failed": near(share(whole, f"{API}_count", IN_API, server_error, at, NOW_RATE_S)),
        "p95": near(percentile(whole, API, IN_API, at, NOW_RATE_S, 0.95)),
        "errors": near(60 * (rates(whole, "tamma_errors_total", IN_API, at, NOW_RATE_S) or 0.0)),
        "cpu": near(rates(whole, "process_cpu_seconds_total", IN_API, at, NOW_RATE_S)),
        "memory": near(gauges(whole, "process_resident_memory_bytes", IN_API, at)),
        "instances": near(gauges(whole, "up", IN_API, at)),
        "restarts": restarts(whole, IN_API, window),
    }
    (workers,) = records(services_drawer, "service.now:workers", window)
    assert workers["tasks"] == gauges(whole, "tamma_worker_current_task", WORKING, at)
    assert "requests" not in workers


def restarts(history: History, keep: Keep, window: Window) -> float | None:
    """How often a start moved within the range; None where no start is known."""
    at = instant_of(window, 60)
    found = [
        sum(first != then for (_, first), (_, then) in pairwise(seen))
        for _, points in history.of("process_start_time_seconds", keep)
        if (seen := within(points, at - window.seconds, at))
    ]
    return float(sum(found)) if found else None


def test_instances_one_by_one(services_drawer: Drawer, whole: History, window: Window) -> None:
    at, minute = instant_of(window), instant_of(window, 60)
    expected = {}
    for labels, points in whole.of("up", WORKING):
        name, up = labels["instance"], latest(points, at)
        if up is None and not within(points, minute - window.seconds, minute):
            continue
        kept = having(instance=name)
        state = "gone" if up is None else "up" if up else "not up"
        alive = state == "up"
        expected[name] = {
            "instance": name,
            "state": state,
            "cpu": near(rates(whole, "process_cpu_seconds_total", kept, at, NOW_RATE_S)) if alive else None,
            "memory": near(gauges(whole, "process_resident_memory_bytes", kept, at)) if alive else None,
            "restarts": restarts(whole, kept, window),
        }
    shown = records(services_drawer, "service.instances:workers", window)
    assert {row["instance"]: {name: row[name] for name in row if name != "up since"} for row in shown} == expected


def test_an_instance_that_is_down_says_nothing_of_before(services_drawer: Drawer) -> None:
    shown = records(services_drawer, "service.instances:api", read_window("now-1h", "now", NOW))
    assert [(row["instance"], row["state"]) for row in shown] == [("api-1", "not up"), ("api-0", "up")]
    assert [shown[0][name] for name in ("up since", "cpu", "memory")] == [None, None, None]
    assert shown[1]["up since"] == stamp(started("api-0", END))


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_endpoints(services_drawer: Drawer, whole: History, window: Window) -> None:
    at = instant_of(window)
    shown = {row["endpoint"]: row for row in records(services_drawer, "service.endpoints:api?endpoint=x", window)}
    assert set(shown) == {"_api_v1_issues", "_api_v1_tasks", HOSTILE}
    for endpoint, row in shown.items():
        kept = having(job="api", endpoint=endpoint)
        assert row["requests"] == near(rates(whole, f"{API}_count", kept, at, NOW_RATE_S))
        assert row["failed"] == near(share(whole, f"{API}_count", kept, server_error, at, NOW_RATE_S))
        assert row["p95"] == near(percentile(whole, API, kept, at, NOW_RATE_S, 0.95))


def test_error_types(services_drawer: Drawer, whole: History, window: Window) -> None:
    at, minute = instant_of(window), instant_of(window, 60)
    shown = {row["error type"]: row for row in records(services_drawer, "service.errortypes:api", window)}
    assert set(shown) == {"timeout", "refused", "never", HOSTILE}
    for kind, row in shown.items():
        kept = having(job="api", error_type=kind)
        rising = rates(whole, "tamma_errors_total", kept, at, NOW_RATE_S)
        assert row["errors"] == near(None if rising is None else 60 * rising)
        risen = rates(whole, "tamma_errors_total", kept, minute, window.seconds)
        assert row["errors in range"] == near(None if risen is None else risen * window.seconds)


def test_errors_in_the_range_are_what_the_counters_rose_by(services_drawer: Drawer, whole: History) -> None:
    """Without any formula of Prometheus's, over the whole history."""
    shown = records(services_drawer, "service.errortypes:orchestrator", read_window("now-3h", "now", NOW))
    for row in shown:
        kept = having(job="orchestrator", error_type=row["error type"])
        risen = sum(increase(points) for _, points in whole.of("tamma_errors_total", kept))
        assert row["errors in range"] == pytest.approx(risen, rel=0.02)


def test_the_header_says_status_uptime_and_version(services_drawer: Drawer) -> None:
    window = read_window("now-1h", "now", NOW)
    (api,) = records(services_drawer, "service.header:api", window)
    assert (api["status"], api["reason"]) == ("degraded", "api: 1 of 2 instances up")
    assert (api["instances up"], api["instances"]) == (1, 2)
    assert api["uptime"] == pytest.approx(instant_of(window) - (END - 1_490.5), abs=0.01)
    assert api["version"] == "1.8.0, 1.8.1"
    (ghost,) = records(services_drawer, "service.header:ghost", window)
    assert (ghost["status"], ghost["instances up"]) == ("unhealthy", None)
    assert ghost["reason"] == "ghost: scraped earlier in this range, and no longer"
    (nobody,) = records(services_drawer, "service.header:nobody", window)
    assert nobody["reason"] == "No service of that name"


def test_a_service_that_is_not_there_is_answered_with_those_that_are(services_drawer: Drawer) -> None:
    text = orjson.dumps(picture(services_drawer, "service.header:nobody", read_window("now-1h", "now", NOW))).decode()
    assert "No service of that name" in text
    for name in (*SERVICES, "ghost", "postgres"):
        assert f'"/services/{name}"' in text


def test_services_side_by_side(services_drawer: Drawer, whole: History, window: Window) -> None:
    at = instant_of(window)
    shown = {row["service"]: row for row in records(services_drawer, "services.now", window)}
    assert list(shown) == list(SERVICES)
    for job, row in shown.items():
        kept = having(job=job)
        ups = [value for _, points in whole.of("up", kept) if (value := latest(points, at)) is not None]
        assert (row["instances up"], row["instances"]) == (sum(ups), len(ups))
        assert row["requests"] == near(rates(whole, f"{API}_count", kept, at, NOW_RATE_S))
        assert row["failed"] == near(share(whole, f"{API}_count", kept, server_error, at, NOW_RATE_S))
        assert row["p95"] == near(percentile(whole, API, kept, at, NOW_RATE_S, 0.95))
        assert row["cpu"] == near(rates(whole, "process_cpu_seconds_total", kept, at, NOW_RATE_S))
        assert row["memory"] == near(gauges(whole, "process_resident_memory_bytes", kept, at))
        assert row["restarts"] == restarts(whole, kept, window)


def test_infrastructure_names_what_went(services_drawer: Drawer) -> None:
    shown = {
        row["service"]: row
        for row in records(services_drawer, "services.infrastructure", read_window("now-1h", "now", NOW))
    }
    assert set(shown) == {"ghost", "postgres"}
    assert shown["ghost"]["reason"] == "ghost: scraped earlier in this range, and no longer"
    assert (shown["postgres"]["instances up"], shown["postgres"]["instances"]) == (0, 1)
    assert shown["postgres"]["cpu"] is None
    quarter = records(services_drawer, "services.infrastructure", read_window("now-15m", "now", NOW))
    assert [row["service"] for row in quarter] == ["postgres"]


def test_dependencies_with_what_was_measured_between(services_drawer: Drawer, whole: History) -> None:
    window = read_window("now-1h", "now", NOW)
    at = instant_of(window)
    shown = {
        (row["direction"], row["name"]): row for row in records(services_drawer, "service.dependencies:workers", window)
    }
    assert set(shown) == {
        *(("calls", name) for name in ("orchestrator", "postgres", "redis", "anthropic", "github")),
        ("called by", "orchestrator"),
    }
    provider = shown["calls", "anthropic"]
    assert provider["calls"] == near(rates(whole, AI, WORKING, at, NOW_RATE_S))
    assert provider["failed"] == near(share(whole, AI, WORKING, call_failed, at, NOW_RATE_S))
    seconds = "tamma_ai_request_duration_seconds"
    assert provider["p95"] == near(percentile(whole, seconds, WORKING, at, NOW_RATE_S, 0.95))
    database = shown["calls", "postgres"]
    queries = "tamma_db_query_duration_seconds"
    assert database["calls"] == near(rates(whole, f"{queries}_count", WORKING, at, NOW_RATE_S))
    assert database["p95"] == near(percentile(whole, queries, WORKING, at, NOW_RATE_S, 0.95))
    assert (database["failed"], shown["calls", "redis"]["status"]) == (None, "unknown")
    drawn = {(row["caller"], row["callee"]): row for row in records(services_drawer, "architecture.graph:", window)}
    parts = {row["part"]: row for row in records(services_drawer, "architecture.parts", window)}
    for (way, name), row in shown.items():
        edge = drawn[("workers", name) if way == "calls" else (name, "workers")]
        assert [row[one] for one in ("calls", "failed", "p95")] == [edge[one] for one in ("calls", "failing", "p95")]
        assert (row["status"], row["reason"]) == (parts[name]["status"], parts[name]["reason"])


def test_what_is_outside_leads_to_its_own_part_of_the_page() -> None:
    """Also where a Git platform goes by the name of an AI provider, and both are told apart by their kind."""
    window = read_window("now-1h", "now", NOW)
    widget = of("service.dependencies:workers")
    answers: dict[str, Any] = {
        name: Rows(MAINTENANCE_COLUMNS, (), NOW) if isinstance(question, Told) else Vector((), NOW)
        for name, question in widget.questions.items()
    }
    answers["ai"] = Vector(tuple(Sample({"job": "workers", "provider": one}, 1.0) for one in ("a b&c", "twice")), NOW)
    answers["git"] = Vector((Sample({"job": "workers", "platform": "twice"}, 1.0),), NOW)
    grid = widget.draw(Given(answers, window, NOW))
    assert isinstance(grid, Grid)
    links = {row[1].text: row[1].href for row in grid.rows}
    assert links["a b&c"] == "/external?name=a%20b%26c"
    assert links["twice (AI provider)"] == links["twice (Git platform)"] == "/external?name=twice"
    assert links["postgres"] == "/database"


def given(window: Window, **answers: Rows) -> Given:
    return Given(answers, window, NOW)


def test_events_are_those_of_the_service_and_its_instances(database: str) -> None:
    for before, service, kind in (
        *((600, "worker", "SYSTEM.STARTED"), (500, "workers-2", "SYSTEM.ERROR.OCCURRED")),
        *((400, "api", "SYSTEM.ERROR.OCCURRED"), (9_000, "workers", "SYSTEM.STARTED"), (300, "workersx", "X")),
    ):
        write_event(database, END - before, service, kind)
    window = read_window("now-1h", "now", NOW)
    widget = of("service.events:workers")
    with open_pool(database) as pool:
        told = EventStore(pool, "public").told(widget.questions["events"], window, now=NOW)  # type: ignore[arg-type]
    table = widget.table(given(window, events=told))
    assert [row[:2] for row in table.rows] == [
        (stamp(END - 500), "SYSTEM.ERROR.OCCURRED"),
        (stamp(END - 600), "SYSTEM.STARTED"),
    ]
    grid = widget.draw(given(window, events=told))
    assert isinstance(grid, Grid)
    assert [row[1].status for row in grid.rows] == [Status.UNHEALTHY, None]


def write_event(database: str, at: float, service: str, kind: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "insert into events (id, type, timestamp, tags, metadata, data)"
            " values (%s, %s, to_timestamp(%s), %s, '{}', '{}')",
            (uuid.uuid4(), kind, at, Jsonb({"service": service})),
        )


def test_alerts_are_those_of_the_service_the_gravest_first() -> None:
    window = read_window("now-1h", "now", NOW)
    firing = Rows(
        ALERT_COLUMNS,
        (
            ("Slow", "warning", "api", "api-0", "p95 over 2 s", END - 50),
            ("Else", "critical", "workers", "", "not ours", END - 50),
            ("Odd", "page", "api", "", "of another scale", None),
            ("Note", "info", "api", "", "for the record", END - 5),
            ("Down", "critical", "api", "api-1", "does not answer", END - 10),
        ),
        NOW,
    )
    widget = of("service.alerts:api")
    table = widget.table(given(window, alerts=firing))
    assert [row[0] for row in table.rows] == ["Down", "Slow", "Note", "Odd"]
    assert table.rows[3][-1] is None
    own, every = (of(key).draw(given(window, alerts=firing)) for key in ("service.alerts:api", "alerts.firing"))
    assert isinstance(own, Grid)
    assert isinstance(every, Grid)
    graveness = [row[1] for row in own.rows]
    assert graveness == [row[0] for row in every.rows if row[3].text == "api"], "both lists say the same of an alert"
    nothing = widget.draw(given(window, alerts=Rows(ALERT_COLUMNS, (), NOW)))
    assert isinstance(nothing, Grid)
    assert nothing.remark == "No alert fires for this service."


def test_every_family_of_services_is_compared() -> None:
    assert {key for key in FAMILIES if key.startswith("service.")} <= COMPARED


def test_starts_are_not_those_of_the_future() -> None:
    assert started("api-0", END) <= END < past.NOW
