"""Long charts say the same from recorded series and from raw samples, also where parts come and go within a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.sources.prometheus import Prometheus
from app.sources.questions import Over, Question, expand
from app.sources.results import Matrix
from app.sources.windows import Window
from app.widgets.capacity_subjects import SUBJECTS
from app.widgets.registry import find
from app.widgets.watched import ERROR_TYPES, WATCHED, Watched
from tests.conftest import PrometheusWith
from tests.rules.test_rules import RECORDED, rules
from tests.servers.samples import Kind, Samples

END, HOUR, STEP_S, SLOT_S, SCRAPE_S = 1_794_225_600, 3_600, 1_800, 300, 15
START = END - 4 * HOUR
# In the middle of a step: an instance ends here, and its successor is first scraped when an instant no longer sees it.
CHANGE = END - 2 * HOUR + STEP_S // 2
LOOKBACK_S = 300
ALWAYS = (START, END)
INSTANCES = {"api-0": ALWAYS, "api-1": (START, CHANGE), "api-2": (CHANGE + LOOKBACK_S, END)}
# A status, an outcome and an error that begin in the middle of a step; an error of six minutes.
BEGINS, BRIEF = (CHANGE, END), (CHANGE, CHANGE + 360)
WINDOW = Window(START + STEP_S, END - STEP_S, STEP_S, live=False, asked=("", ""))
MIB = 1024**2
Span = tuple[int, int]

KEYS = (
    *("service.cpu:api", "service.memory:api", "service.disk:api", "service.network:api", "service.lag:api"),
    *("service.cpu:api?instance=api-0", "service.memory:api?instance=api-0"),
    *("service.rate:api", "service.failed:api", "service.latency:api", "service.errors:api"),
    *("service.failed:api?endpoint=_a", "service.latency:api?endpoint=_a"),
    *("external.aisuccess:", "external.ailatency:", "external.aioutcomes:", "external.airefusals:"),
    *("external.gitsuccess:", "external.gitlatency:", "external.gitoutcomes:", "external.gitrefusals:"),
    *("database.connections", "database.poolshare", "database.durations", "database.kinds"),
    *("database.transactions", "database.hits", "database.size"),
    *("resources.cpu", "resources.memory", "resources.disk", "resources.network"),
)
# What the history says nothing of.
SILENT = {"approvals", "runs", "steps"}


class _History(Samples):
    """Everything constant while it is there, so that no number depends on which moments are looked at."""

    def put(
        self, metric: str, labels: dict[str, str], at: Callable[[int], float], *, span: Span, kind: Kind = "gauge"
    ) -> None:
        moments = range(span[0] + 7, span[1], SCRAPE_S)
        self.add(metric, labels, [(moment, at(moment - moments.start)) for moment in moments], kind)

    def gauge(self, metric: str, labels: dict[str, str], value: float, span: Span = ALWAYS) -> None:
        self.put(metric, labels, lambda _: value, span=span)

    def counter(
        self, metric: str, labels: dict[str, str], rate: float, span: Span = ALWAYS, *, kind: Kind = "counter"
    ) -> None:
        self.put(metric, labels, lambda seconds: rate * seconds, span=span, kind=kind)

    def histogram(
        self, metric: str, labels: dict[str, str], rate: float, span: Span = ALWAYS, *, slow: float = 0.2
    ) -> None:
        for le, share in (("0.1", 1 - slow), ("1.0", 1 - slow / 2), ("9.0", 1.0), ("+Inf", 1.0)):
            self.counter(f"{metric}_bucket", {**labels, "le": le}, rate * share, span, kind="histogram")
        self.counter(f"{metric}_count", labels, rate, span, kind="histogram")


def history() -> Samples:
    """All of it."""
    found = _History()
    _service(found)
    _calls(found)
    _servers(found)
    return found


def _service(found: _History) -> None:
    for instance, span in INSTANCES.items():
        labels = {"job": "api", "instance": instance}
        found.gauge("up", labels, 1, span)
        found.gauge("process_resident_memory_bytes", labels, 100 * MIB, span)
        found.gauge("tamma_system_resources", {**labels, "resource_type": "disk", "unit": "bytes"}, 9 * MIB, span)
        found.gauge(
            "tamma_system_resources", {**labels, "resource_type": "network", "unit": "bytes_per_second"}, 7, span
        )
        found.gauge("nodejs_eventloop_lag_seconds", labels, 0.01, span)
        found.gauge("tamma_db_pool_connections", {**labels, "state": "active"}, 4, span)
        found.gauge("tamma_db_pool_size", labels, 10, span)
        found.counter("process_cpu_seconds_total", labels, 0.5, span)
        found.counter("tamma_errors_total", {**labels, "error_type": "timeout"}, 0.1, span)
        found.histogram("tamma_db_query_duration_seconds", {**labels, "operation": "select"}, 4, span)
        requests = {**labels, "endpoint": "_a"}
        found.histogram("tamma_api_response_duration_seconds", {**requests, "status_code": "200"}, 5, span)
    workers = {"job": "workers", "instance": "workers-0"}
    found.gauge("process_resident_memory_bytes", workers, 50 * MIB, (START, CHANGE))
    found.counter("process_cpu_seconds_total", workers, 0.5, (START, CHANGE))
    first = {"job": "api", "instance": "api-0"}
    failed = {**first, "endpoint": "_a", "status_code": "503"}
    found.histogram("tamma_api_response_duration_seconds", failed, 4, BEGINS, slow=0.9)
    found.histogram("tamma_db_query_duration_seconds", {**first, "operation": "vacuum"}, 2, BEGINS, slow=0.9)
    found.counter("tamma_errors_total", {**first, "error_type": "refused"}, 2, BEGINS)
    found.counter("tamma_errors_total", {**first, "error_type": "brief"}, 2, BRIEF)


def _calls(found: _History) -> None:
    first = {"job": "api", "instance": "api-0"}
    for calls, label, ending in (
        ("tamma_ai_requests_total", "provider", "outcome"),
        ("tamma_platform_api_calls_total", "platform", "status"),
    ):
        found.counter(calls, {**first, label: "p", ending: "success"}, 1)
        found.counter(calls, {**first, label: "p", ending: "failure"}, 1, BEGINS)
    for seconds, label in (("tamma_ai_request_duration", "provider"), ("tamma_platform_api_latency", "platform")):
        found.histogram(f"{seconds}_seconds", {**first, label: "p"}, 1)
    found.counter("tamma_ai_rate_limits_total", {**first, "provider": "p"}, 0.1, BEGINS)
    found.counter("tamma_platform_rate_limits_total", {**first, "platform": "p"}, 0.1, BEGINS)
    found.gauge("tamma_queue_depth", {**first, "priority": "low"}, 8, (START, CHANGE))
    found.gauge("tamma_queue_depth", {**first, "priority": "high"}, 8, (CHANGE + LOOKBACK_S, END))


def _servers(found: _History) -> None:
    server = {"job": "postgres", "instance": "db"}
    found.gauge("pg_stat_activity_count", {**server, "state": "idle", "datname": "a"}, 20)
    found.gauge("pg_stat_activity_count", {**server, "state": "active", "datname": "a"}, 5, (START, CHANGE))
    found.gauge("pg_stat_activity_count", {**server, "state": "active", "datname": "b"}, 5, (CHANGE + LOOKBACK_S, END))
    for name in ("xact_commit", "xact_rollback", "blks_hit", "blks_read"):
        for database, span in (("a", ALWAYS), ("b", BEGINS)):
            found.counter(f"pg_stat_database_{name}", {**server, "datname": database}, 3, span, kind="unknown")
    found.gauge("pg_database_size_bytes", {**server, "datname": "a"}, 900 * MIB)
    for mount, used in (("/", 0.3), ("/data", 0.9)):
        disk = {"job": "node", "instance": "host", "mountpoint": mount, "device": mount, "fstype": "ext4"}
        found.gauge("node_filesystem_size_bytes", disk, 1000)
        found.gauge("node_filesystem_avail_bytes", disk, 1000 * (1 - used))


@pytest.fixture(scope="module")
def prometheus(prometheus_with: PrometheusWith) -> Iterator[Prometheus]:
    """The history with what the shipped rules say of it, each slot a second before its end."""
    samples = history()
    plain = prometheus_with(samples)
    slots = Window(START + SLOT_S - 1, END - 1, SLOT_S, live=False, asked=("", ""))
    for rule in rules(RECORDED):
        for one in Prometheus(plain.url).over_range(rule["expr"], slots).series:
            points = [(at, value) for at, value in zip(slots.times, one.values, strict=True) if value is not None]
            labels = {name: value for name, value in one.labels.items() if name != "__name__"}
            samples.add(rule["record"], labels, points, "unknown")
    plain.stop()
    server = prometheus_with(samples)
    yield Prometheus(server.url)
    server.stop()


Curve = dict[int, float]


def asked(prometheus: Prometheus, promql: str) -> dict[tuple[tuple[str, str], ...], Curve]:
    """What is known of each series at the moments of WINDOW."""
    answer: Matrix = prometheus.over_range(expand(promql, WINDOW, rate_s=STEP_S), WINDOW)
    return {
        tuple(sorted(one.labels.items())): {
            at: value for at, value in zip(answer.times, one.values, strict=True) if value is not None
        }
        for one in answer.series
    }


def expect_the_same(prometheus: Prometheus, raw: str, recorded: str) -> None:
    """Both forms have the same series with the same values, to three in a hundred.

    The mean of a gauge is known in a step at whose end nothing is, so recorded series may know one moment more.
    """
    wanted, found = asked(prometheus, raw), asked(prometheus, recorded)
    assert wanted, raw
    assert found.keys() == wanted.keys()
    for labels, curve in wanted.items():
        assert len(found[labels]) <= len(curve) + 1
        assert {at: found[labels].get(at) for at in curve} == pytest.approx(curve, rel=0.03), (labels, recorded)


@pytest.mark.parametrize("key", KEYS)
def test_a_long_chart_is_the_same_from_recorded_series(key: str, prometheus: Prometheus) -> None:
    widget = find(key)
    assert widget is not None
    pairs = [one for one in widget.questions.values() if isinstance(one, Over) and one.recorded]
    assert pairs
    for one in pairs:
        expect_the_same(prometheus, one.promql, one.recorded)


@pytest.mark.parametrize("watched", (*WATCHED, ERROR_TYPES), ids=lambda one: one.key)
def test_what_is_usual_is_the_same_from_recorded_series(watched: Watched, prometheus: Prometheus) -> None:
    if watched.key in SILENT:
        assert asked(prometheus, watched.asked[0]) == asked(prometheus, watched.asked[1]) == {}
    else:
        expect_the_same(prometheus, *watched.asked)


@pytest.mark.parametrize("name", ["apimemory", "hostdisk", "databasesize", "connections", "queue"])
def test_capacity_is_the_same_from_recorded_series(name: str, prometheus: Prometheus) -> None:
    subject = next(one for one in SUBJECTS if one.name == name)
    expect_the_same(prometheus, subject.past, subject.recorded)


def test_what_begins_in_the_middle_of_a_step_counts_for_half_of_it(prometheus: Prometheus) -> None:
    """The step of the change, in numbers: four a second for half of it, and one instance of two for all of it."""
    at = CHANGE + STEP_S // 2
    by_class = asked(prometheus, recorded("service.rate:api", "requests"))
    assert by_class[(("class", "5xx"),)][at] == pytest.approx(2, rel=0.03)
    (memory,) = asked(prometheus, recorded("service.memory:api", "used")).values()
    assert memory[at] == pytest.approx(200 * MIB, rel=0.01)
    (errors,) = (
        curve
        for labels, curve in asked(prometheus, recorded("service.errors:api", "errors")).items()
        if ("error_type", "brief") in labels
    )
    assert errors[at] == pytest.approx(60 * 2 * 360 / STEP_S, rel=0.05)


def test_a_service_that_was_down_for_half_of_a_step_had_half_of_the_requests_and_all_of_its_memory(
    prometheus: Prometheus,
) -> None:
    at = CHANGE + STEP_S // 2
    for key, wanted in (("resources.cpu", 0.25), ("resources.memory", 50 * MIB)):
        (name,) = (one for one, question in question_of(key).items() if isinstance(question, Over))
        found = asked(prometheus, recorded(key, name))
        assert found[(("job", "workers"),)][at] == pytest.approx(wanted, rel=0.03)


def question_of(key: str) -> dict[str, Question]:
    widget = find(key)
    assert widget is not None
    return dict(widget.questions)


def recorded(key: str, name: str) -> str:
    question = question_of(key)[name]
    assert isinstance(question, Over)
    return question.recorded
