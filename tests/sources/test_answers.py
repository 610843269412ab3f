"""One question asked once however many ask: threads, processes, viewers who look at the same range."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.errors import BadQuery, TimedOut, Unavailable
from app.sources.events import EventStore
from app.sources.outages import Outages
from app.sources.prometheus import Prometheus
from app.sources.questions import At, Earlier, Over, Past, Question, Tally, Told
from app.sources.results import Matrix, Rows
from app.sources.windows import read_window
from tests.conftest import ProxyTo
from tests.platform_history import write_run
from tests.servers.ports import LOOPBACK
from tests.servers.prometheus import PrometheusServer
from tests.servers.proxy import Proxy
from tests.sources.asked import questions_asked
from tests.sources.conftest import END

SPAWN = multiprocessing.get_context("spawn")


class Clock:
    """The time, which stands still until it is moved."""

    def __init__(self) -> None:
        self.now = END + 3.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def proxy(small_prometheus: PrometheusServer, proxy_to: ProxyTo) -> Iterator[Proxy]:
    yield proxy_to(LOOPBACK, small_prometheus.port)


@pytest.fixture
def answers(proxy: Proxy, pool: ConnectionPool[Any], tmp_path: Path, clock: Clock) -> Answers:
    prometheus = Prometheus(proxy.url, timeout_s=1)
    cache = SharedCache(tmp_path / "cache")
    return Answers(prometheus=prometheus, events=EventStore(pool, "public"), cache=cache, clock=clock)


def live(clock: Clock) -> Any:
    return read_window("now-10m", "now", clock.now)


def test_twenty_threads_ask_prometheus_once(answers: Answers, clock: Clock, small_prometheus: PrometheusServer) -> None:
    before = questions_asked(small_prometheus)
    with ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(answers.answer, Over("rising_total"), live(clock)) for _ in range(20)]
        assert len({one.result(10).series[0].values for one in asked}) == 1
    assert questions_asked(small_prometheus) - before == 1


def _ask_in_process(url: str, folder: str, gate: Any) -> None:
    answers = Answers(prometheus=Prometheus(url), events=None, cache=SharedCache(Path(folder)), clock=lambda: END + 3.0)  # type: ignore[arg-type]
    window = read_window("now-10m", "now", END + 3.0)
    gate.wait(30)
    with ThreadPoolExecutor(5) as threads:
        for one in [threads.submit(answers.answer, Over("rising_total"), window) for _ in range(5)]:
            assert one.result(20).series


def test_two_processes_ask_prometheus_once(small_prometheus: PrometheusServer, proxy: Proxy, tmp_path: Path) -> None:
    proxy.switch("delay", delay_s=0.2)  # so that both processes surely ask while it is on its way
    before = questions_asked(small_prometheus)
    gate = SPAWN.Barrier(2)
    processes = [
        SPAWN.Process(target=_ask_in_process, args=(proxy.url, str(tmp_path / "cache"), gate)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert questions_asked(small_prometheus) - before == 1


def test_viewers_of_one_step_share_and_the_next_step_asks_anew(
    answers: Answers, clock: Clock, small_prometheus: PrometheusServer
) -> None:
    before = questions_asked(small_prometheus)
    for second in (0, 5, 11.9):
        clock.now = END + second
        answers.answer(Over("rising_total"), live(clock))
        answers.answer(At("rising_total"), live(clock))
    assert questions_asked(small_prometheus) - before == 2
    clock.now = END + 15
    answers.answer(Over("rising_total"), live(clock))
    answers.answer(At("rising_total"), live(clock))
    assert questions_asked(small_prometheus) - before == 4


def test_different_ranges_with_one_instant_share_it(
    answers: Answers, clock: Clock, small_prometheus: PrometheusServer
) -> None:
    before = questions_asked(small_prometheus)
    for asked in ("now-10m", "now-5m", "now-7d"):
        answers.answer(At("rising_total"), read_window(asked, "now", clock.now))
    assert questions_asked(small_prometheus) - before == 1


def test_a_source_in_trouble_is_asked_once_by_all(answers: Answers, clock: Clock, proxy: Proxy) -> None:
    proxy.switch("garbage")
    with ThreadPoolExecutor(10) as threads:
        for one in [threads.submit(answers.answer, Over("up"), live(clock)) for _ in range(10)]:
            with pytest.raises(Unavailable):
                one.result(10)
    assert proxy.connections == 1


def test_an_outage_has_a_beginning_and_an_end(answers: Answers, clock: Clock, proxy: Proxy) -> None:
    assert answers.outages.since("Prometheus") is None
    proxy.switch("refuse")
    with pytest.raises(Unavailable):
        answers.answer(Over("rising_total"), live(clock))
    begun = clock.now
    clock.now += 60
    with pytest.raises(Unavailable):
        answers.answer(Over("rising_total"), live(clock))
    assert answers.outages.since("Prometheus") == begun
    assert answers.outages.since("The event store") is None
    proxy.switch("pass")
    clock.now += 60
    answers.answer(Over("rising_total"), live(clock))
    assert answers.outages.since("Prometheus") is None


def test_counts_follow_the_rows_within_seconds(answers: Answers, clock: Clock, database: str) -> None:
    assert answers.answer(Told(Tally.RUN_COUNTS), live(clock)).records()[0]["failed"] == 0
    write_run(database, started=END - 60, completed=END - 30, status="failed")
    clock.now += 5
    assert answers.answer(Told(Tally.RUN_COUNTS), live(clock)).records()[0]["failed"] == 1


def test_known_is_asked_once(answers: Answers, clock: Clock, small_prometheus: PrometheusServer) -> None:
    before = questions_asked(small_prometheus)
    assert [answers.known("rising_total", live(clock)) for _ in range(5)] == [True] * 5
    assert [answers.known("nothing_such", live(clock)) for _ in range(5)] == [False] * 5
    assert questions_asked(small_prometheus) - before == 2


def test_without_an_address_it_says_what_to_set(pool: ConnectionPool[Any], tmp_path: Path, clock: Clock) -> None:
    answers = Answers(prometheus=None, events=EventStore(pool, "public"), cache=SharedCache(tmp_path), clock=clock)
    with pytest.raises(Unavailable, match="is not configured: set PROMETHEUS_URL"):
        answers.answer(Over("up"), live(clock))


def test_questions_asked_together_fail_one_by_one(answers: Answers, clock: Clock) -> None:
    questions = {"good": Over("rising_total"), "bad": Over("rate("), "counts": Told(Tally.RUN_COUNTS)}
    found = answers.together(questions, live(clock))
    assert list(found) == list(questions)
    assert isinstance(found["good"], Matrix)
    assert isinstance(found["bad"], BadQuery)
    assert isinstance(found["counts"], Rows)


def test_a_source_that_hangs_holds_up_no_other_and_ends_at_the_deadline(
    answers: Answers, clock: Clock, proxy: Proxy
) -> None:
    proxy.switch("hang")
    questions = {**{str(number): Over(f"up + {number}") for number in range(30)}, "counts": Told(Tally.RUN_COUNTS)}
    begun = time.monotonic()
    found = answers.together(questions, live(clock), deadline_s=0.5)
    assert time.monotonic() - begun < 5
    assert isinstance(found.pop("counts"), Rows)
    assert {type(one) for one in found.values()} == {TimedOut}
    assert all(str(one).startswith("Prometheus: ") for one in found.values())


def test_questions_are_asked_at_once_and_not_one_after_the_other(answers: Answers, clock: Clock, proxy: Proxy) -> None:
    proxy.switch("delay", delay_s=0.3)
    begun = time.monotonic()
    found = answers.together({str(number): Over(f"rising_total + {number}") for number in range(10)}, live(clock))
    assert {type(one) for one in found.values()} == {Matrix}
    assert time.monotonic() - begun < 0.3 * 10


@pytest.mark.parametrize("question", [Over("up"), At("up"), Past("up"), Earlier(Over("up")), *map(Told, Tally)])
def test_what_stands_for_no_answer_is_empty(answers: Answers, clock: Clock, question: Question) -> None:
    nothing = answers.nothing(question, live(clock))
    assert nothing.empty
    assert nothing.as_of == clock.now
    assert type(nothing) is type(answers.answer(question, live(clock)))


def test_an_outage_is_known_to_all_processes_and_a_bad_question_is_none(
    answers: Answers, clock: Clock, proxy: Proxy, tmp_path: Path
) -> None:
    other = Outages(SharedCache(tmp_path / "cache").shelf)
    with pytest.raises(BadQuery):
        answers.answer(Over("rate("), live(clock))
    assert other.since("Prometheus") is None
    proxy.switch("refuse")
    with pytest.raises(Unavailable):
        answers.answer(Over("rising_total"), live(clock))
    assert other.since("Prometheus") == clock.now


def test_a_past_range_is_asked_once_however_late(
    answers: Answers, clock: Clock, small_prometheus: PrometheusServer
) -> None:
    before = questions_asked(small_prometheus)
    for later in (0, 60, 600):
        clock.now = END + later
        window = read_window("2026-09-21T14:10:00Z", "2026-09-21T14:14:00Z", clock.now)
        answers.answer(Over("rising_total"), window)
        answers.answer(At("rising_total", every_s=15), window)
    assert questions_asked(small_prometheus) - before == 2
