"""The shapes that leave the simulation: exposition text, log lines, rows, files."""

from __future__ import annotations

import json
import os
import random
import re
import uuid
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.demo.simulation import logfiles, pino, state
from app.demo.simulation.catalogue import METRICS
from app.demo.simulation.director import message_for
from app.demo.simulation.exposition import Totals, samples
from app.demo.simulation.history import slices
from app.demo.simulation.journal import LIMIT, Journal
from app.demo.simulation.layout import layout_of
from app.demo.simulation.logfiles import LogFile
from app.demo.simulation.plan import BY_NAME, INSTANCES, NAMES, Plan
from app.demo.simulation.records import Line, event_row, started_event, uuid7
from app.demo.simulation.registry import Registry
from app.demo.simulation.vocabulary import label
from app.demo.simulation.wire import Channel, Message
from app.demo.simulation.world import World
from tests.demo.simulated import TUESDAY, minutes, world_at_noon

CORRELATION = re.compile(r"corr-\d{14}-\d+-[a-z0-9]{6}")


def _served(instance: str) -> Registry:
    registry = Registry(instance)
    message = message_for(instance, minutes(world_at_noon(), 30), isolated=False, rng=random.Random(1))
    registry.apply(message.added, message.levels)
    return registry


@pytest.mark.parametrize("instance", NAMES)
def test_the_exposition_parses_with_the_declared_types_and_labels(instance):
    for family in text_string_to_metric_families(_served(instance).render()):
        name = family.name if family.name in METRICS else f"{family.name}_total"
        declared = METRICS[name]
        assert family.type == declared.kind
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(declared.labels)
            assert not any(re.search(r"[^A-Za-z0-9_]", text) for key, text in sample.labels.items() if key != "le")


def test_histograms_are_cumulative_and_end_with_their_count():
    families = {f.name: f for f in text_string_to_metric_families(_served("api-0").render())}
    first = families["tamma_api_response_duration_seconds"].samples[:11]
    buckets = [sample.value for sample in first if sample.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == next(sample.value for sample in first if sample.name.endswith("_count")) > 0


def test_all_series_together_stay_few():
    assert 1000 < sum(layout_of(name).series for name in NAMES) < 2000


def test_labels_are_sanitised_and_cut():
    assert label("/api/v1/issues") == "_api_v1_issues"
    assert len(label("x" * 300)) == 200


def test_a_reset_and_a_gap_are_seen_in_the_series():
    column = layout_of("api-0").column[("tamma_requests_total",)]
    numbers = np.zeros((4, layout_of("api-0").width))
    numbers[:, column] = (5, 5, 0, 2)
    hidden = np.array([False, False, True, False])
    series = Totals("api-0").series(numbers, restarts=[3], hidden=hidden)
    values = next(values for name, _, values in series if name == "tamma_requests_total")
    assert values.tolist()[:2] == [5, 10]
    assert np.isnan(values[2])
    assert values[3] == 2
    assert (
        samples("x", 'a="b"', values, [" 1\n", " 2\n", " 3\n", " 4\n"]) == 'x{a="b"} 5 1\nx{a="b"} 10 2\nx{a="b"} 2 4\n'
    )


def test_a_series_that_does_not_change_is_written_in_full():
    assert samples("x", "", np.array([1.5, 1.5]), [" 1\n", " 2\n"]) == "x{} 1.5 1\nx{} 1.5 2\n"


def test_the_past_ends_just_before_now_in_fine_steps():
    parts = slices(TUESDAY - 3 * 86400, TUESDAY)
    times = np.concatenate(parts)
    assert (np.diff(times) > 0).all()
    assert TUESDAY - 15 <= times[-1] < TUESDAY
    assert np.diff(times)[-1] == 15
    assert np.diff(times)[0] == 120


FIELDS = {
    "component": "http",
    "correlationId": "corr-20261110130000-5-abcdef",
    "durationMs": 12,
    "error": pino.failure("Oops", "went wrong", "E_X", "Here"),
}


def _rendered(instance: str) -> dict[str, object]:
    line = Line(TUESDAY + 0.25, instance, "error", "Something", dict(FIELDS))
    body = json.loads(pino.render(line, BY_NAME[instance], pid=7))
    assert isinstance(body, dict)
    return body


def test_dialect_one_is_flat():
    body = _rendered("orchestrator-0")
    assert body["timestamp"] == "2026-11-10T13:00:00.250Z"
    assert (body["level"], body["message"], body["service"], body["pid"]) == ("error", "Something", "orchestrator", 7)
    assert (body["duration"], body["correlationId"]) == (12, FIELDS["correlationId"])
    assert body["error"] == FIELDS["error"]


def test_dialect_two_is_pinos_own():
    body = _rendered("workers-0")
    assert (body["time"], body["level"], body["msg"], body["service"]) == (1794315600250, 50, "Something", "worker")
    assert (body["durationMs"], set(body["err"])) == (12, {"type", "message", "stack"})


def test_dialect_three_nests_its_context():
    body = _rendered("api-1")
    assert (body["level"], body["message"], body["service"], body["component"]) == ("error", "Something", "api", "http")
    assert body["context"] == {"correlationId": FIELDS["correlationId"], "duration": 12, "error": FIELDS["error"]}


def test_runs_have_correlation_ids_of_the_documented_form():
    out = minutes(world_at_noon(), 30)
    ids = {event.tags["correlationId"] for event in out.events if "workflowId" in event.tags}
    assert ids
    assert all(CORRELATION.fullmatch(one) for one in ids)


def test_planted_secrets_are_there_to_be_redacted():
    texts = [str(x.fields) for x in minutes(world_at_noon(settled=False), 24 * 60).lines]
    assert any(re.search(r"Bearer [a-z0-9]{30}", text) for text in texts)
    assert any("@example.com" in text for text in texts)


def test_identifiers_are_version_seven_and_ascend_with_time():
    rng = random.Random(4)
    ids = [uuid.UUID(uuid7(TUESDAY + second, rng)) for second in range(50)]
    assert {(one.version, one.variant) for one in ids} == {(7, uuid.RFC_4122)}
    assert ids == sorted(ids)


def test_a_start_is_an_event_with_service_and_version():
    row = event_row(started_event("api-0", TUESDAY, "1.8.0"), random.Random(1))
    assert row[1:3] == ("SYSTEM.STARTED", "2026-11-10T13:00:00.000Z")
    assert json.loads(row[3]) == {"service": "api", "instance": "api-0", "version": "1.8.0"}


def test_full_files_are_renamed_and_the_oldest_goes(tmp_path: Path):
    log = LogFile(tmp_path / "a.log", max_bytes=100)
    log.write([f"{number:049d}" for number in range(20)])
    log.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a.log", *(f"a.log.{number}" for number in range(1, logfiles.KEPT + 1))]
    assert (tmp_path / "a.log.1").read_text().splitlines()[-1] == f"{19:049d}"


def test_messages_survive_the_pipe():
    message = Message(added=[(1, 2.0)], levels=[(3, None)], lines=[(1.0, "info", "x", {"a": 1})], isolated=True)
    again = Message.decode(message.encode().strip())
    assert (again.levels, again.isolated, again.lines[0][3]) == ([[3, None]], True, {"a": 1})


def test_a_service_that_does_not_read_never_holds_up_the_director():
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb"), os.fdopen(writer, "wb") as pipe:
        channel = Channel(pipe)
        big = Message(lines=[(1.0, "info", "x" * 100_000, {})])
        assert all(channel.send(big) for _ in range(100))
        assert channel.dropped > 0


def test_a_plan_reads_as_it_was_written(tmp_path: Path):
    plan = Plan(3, tmp_path, "postgresql://x", "tamma", {i.name: 9000 + n for n, i in enumerate(INSTANCES)})
    plan.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == plan
    assert (tmp_path / "plan.json").stat().st_mode & 0o077 == 0


def test_saved_runs_go_on_in_another_engine(tmp_path: Path):
    world = world_at_noon()
    state.save(world, tmp_path)
    other = World(seed=99, now=world.now)
    state.restore(other, tmp_path)
    running = set(world.workflows.runs)
    assert set(other.workflows.runs) == running
    ended = {run.id for run in minutes(other, 120).runs.values() if run.status != "running"}
    assert running <= ended
    state.forget(tmp_path)
    assert state.moment(tmp_path) is None


def test_a_journal_without_a_database_keeps_the_youngest_rows_and_tells_the_loss():
    lost: list[int] = []
    journal = Journal("postgresql://127.0.0.1:1/nowhere", "public", lost.append)
    journal.put([("event", str(number)) for number in range(LIMIT + 5)], [])
    assert lost == [5]


def test_one_second_is_a_step_too():
    world = world_at_noon()
    out = world.advance(1.0)
    assert out.times.tolist() == [world.now]
    assert out.durations.tolist() == [1.0]
