"""One story, told three times: what is counted is what is stored is what is logged."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from app.demo.simulation.plan import ORCHESTRATOR
from app.demo.simulation.rhythm import load, load_at
from app.demo.simulation.vocabulary import STEPS
from app.demo.simulation.world import World
from tests.demo.simulated import TUESDAY, kinds, minutes, total, world_at_noon

DAY_S = 86400.0


@pytest.fixture(scope="module")
def weekdays():
    """Three weekdays from Tuesday, in steps of two minutes."""
    world = World(seed=5, now=TUESDAY - 13 * 3600)
    return world.advance_over(world.now + np.arange(120.0, 3 * DAY_S + 1, 120.0))


def test_the_same_seed_tells_the_same_story():
    first, second = (minutes(world_at_noon(seed=3), 20) for _ in range(2))
    assert first.events == second.events
    assert first.lines == second.lines
    assert all(np.array_equal(first.numbers[name], second.numbers[name], equal_nan=True) for name in first.numbers)


def test_another_seed_tells_another_story():
    assert minutes(world_at_noon(seed=3), 20).events != minutes(world_at_noon(seed=4), 20).events


def test_events_counters_and_rows_agree_on_the_runs(weekdays):
    events, rows = kinds(weekdays), Counter(run.status for run in weekdays.runs.values())
    completed = "tamma_workflows_completed_total"
    assert events["WORKFLOW.STARTED"] == total(weekdays, "tamma_workflows_started_total") == len(weekdays.runs)
    assert events["WORKFLOW.COMPLETED"] == total(weekdays, completed, outcome="success") == rows["success"]
    assert events["WORKFLOW.FAILED"] == total(weekdays, completed, outcome="failure") == rows["failed"]
    running = weekdays.column(ORCHESTRATOR, "tamma_workflows_active_total")[-1]
    assert rows["running"] == running


def test_every_event_is_counted(weekdays):
    assert len(weekdays.events) == total(weekdays, "tamma_events_written_total")


def test_pull_requests_are_counted_as_they_are_stored(weekdays):
    assert kinds(weekdays)["PR.CREATED"] == total(weekdays, "tamma_prs_created_total")
    assert kinds(weekdays)["PR.MERGED"] == total(weekdays, "tamma_prs_merged_total")


def test_weekdays_have_the_volume_and_success_of_the_platform(weekdays):
    runs = [run for run in weekdays.runs.values() if run.completed_at is not None]
    succeeded = sum(run.status == "success" for run in runs) / len(runs)
    assert 200 <= len(runs) / 3 <= 300
    assert 0.84 <= succeeded <= 0.93


def test_never_more_than_ten_run_and_gauges_never_fall_below_zero(weekdays):
    running = weekdays.column(ORCHESTRATOR, "tamma_workflows_active_total")
    assert running.min() >= 0 and running.max() <= 10
    assert weekdays.column(ORCHESTRATOR, "tamma_pending_approvals", "merge", "medium").min() >= 0
    assert weekdays.column(ORCHESTRATOR, "tamma_orchestrator_tasks_queued").min() >= 0


def test_a_successful_run_goes_through_all_steps_in_order(weekdays):
    run = next(run for run in weekdays.runs.values() if run.status == "success")
    mine = [event for event in weekdays.events if event.tags.get("workflowId") == run.id]
    steps = [event.tags["stepId"] for event in mine if event.kind == "WORKFLOW.STEP_COMPLETED"]
    assert steps == list(STEPS)
    assert all(isinstance(value, str) for event in mine for value in event.tags.values())


def test_lines_and_events_of_a_run_share_its_ids(weekdays):
    run = next(run for run in weekdays.runs.values() if run.status == "failed")
    events = {e.tags["correlationId"] for e in weekdays.events if e.tags.get("workflowId") == run.id}
    lines = {x.fields["correlationId"] for x in weekdays.lines if x.fields.get("workflowId") == run.id}
    assert len(events) == 1
    assert events == lines


def test_failed_requests_are_logged_one_by_one():
    out = minutes(world_at_noon(), 60)
    logged = sum(x.fields.get("statusCode", 0) >= 500 for x in out.lines)
    counted = total(out, "tamma_errors_total", error_type="internal_error")
    assert logged == counted > 0


def test_api_traffic_is_as_fast_and_as_sound_as_declared():
    out = minutes(world_at_noon(), 120)
    requests = total(out, "tamma_requests_total") - out.column(ORCHESTRATOR, "tamma_requests_total").sum()
    failed = [x for x in out.lines if x.fields.get("statusCode", 0) >= 500]
    assert 2 <= requests / 7200 <= 9
    assert 0.001 <= len(failed) / requests <= 0.009


def test_providers_and_platforms_have_their_shares(weekdays):
    requests = total(weekdays, "tamma_ai_requests_total")
    assert total(weekdays, "tamma_ai_requests_total", provider="anthropic_claude") / requests == pytest.approx(
        0.6, abs=0.06
    )
    calls = total(weekdays, "tamma_platform_api_calls_total")
    assert total(weekdays, "tamma_platform_api_calls_total", platform="github") / calls == pytest.approx(0.8, abs=0.06)


def test_nights_and_weekends_are_quieter():
    night, noon, saturday = TUESDAY - 10 * 3600, TUESDAY, TUESDAY + 4 * DAY_S
    assert load_at(night) < 0.4 * load_at(noon)
    assert load_at(saturday) < 0.6 * load_at(noon)
    assert load(np.array([noon]))[0] == pytest.approx(load_at(noon))


def test_resources_stay_within_the_limits_of_the_services(weekdays):
    memory = weekdays.column("workers-0", "process_resident_memory_bytes")
    processor = weekdays.column("workers-0", "tamma_system_resources", "cpu", "percent")
    assert memory.min() > 0.2 * 2**30 and memory.max() < 2**30
    assert processor.min() > 0 and processor.max() < 100
    assert np.ptp(processor) > 10


def test_a_planned_restart_announces_itself_and_resets_the_uptime():
    world = World(seed=1, now=TUESDAY, restarts=[(TUESDAY + 300, "api-0")], announces_starts=True)
    out = minutes(world, 10)
    assert [e.tags["instance"] for e in out.events if e.kind == "SYSTEM.STARTED"] == ["api-0"]
    assert out.column("api-0", "tamma_uptime_seconds")[-1] == pytest.approx(300)
    assert out.column("api-1", "tamma_uptime_seconds")[-1] == pytest.approx(600)
