"""A tick: what each card shows while sources answer, fail, dawdle, come back; and how often they are asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import psycopg
import pytest

from app.access import Role
from app.drawing import Drawer
from app.drawn import Drawn, State
from app.figures.units import Unit
from app.patience import Patience
from app.refresh import MAX_WIDGETS, Refresher
from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.database import open_pool
from app.sources.errors import SourceError
from app.sources.events import EventStore
from app.sources.prometheus import Prometheus
from app.sources.windows import Window, read_window
from app.ui.render import render
from app.views.overview import KEYS
from app.widgets.curves import Curves, curves
from app.widgets.registry import WIDGETS
from app.widgets.widget import Widget
from tests.conftest import PrometheusWith, ProxyTo
from tests.platform_history import quiet_platform, write_run
from tests.servers.ports import LOOPBACK
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.prometheus import PrometheusServer
from tests.servers.proxy import Proxy
from tests.sources.asked import questions_asked
from tests.sources.canned import http, saying

END = 1_790_000_100
TIMEOUT_S = 2.0
CURVE, NUMBERS, RUNS = "resources.memory", "api.now", "workflows.counts"


def curve(key: str, promql: str, metric: str) -> Widget:
    return curves(key, key, help=key, what=Curves({"it": promql}, Unit.COUNT), metrics=(metric,))


def broken(_given: object) -> None:
    raise KeyError("a bug in a widget")


EXTRA = {
    one.key: one
    for one in (
        curve("test.missing", "no_such_metric", "no_such_metric"),
        curve("test.empty", "last_over_time(brief[2s])", "brief"),
        curve("test.nan", "0 / (up * 0)", "up"),
        curve("test.refused", "rate(", "up"),
        replace(WIDGETS[CURVE], key="test.broken", draw=broken),  # type: ignore[arg-type]
        replace(WIDGETS[CURVE], key="test.admins", role=Role.ADMIN),
    )
}
ALL = {**WIDGETS, **EXTRA}


class Clock:
    """The time, which stands still until it is moved."""

    def __init__(self) -> None:
        self.now = END + 2.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Scene:
    """A refresher on real servers, both behind proxies that can misbehave."""

    refresher: Refresher
    drawer: Drawer
    clock: Clock
    prometheus: Proxy
    database: Proxy
    source: Prometheus

    def window(self, start: str = "now-1h", end: str = "now") -> Window:
        return read_window(start, end, self.clock.now)

    def tick(
        self, *keys: str, role: Role | None = Role.READONLY, deadline_s: float = 20, start: str = "now-1h"
    ) -> dict[str, Drawn]:
        return self.refresher.tick(keys, self.window(start), role, deadline_s=deadline_s)

    def one(self, key: str, **more: object) -> Drawn:
        return self.tick(key, **more)[key]  # type: ignore[arg-type]

    def later(self, seconds: float = 15) -> None:
        self.clock.now += seconds


@pytest.fixture(scope="module")
def server(prometheus_with: PrometheusWith) -> PrometheusServer:
    samples = quiet_platform(END - 2 * 3_600, END + 1_200)
    samples.add("brief", {"job": "api"}, [(END - 3_592, 1)])  # between two points of the grid
    return prometheus_with(samples)


@pytest.fixture
def scene(
    monkeypatch: pytest.MonkeyPatch,
    server: PrometheusServer,
    postgres_server: PostgresServer,
    database: str,
    proxy_to: ProxyTo,
    tmp_path: Path,
) -> Iterator[Scene]:
    monkeypatch.setattr("app.drawing.UNFINISHED_S", 0.2)
    write_run(database, started=END - 3_000, completed=END - 1_800, status="success")
    clock, to_prometheus = Clock(), proxy_to(LOOPBACK, server.port)
    to_database = proxy_to(LOOPBACK, postgres_server.port)
    with open_pool(to_database.through(database), timeout_s=1) as pool:
        cache = SharedCache(tmp_path / "cache")
        source = Prometheus(to_prometheus.url, timeout_s=TIMEOUT_S)
        answers = Answers(
            prometheus=source,
            events=EventStore(pool, "public"),
            cache=cache,
            clock=clock,
        )
        drawer = Drawer(answers=answers, cache=cache, render=render, patience=Patience(8), clock=clock)
        refresher = Refresher(find=ALL.get, drawer=drawer, patience=Patience(8))
        yield Scene(refresher, drawer, clock, to_prometheus, to_database, source)
        to_prometheus.switch("pass")
        to_database.switch("pass")


# States.


def test_a_card_is_live_with_its_picture_and_age(scene: Scene) -> None:
    drawn = scene.one(CURVE)
    assert drawn.state is State.LIVE
    assert orjson.loads(drawn.payload)["data"]
    assert (drawn.as_of, drawn.every_s, drawn.message) == (END, 15, "")


def test_every_card_of_the_overview_is_live(scene: Scene) -> None:
    assert {key: one.state for key, one in scene.tick(*KEYS).items()} == dict.fromkeys(KEYS, State.LIVE)


def test_a_metric_that_does_not_exist_is_missing_and_named(scene: Scene) -> None:
    drawn = scene.one("test.missing")
    assert (drawn.state, drawn.payload) == (State.MISSING, b"")
    assert drawn.message == "Prometheus has no series no_such_metric in this range."


@pytest.mark.parametrize("key", ["test.empty", "test.nan"])
def test_a_metric_without_a_value_is_empty_and_not_missing(scene: Scene, key: str) -> None:
    drawn = scene.one(key)
    assert (drawn.state, drawn.payload, drawn.message) == (State.EMPTY, b"", "No data in this range.")


def test_runs_are_never_empty_for_none_is_a_count(scene: Scene) -> None:
    assert scene.one(RUNS).state is State.LIVE


@pytest.mark.parametrize("role", [None, Role.READONLY, Role.OPERATOR, Role.DEVELOPER])
def test_a_role_below_is_told_so_and_nothing_is_asked(
    scene: Scene, role: Role | None, server: PrometheusServer
) -> None:
    before = questions_asked(server)
    drawn = scene.one("test.admins", role=role)
    assert (drawn.state, drawn.payload) == (State.FORBIDDEN, b"")
    assert drawn.message == "This needs the role admin or above."
    assert questions_asked(server) == before


def test_what_one_role_was_shown_is_not_shown_to_another(scene: Scene) -> None:
    assert scene.one("test.admins", role=Role.ADMIN).state is State.LIVE
    assert scene.one("test.admins", role=Role.DEVELOPER).payload == b""


@pytest.mark.parametrize("key", ["", "no.such", "../etc/passwd", "x" * 10_000, "<script>", "api.now ", "API.NOW"])
def test_an_unknown_key_is_a_word_and_no_trace(scene: Scene, key: str) -> None:
    drawn = scene.one(key)
    assert (drawn.state, drawn.payload) == (State.FAILED, b"")
    assert drawn.message.startswith("There is no widget ")
    assert len(drawn.message) < 100


def test_one_broken_widget_does_not_take_the_page(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    drawn = scene.tick("test.broken", "test.refused", CURVE, NUMBERS)
    assert drawn["test.broken"].state is State.FAILED
    assert drawn["test.broken"].message == "This card could not be drawn; the dashboard's own log says why."
    assert "a bug in a widget" in caplog.text
    assert drawn["test.refused"].state is State.FAILED
    assert drawn["test.refused"].message.startswith("Prometheus 1:6: parse error")
    assert [drawn[CURVE].state, drawn[NUMBERS].state] == [State.LIVE, State.LIVE]


def test_a_page_is_bounded(scene: Scene) -> None:
    assert len(scene.tick(*(f"no.such{number}" for number in range(500)))) == MAX_WIDGETS


def test_a_key_named_twice_is_drawn_once(scene: Scene) -> None:
    assert list(scene.tick(CURVE, CURVE, CURVE)) == [CURVE]


def test_warnings_of_prometheus_are_said_on_the_card(scene: Scene, tmp_path: Path) -> None:
    body = (
        b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"api"},"values":[[%d,"1"]]}]},'
    )
    body = body % scene.window().end + b'"warnings":["one replica did not answer"]}'
    with saying(http(body)) as canned, open_pool("postgresql://127.0.0.1:1/none", min_size=0) as pool:
        cache = SharedCache(tmp_path / "other")
        answers = Answers(
            prometheus=Prometheus(canned.url), events=EventStore(pool, "public"), cache=cache, clock=scene.clock
        )
        drawer = Drawer(answers=answers, cache=cache, render=render, patience=Patience(8), clock=scene.clock)
        other = Refresher(find=ALL.get, drawer=drawer, patience=Patience(8))
        drawn = other.tick([CURVE], scene.window(), Role.READONLY, deadline_s=20)[CURVE]
    assert (drawn.state, drawn.message) == (State.LIVE, "one replica did not answer")


# Bad days.

SICK = ("refuse", "hang", "cut", "garbage", "noise")


@pytest.mark.parametrize("mode", SICK)
def test_a_source_that_fails_leaves_the_last_good_picture_marked_stale(scene: Scene, mode: str) -> None:
    good = scene.one(CURVE)
    scene.prometheus.switch(mode)  # type: ignore[arg-type]
    scene.later()
    drawn = scene.one(CURVE)
    assert drawn.state is State.STALE
    assert (drawn.payload, drawn.version, drawn.as_of) == (good.payload, good.version, good.as_of)
    assert drawn.message.startswith("Prometheus ")
    assert drawn.message.endswith(" (since 14:15:17 UTC, retrying).")


@pytest.mark.parametrize("mode", SICK)
def test_without_a_picture_it_has_failed_and_says_so(scene: Scene, mode: str) -> None:
    scene.prometheus.switch(mode)  # type: ignore[arg-type]
    drawn = scene.one(CURVE)
    assert (drawn.state, drawn.payload) == (State.FAILED, b"")
    assert drawn.message.startswith("Prometheus ")
    assert "(since 14:15:02 UTC, retrying)." in drawn.message
    assert "Traceback" not in drawn.message


def test_since_is_when_the_outage_began(scene: Scene) -> None:
    scene.one(CURVE)
    scene.prometheus.switch("refuse")
    scene.later(15)
    first = scene.one(CURVE).message
    scene.later(300)
    assert first == "Prometheus cannot be reached (since 14:15:17 UTC, retrying)."
    assert "since 14:15:17 UTC, retrying" in scene.one(CURVE).message


def test_it_recovers_within_one_refresh(scene: Scene) -> None:
    scene.one(CURVE)
    scene.prometheus.switch("refuse")
    scene.later()
    assert scene.one(CURVE).state is State.STALE
    scene.prometheus.switch("pass")
    scene.later()
    drawn = wait_until(lambda: live(scene, CURVE), what="a live card")
    assert (drawn.as_of, drawn.message) == (scene.window().end, "")


def live(scene: Scene, key: str) -> Drawn | None:
    """The card once it is live: one whose source was away is not waited for."""
    drawn = scene.one(key)
    return drawn if drawn.state is State.LIVE else None


def test_a_late_source_keeps_the_last_figure_and_is_not_waited_for(scene: Scene) -> None:
    good = scene.one(CURVE)
    scene.prometheus.switch("delay", delay_s=0.6)
    scene.later()
    drawn = scene.one(CURVE, deadline_s=0.1)
    assert (drawn.state, drawn.payload) == (State.STALE, good.payload)
    assert drawn.message == "The answer is taking long."
    assert not drawn.finished  # the browser comes back for it before its next refresh
    wait_until(lambda: scene.one(CURVE, deadline_s=0.1).state is State.LIVE, what="the late figure")


def test_a_late_source_without_a_figure_is_loading(scene: Scene) -> None:
    scene.prometheus.switch("delay", delay_s=0.6)
    drawn = scene.one(CURVE, deadline_s=0.1)
    assert (drawn.state, drawn.payload) == (State.LOADING, b"")
    wait_until(lambda: scene.one(CURVE, deadline_s=0.1).state is State.LIVE, what="the late figure")


def test_waiting_viewers_do_not_pile_up_questions(scene: Scene) -> None:
    scene.prometheus.switch("hang")
    for _ in range(20):
        scene.one(CURVE, deadline_s=0.01)
    assert scene.prometheus.connections <= 1
    wait_until(lambda: scene.one(CURVE, deadline_s=0.01).state is State.FAILED, what="the timeout")


def test_the_tick_ends_at_its_deadline_with_all_sources_hanging(scene: Scene) -> None:
    scene.source._timeout_s = 60
    scene.prometheus.switch("hang")
    scene.database.switch("hang")
    begun = time.monotonic()
    drawn = scene.tick(*KEYS, deadline_s=0.3)
    assert time.monotonic() - begun < 5
    assert {one.state for one in drawn.values()} <= {State.LOADING, State.FAILED}


def test_a_source_that_is_known_to_be_away_is_not_waited_for(scene: Scene) -> None:
    good = scene.one(CURVE)
    scene.prometheus.switch("refuse")
    scene.later()
    assert scene.one(CURVE).state is State.STALE
    scene.source._timeout_s = 60
    scene.prometheus.switch("hang")
    scene.later()
    begun = time.monotonic()
    drawn = scene.one(CURVE, deadline_s=30)
    assert time.monotonic() - begun < 5
    assert (drawn.state, drawn.payload) == (State.STALE, good.payload)
    assert drawn.message == "Prometheus: no answer since 14:15:17 UTC, retrying."


def test_prometheus_hanging_leaves_the_event_stores_cards_alone(scene: Scene) -> None:
    """Twelve cards wait for Prometheus; those of PostgreSQL must not wait behind them."""
    scene.prometheus.switch("hang")
    drawn = scene.tick(*KEYS, deadline_s=0.8)
    assert [drawn["workflows.counts"].state, drawn["workflows.ended"].state] == [State.LIVE, State.LIVE]


@pytest.mark.parametrize("mode", ["refuse", "hang", "cut"])
def test_postgresql_away_leaves_the_curves_alone(scene: Scene, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sources.database.SILENCE_LIMIT_S", 0.5)
    good = scene.tick(*KEYS)
    scene.database.switch(mode)  # type: ignore[arg-type]
    scene.later()
    drawn = scene.tick(*KEYS)
    away, partly = {"workflows.counts", "workflows.ended"}, {"status.overall", "services.health"}
    for key, one in drawn.items():
        if key in away:
            assert (one.state, one.payload) == (State.STALE, good[key].payload), key
        if key in away | partly:
            assert "since 14:15:17 UTC, retrying" in one.message
        else:
            assert one.state is State.LIVE, key
            assert one.message == "" or one.message.startswith("Not enough history"), key
    for key in partly:
        part = wait_until(lambda key=key: live(scene, key), what=f"{key} without the event store")
        assert "The event store " in part.message
        assert b"unknown" in part.payload or "\u2013".encode() in part.payload


def test_a_card_does_not_take_a_failed_answer_for_an_empty_one(scene: Scene) -> None:
    assert b"no SYSTEM.STARTED event" in scene.one("status.overall").payload, "so the event store has answered"
    scene.database.switch("refuse")
    scene.later()
    drawn = wait_until(lambda: live(scene, "status.overall"), what="the status without the event store")
    assert b"not known" in drawn.payload
    assert b"no SYSTEM.STARTED event" not in drawn.payload


@pytest.mark.parametrize("mode", ["refuse", "hang"])
def test_prometheus_away_leaves_the_marks_of_events_alone(scene: Scene, mode: str) -> None:
    """Deploys and maintenance are known to PostgreSQL; of Prometheus' alerts a word says that they are not known."""
    scene.prometheus.switch(mode)  # type: ignore[arg-type]
    drawn = wait_until(lambda: live(scene, "page.marks"), 20, what="the marks")
    assert orjson.loads(drawn.payload) == []
    assert drawn.message.startswith("Prometheus ")


def test_runs_are_counted_again_once_postgresql_is_back(scene: Scene, database: str) -> None:
    scene.one(RUNS)
    scene.database.switch("refuse")
    scene.later()
    assert scene.one(RUNS).state is State.STALE
    write_run(database, started=END - 60, completed=END - 30, status="failed")
    scene.database.switch("pass")

    def live() -> bool:
        scene.later(5)
        return scene.one(RUNS).state is State.LIVE

    wait_until(live, what="a live count")
    assert scene.drawer.table(WIDGETS[RUNS], scene.window()).rows == ((0, 1, 1),)


def test_an_event_table_that_is_gone_is_a_clear_word(scene: Scene, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop table workflow_runs")
    drawn = scene.one(RUNS)
    assert drawn.state is State.FAILED
    assert 'relation "public.workflow_runs" does not exist' in drawn.message


def test_a_table_behind_a_card_is_whole_or_an_error(scene: Scene) -> None:
    scene.prometheus.switch("refuse")
    with pytest.raises(SourceError):
        scene.drawer.table(WIDGETS[CURVE], scene.window())


def test_the_last_picture_of_another_range_is_not_shown(scene: Scene) -> None:
    scene.one(CURVE)
    scene.prometheus.switch("refuse")
    assert scene.one(CURVE, start="now-15m").state is State.FAILED


def test_a_broken_disk_costs_the_last_picture_and_nothing_else(scene: Scene, tmp_path: Path) -> None:
    assert scene.one(CURVE).state is State.LIVE
    for path in (tmp_path / "cache").glob("cache.db*"):
        path.write_bytes(b"no database" * 1_000)
    scene.later()
    assert scene.one(CURVE).state is State.LIVE
    scene.prometheus.switch("refuse")
    scene.later()
    assert scene.one(CURVE).state in (State.STALE, State.FAILED)


def test_what_somebody_asks_for_oneself_holds_up_nobody_else(scene: Scene) -> None:
    """Sixty dear explorations of one person take neither the threads nor the seats of the cards of all."""
    go_on = threading.Event()

    def dawdling(_given: object) -> None:
        go_on.wait(20)

    own = [replace(WIDGETS[CURVE], key=f"own.card{at}", draw=dawdling, common=False) for at in range(60)]  # type: ignore[arg-type]
    found = {**ALL, **{one.key: one for one in own}}
    refresher = Refresher(find=found.get, drawer=scene.drawer, patience=Patience(8))
    keys = [one.key for one in own]
    with ThreadPoolExecutor(10) as people:
        waiting = [people.submit(refresher.tick, keys, scene.window(), Role.READONLY, deadline_s=20) for _ in range(10)]
        try:
            drawn = refresher.tick(KEYS, scene.window(), Role.READONLY, deadline_s=10)
            assert {one.state for one in drawn.values()} == {State.LIVE}
            assert not all(one.done() for one in waiting), "those who have a seat wait still"
        finally:
            go_on.set()


# How often sources are asked.


def asked(server: PrometheusServer, act: Callable[[], object]) -> Mapping[str, int]:
    handlers = ("/api/v1/query", "/api/v1/query_range", "/api/v1/series")
    before = {one: questions_asked(server, one) for one in handlers}
    act()
    return {one.rpartition("/")[2]: questions_asked(server, one) - before[one] for one in handlers}


def settle(scene: Scene) -> dict[str, Drawn]:
    """Ticks until nothing is being worked out any more, as a browser does."""

    def finished() -> dict[str, Drawn] | None:
        drawn = scene.tick(*KEYS)
        return drawn if all(one.finished for one in drawn.values()) else None

    return wait_until(finished, 20, what="all cards to be finished")


def test_the_overview_costs_a_known_number_of_queries(scene: Scene, server: PrometheusServer) -> None:
    assert asked(server, lambda: settle(scene)) == PAGE


# 4 of status, 4 of the API and 4 of the host at an instant; 10 curves, 4 of availability, 4 of what is usual; and
# whether the 4 recorded series that the last ones may be read from are there, and the count of evaluations that rates
# are read by, against one look at what was scraped.
PAGE = {"query": 12, "query_range": 10 + 4 + 4 + 5 + 1, "series": 0}


def test_twenty_viewers_cost_what_one_does(scene: Scene, server: PrometheusServer) -> None:
    together = threading.Barrier(20)

    def view() -> set[State]:
        together.wait(10)
        return wait_until(lambda: states() if states() == {State.LIVE} else None, what="every card of a viewer")

    def states() -> set[State]:
        return {one.state for one in scene.tick(*KEYS).values()}

    def all_view() -> None:
        with ThreadPoolExecutor(20) as viewers:
            seen = [one.result() for one in [viewers.submit(view) for _ in range(20)]]
        assert seen == [{State.LIVE}] * 20
        settle(scene)

    assert asked(server, all_view) == PAGE


def test_the_same_moment_is_asked_for_once(scene: Scene, server: PrometheusServer) -> None:
    settle(scene)
    assert sum(asked(server, lambda: [scene.tick(*KEYS) for _ in range(5)]).values()) == 0


def test_the_next_scrape_asks_anew_but_for_what_changes_slowly(scene: Scene, server: PrometheusServer) -> None:
    settle(scene)
    scene.later(15)
    assert asked(server, lambda: scene.tick(*KEYS)) == {"query": 12, "query_range": 10, "series": 0}


def test_the_picture_follows_the_window_over_a_slot(scene: Scene) -> None:
    """Pictures are kept by slot, answers by window: both change at the same second."""
    scene.clock.now = END + 14.9
    before = orjson.loads(scene.one(CURVE).payload)
    scene.clock.now = END + 15.0
    after = orjson.loads(scene.one(CURVE).payload)
    assert after["data"][0]["x0"] - before["data"][0]["x0"] == 15_000


@pytest.mark.parametrize(("start", "step"), [("now-1h", 15), ("now-6h", 60), ("now-24h", 300), ("now-7d", 1_800)])
def test_a_picture_is_never_older_than_its_step(scene: Scene, start: str, step: int) -> None:
    for second in (0.0, step - 0.1, step + 0.1, 2 * step + 7):
        scene.clock.now = END // step * step + second
        drawn = scene.one(CURVE, start=start)
        _, end = orjson.loads(drawn.payload)["layout"]["xaxis"]["range"]
        assert 0 <= scene.clock.now - end / 1_000 < step
        assert drawn.every_s == step


def test_two_processes_share_pictures(scene: Scene, server: PrometheusServer, tmp_path: Path) -> None:
    """A second process: its own memory, the same folder."""
    settle(scene)
    cache = SharedCache(tmp_path / "cache")
    with open_pool("postgresql://127.0.0.1:1/none", min_size=0) as pool:
        answers = Answers(
            prometheus=Prometheus(server.url), events=EventStore(pool, "public"), cache=cache, clock=scene.clock
        )
        drawer = Drawer(answers=answers, cache=cache, render=render, patience=Patience(8), clock=scene.clock)
        other = Refresher(find=ALL.get, drawer=drawer, patience=Patience(8))
        drawn: dict[str, Drawn] = {}
        queries = asked(server, lambda: drawn.update(other.tick(KEYS, scene.window(), Role.READONLY, deadline_s=20)))
    assert sum(queries.values()) == 0
    assert {one.state for one in drawn.values()} == {State.LIVE}


def test_equal_pictures_have_equal_versions_and_others_do_not(scene: Scene) -> None:
    first = scene.one(RUNS)
    scene.later(5)
    assert scene.one(RUNS).version == first.version
    assert scene.one(CURVE).version != first.version
