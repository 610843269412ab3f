"""Each fault is seen in metrics, logs and events while it lasts, and no longer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.demo.simulation import faults
from app.demo.simulation.activity import Activity
from app.demo.simulation.conditions import Conditions, merged
from app.demo.simulation.faults import FAULTS, Injected
from app.demo.simulation.plan import ORCHESTRATOR
from app.demo.simulation.symptom_table import SYMPTOMS
from tests.demo.simulated import children, kinds, minutes, total, world_at_noon

LENGTH_MIN = 20.0
Measure = Callable[[Activity], float]


def _errors(error_type: str) -> Measure:
    return lambda out: total(out, "tamma_errors_total", error_type=error_type)


def _top(instance: str, metric: str, *labels: str) -> Measure:
    return lambda out: float(np.nanmax(out.column(instance, metric, *labels)))


def _slowest_share(job: str, metric: str, bucket: int = 4) -> Measure:
    """Share of values above the first ``bucket`` bounds of a histogram with eight."""

    def share(out: Activity) -> float:
        counts = sum(
            out.numbers[name][:, column : column + 9].sum(axis=0)
            for name, _, column in children(metric)
            if name.startswith(job)
        )
        return float(counts[bucket:].sum() / counts.sum())

    return share


def _failed_requests(out: Activity) -> float:
    return float(sum(x.fields.get("statusCode", 0) >= 500 for x in out.lines))


MEASURES: dict[str, Measure] = {
    "ai-provider-outage": lambda out: total(
        out, "tamma_ai_requests_total", provider="anthropic_claude", outcome="failure"
    ),
    "ai-provider-slow": _slowest_share("orchestrator", "tamma_ai_request_duration_seconds", 6),
    "git-rate-limit": lambda out: total(out, "tamma_platform_rate_limits_total", platform="github"),
    "db-slow": _slowest_share("api", "tamma_db_query_duration_seconds"),
    "db-connections-exhausted": _top("api-0", "tamma_db_pool_connections", "waiting"),
    "service-crash": lambda out: 3 - float(out.column(ORCHESTRATOR, "tamma_orchestrator_workers_active").min()),
    "error-burst": _failed_requests,
    "memory-leak": _top("workers-2", "tamma_system_resources", "memory", "bytes"),
    "disk-filling": _top(ORCHESTRATOR, "tamma_system_resources", "disk", "bytes"),
    "latency-creep": _slowest_share("api", "tamma_api_response_duration_seconds"),
    "workflow-stuck": _errors("step_timeout"),
    "queue-backlog": _top(ORCHESTRATOR, "tamma_orchestrator_tasks_queued"),
    "bad-deploy": _failed_requests,
    "network-loss": lambda out: 3 - float(out.column(ORCHESTRATOR, "tamma_orchestrator_workers_active").min()),
}


def _stories(fault: str) -> tuple[Activity, Activity, Activity]:
    """The same length of time before, during and after a fault."""
    world = world_at_noon()
    before = minutes(world, LENGTH_MIN)
    start = world.now
    end = start + LENGTH_MIN * 60
    world.conditions.replace([Injected(fault, FAULTS[fault].default_target, start, end)])
    return before, minutes(world, LENGTH_MIN), minutes(world, LENGTH_MIN)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_shows_in_metrics_logs_and_events(fault):
    before, during, _ = _stories(fault)
    measure = MEASURES[fault]
    assert measure(during) > measure(before) * 1.2 + 1e-9
    symptom = SYMPTOMS[fault]
    assert _errors(symptom.error_type)(during) > _errors(symptom.error_type)(before) or fault == "service-crash"
    assert kinds(during)[symptom.event] > kinds(before)[symptom.event]
    assert _complaints(during, fault) > 0 == _complaints(before, fault)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"queue-backlog"}))
def test_a_fault_heals(fault):
    _, during, after = _stories(fault)
    assert _complaints(after, fault) == 0
    assert MEASURES[fault](after) < MEASURES[fault](during)


def _complaints(out: Activity, fault: str) -> int:
    return sum(x.fields.get("correlationId", "").startswith(f"sys-{fault}-") for x in out.lines)


def test_every_fault_has_a_measure_and_a_symptom():
    assert set(FAULTS) == set(MEASURES) == set(SYMPTOMS)


def test_stuck_workflows_do_not_move_and_go_on_afterwards():
    before, during, after = _stories("workflow-stuck")
    assert kinds(before)["WORKFLOW.STEP_COMPLETED"] > 0
    assert kinds(during)["WORKFLOW.STEP_COMPLETED"] == 0
    assert kinds(after)["WORKFLOW.STEP_COMPLETED"] > 0


def test_a_crashed_orchestrator_fails_its_runs_when_it_is_back():
    world = world_at_noon()
    running = set(world.workflows.runs)
    world.conditions.replace([Injected("service-crash", "orchestrator", world.now, world.now + 120)])
    out = minutes(world, 6)
    failed = {run.id for run in out.runs.values() if run.error_message == "orchestrator restarted"}
    assert running
    assert running <= failed
    assert not [e for e in out.events if e.instance == ORCHESTRATOR and e.t < out.start + 120]


def test_a_crashed_worker_loses_its_tasks_to_others():
    world = world_at_noon()
    world.conditions.replace([Injected("service-crash", "workers-1", world.now, world.now + 900)])
    out = minutes(world, 15)
    lost = [e for e in out.events if e.data.get("errorType") == "worker_lost"]
    assert lost
    assert not [e for e in out.events if e.instance == "workers-1"]
    assert {x.message for x in out.lines if x.instance == "workers-1"} <= {"Uncaught exception, the process ends"}


def test_a_bad_deploy_is_told_by_its_version():
    _, during, after = _stories("bad-deploy")
    told = [(e.tags["service"], e.tags["version"]) for out in (during, after) for e in out.events if "DEPLOY" in e.kind]
    assert told == [("api", "1.8.1"), ("api", "1.8.0")]
    assert np.isnan(during.column("api-0", "tamma_build_info", "1_8_0")[0])
    assert during.column("api-0", "tamma_build_info", "1_8_1")[0] == 1


def test_the_other_api_takes_all_traffic_when_one_is_down():
    world = world_at_noon()
    world.conditions.replace([Injected("service-crash", "api-1", world.now, world.now + 600)])
    out = minutes(world, 10)
    assert out.column("api-1", "tamma_requests_total").sum() == 0
    assert out.column("api-0", "tamma_requests_total").sum() / 600 > 3.5


def test_inject_and_heal_go_through_the_control_file(tmp_path: Path):
    injected = faults.inject(tmp_path, "db-slow", minutes=5)
    faults.inject(tmp_path, "service-crash", target="api")
    assert injected.end - injected.start == pytest.approx(300)
    assert {(one.fault, one.target) for one in faults.active(tmp_path)} == {
        ("db-slow", "postgres"),
        ("service-crash", "api"),
    }
    assert faults.heal(tmp_path, "db-slow") == 1
    assert faults.heal(tmp_path) == 1
    assert faults.active(tmp_path) == ()


def test_injecting_again_replaces_the_same_fault(tmp_path: Path):
    faults.inject(tmp_path, "db-slow", minutes=5)
    again = faults.inject(tmp_path, "db-slow", minutes=50)
    assert faults.active(tmp_path) == (again,)


def test_a_fault_ends_by_itself(tmp_path: Path):
    past = {"fault": "db-slow", "target": "postgres", "start": 1.0, "end": 2.0}
    (tmp_path / faults.CONTROL_FILE).write_text(json.dumps([past]))
    assert faults.active(tmp_path) == ()


@pytest.mark.parametrize(
    ("fault", "target", "length", "named"),
    [
        ("nonsense", None, 10.0, "ai-provider-outage"),
        ("db-slow", "api", 10.0, "postgres"),
        ("network-loss", "all", 10.0, "workers-0"),
        ("db-slow", None, 0.0, "1440"),
    ],
)
def test_a_wrong_fault_says_what_is_allowed(tmp_path, fault, target, length, named):
    with pytest.raises(ValueError, match=named):
        faults.inject(tmp_path, fault, target=target, minutes=length)


def test_a_healed_fault_ends_now_instead_of_never_having_been():
    running = Injected("bad-deploy", "api", 100.0, 900.0)
    (ended,) = merged([running], [], 200.0)
    assert (ended.start, ended.end) == (100.0, pytest.approx(200.0, abs=0.1))


def test_a_ramp_grows_to_its_top_and_stays():
    conditions = Conditions([Injected("memory-leak", "workers-0", 0.0, 1000.0)])
    assert conditions.at(350.0, "memory-leak", "workers-0") == pytest.approx(0.5)
    assert conditions.over(np.array([0.0, 350.0, 999.0, 1000.0]), "memory-leak", "workers-0").tolist() == [0, 0.5, 1, 0]
    assert conditions.at(350.0, "memory-leak", "workers-1") == 0
