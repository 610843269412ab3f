"""The recorded series of the demo's past: as rules would have recorded them, once, and only where something was."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from app.demo import rule_history
from app.demo.rule_history import BEFORE_S, SLOT_S, fill, slices
from app.demo.simulation import history
from app.demo.simulation.history import SLICE_S, scrape_times
from app.demo.told import Told
from tests.conftest import PrometheusWith
from tests.servers.prometheus import PrometheusServer
from tests.servers.samples import Samples

# 14 hours of samples two minutes apart, a gap of two hours in them, that end some minutes ago.
END = int(time.time()) // SLOT_S * SLOT_S - 600
START = END - 14 * 3600
GAP = range(END - 8 * 3600, END - 6 * 3600)
TIMES = [at for at in range(START, END, 120) if at not in GAP]
LOOK_BACK_S = 2 * SLOT_S + 120
# Moments at which a counter grows by three, at all places relative to the slots.
JUMPS = range(START + 1800, GAP.start - 3600, 1440)
HOSTILE = 'a"b\\c\nd{}'
RULES = {
    "groups": [
        {
            "name": "late",
            "interval": "1h",  # never evaluated while the test runs, or once
            "rules": [
                {"record": "job:tamma_errors:rate5m", "expr": "sum by (job) (rate(tamma_errors_total[5m15s]))"},
                {"record": "job:up:mean5m", "expr": "max by (job) (avg_over_time(up[5m]))"},
            ],
        }
    ]
}


@pytest.fixture(scope="module")
def prometheus(prometheus_with: PrometheusWith, tmp_path_factory: pytest.TempPathFactory) -> PrometheusServer:
    rules = tmp_path_factory.mktemp("rules") / "late.yml"
    rules.write_text(json.dumps(RULES))
    samples = Samples()
    samples.add("up", {"job": "api", "instance": "a"}, [(at, 1.0) for at in TIMES])
    samples.add("tamma_uptime_seconds", {"job": "api"}, [(at, float(at)) for at in TIMES])
    # One error a second for api; the other service's name is hostile.
    samples.add("tamma_errors_total", {"job": "api"}, [(at, float(at - START)) for at in TIMES], "counter")
    samples.add("tamma_errors_total", {"job": HOSTILE}, [(at, 7.0) for at in TIMES], "counter")
    grown = [(at, 100 + 3.0 * sum(jump <= at for jump in JUMPS)) for at in TIMES]
    samples.add("tamma_errors_total", {"job": "workers"}, grown, "counter")
    return prometheus_with(samples, rules=rules)


@pytest.fixture
def told(prometheus: PrometheusServer) -> Iterator[Told]:
    with Told(prometheus.url) as one:
        yield one


def recorded(url: str, name: str) -> dict[str, list[tuple[float, float]]]:
    """The raw samples by ``job``."""
    reply = requests.get(f"{url}/api/v1/query", params={"query": f"{name}[20h]", "time": str(END + 3600)}, timeout=10)
    result: list[dict[str, Any]] = reply.json()["data"]["result"]
    return {one["metric"].get("job", ""): [(at, float(value)) for at, value in one["values"]] for one in result}


@pytest.fixture(scope="module")
def filled(prometheus: PrometheusServer, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """A history filled by three runs: one that is interrupted after its first block, one that ends, one too many."""
    state = tmp_path_factory.mktemp("state") / "rules.json"
    counts: list[int] = []
    blocks = len(list(prometheus.data.glob("*/meta.json")))

    def interrupt(_: str) -> None:
        if len(list(prometheus.data.glob("*/meta.json"))) > blocks:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched, Told(prometheus.url) as told:
        patched.setattr(rule_history, "SLICE_S", 4 * 3600)
        patched.setattr(told, "first_in_memory", lambda: END - SLOT_S)
        with pytest.raises(KeyboardInterrupt):
            fill(told, prometheus.data, state, now=float(END), say=interrupt)
        done = json.loads(state.read_text())
        (state.parent / f"{rule_history.SCRATCH}left").mkdir()
        counts.extend(fill(told, prometheus.data, state, now=float(END), say=lambda _: None) for _ in range(2))
    prometheus.stop()
    prometheus.start()  # what it would find by itself within a minute
    return {"counts": counts, "until": done["until"], "folder": state.parent}


def test_a_rate_of_coarse_history_is_that_of_its_counter(prometheus: PrometheusServer, filled: object) -> None:
    known = range(START + LOOK_BACK_S, GAP.start), range(GAP.stop + LOOK_BACK_S, END)
    points = recorded(prometheus.url, "job:tamma_errors:rate5m")["api"]
    values = [value for at, value in points if any(at in stretch for stretch in known)]
    assert len(values) > 12 * 11
    assert values == pytest.approx([1.0] * len(values))


def test_every_increase_of_coarse_history_is_in_the_mean_with_the_same_weight(
    prometheus: PrometheusServer, filled: object
) -> None:
    values = [value for _, value in recorded(prometheus.url, "job:tamma_errors:rate5m")["workers"]]
    assert sum(values) * SLOT_S == pytest.approx(3 * len(JUMPS))


def test_each_slot_is_recorded_once_a_second_before_the_whole_five_minutes(
    prometheus: PrometheusServer, filled: object
) -> None:
    times = [at for at, _ in recorded(prometheus.url, "job:up:mean5m")["api"]]
    assert len(times) == len(set(times))
    assert {int(at + BEFORE_S) % SLOT_S for at in times} == {0}
    outside = [slot for slot in range(START + SLOT_S, END - SLOT_S, SLOT_S) if slot not in GAP]
    assert set(outside) - {int(at) + BEFORE_S for at in times} <= {GAP.start, GAP.stop}


def test_time_without_scrapes_stays_without(prometheus: PrometheusServer, filled: object) -> None:
    for name, looks_back in (("job:up:mean5m", SLOT_S), ("job:tamma_errors:rate5m", 2 * SLOT_S)):
        inside = range(GAP.start + looks_back, GAP.stop)
        assert [at for at, _ in recorded(prometheus.url, name)["api"] if at in inside] == []


def test_a_hostile_label_value_comes_through_unchanged(prometheus: PrometheusServer, filled: object) -> None:
    assert {value for _, value in recorded(prometheus.url, "job:tamma_errors:rate5m")[HOSTILE]} == {0.0}


def test_an_interrupted_run_is_taken_up_where_it_ended(filled: Mapping[str, Any]) -> None:
    rest, again = filled["counts"]
    assert START < filled["until"] < END
    assert rest > 0
    assert again == 0
    assert not list(filled["folder"].glob(f"{rule_history.SCRATCH}*"))


def test_nothing_reaches_into_what_prometheus_keeps_in_memory(prometheus: PrometheusServer, filled: object) -> None:
    assert max(at for at, _ in recorded(prometheus.url, "job:up:mean5m")["api"]) < END - SLOT_S


def test_a_slot_with_a_sample_is_left_alone(
    prometheus: PrometheusServer, told: Told, filled: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recorded(prometheus.url, "job:up:mean5m")
    monkeypatch.setattr(told, "first_in_memory", lambda: END - SLOT_S)
    assert fill(told, prometheus.data, tmp_path / "another.json", now=float(END), say=lambda _: None) == 0
    assert recorded(prometheus.url, "job:up:mean5m") == before


def test_rules_that_set_labels_are_not_filled(told: Told) -> None:
    assert set(told.recording_rules()) == {"job:tamma_errors:rate5m", "job:up:mean5m"}


def test_slices_are_cut_where_the_blocks_of_the_history_end() -> None:
    cut = int(SLICE_S) * 9000
    found = slices(cut - 1000, cut + 1000)
    assert [[at - cut for at in times] for times in found] == [[-901, -601, -301], [-1, 299, 599, 899]]
    assert slices(cut, cut) == []
    assert slices(cut, cut - 500) == []


@pytest.mark.parametrize("phase_s", [0, 20, 40, 60, 80, 100])
def test_no_slice_reaches_over_two_blocks_of_the_history(phase_s: int) -> None:
    end = 1_795_445_875.0 + phase_s
    blocks = [(scrape_times(part)[0], part[-1]) for part in history.slices(end - 30 * 86_400, end)]
    met = [
        [place for place, (first, last) in enumerate(blocks[:-2]) if first <= times[-1] and times[0] <= last]
        for times in slices(int(end) - 30 * 86_400, int(end) - 54 * 3600)
    ]
    assert max(len(places) for places in met) == 1
