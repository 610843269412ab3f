"""The shipped rules: promtool accepts them, their unit tests pass and leave none out, and people can look them up."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.sources.questions import Over, Past
from app.sources.recorded import names_in
from app.widgets.registry import FAMILIES, WIDGETS
from app.widgets.widget import Widget

ROOT = Path(__file__).parents[2]
RULES = ROOT / "app" / "sources" / "rules"
RECORDED, ALERTS = RULES / "tamma.rules.yml", RULES / "tamma.alerts.yml"
CASES = Path(__file__).parent
SEVERITIES = {"info", "warning", "error", "critical"}
MEMORY = "process_resident_memory_bytes"
MEAN_EACH = f"sum by (job) (avg_over_time({MEMORY}[5m]))"
NAME = re.compile(r"[a-z_]+:[a-z_0-9A-Z]+:[a-z0-9_]+")


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["promtool", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def rules(path: Path) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def cases(name: str, kind: str) -> Iterator[dict[str, Any]]:
    """All expectations of a kind in a file of unit tests."""
    for test in yaml.safe_load((CASES / name).read_text())["tests"]:
        yield from test.get(kind, ())


def test_promtool_accepts_the_rules() -> None:
    result = promtool("check", "rules", "--lint-fatal", *sorted(RULES.glob("*.yml")))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", ["recorded.test.yml", "alerts.test.yml"])
def test_the_unit_tests_of_the_rules_pass(name: str) -> None:
    result = promtool("test", "rules", CASES / name)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("name", "shipped", "was", "becomes"),
    [
        ("recorded.test.yml", RECORDED, "[5m15s]", "[10m]"),
        ("recorded.test.yml", RECORDED, "sum by (job, error_type)", "max by (job, error_type)"),
        ("recorded.test.yml", RECORDED, "[299s:15s]", "[5m:15s]"),
        ("recorded.test.yml", RECORDED, "avg_over_time((max by (job) (up))[299s:15s])", "avg by (job) (up)"),
        ("recorded.test.yml", RECORDED, f"avg_over_time((sum by (job) ({MEMORY}))[299s:15s])", MEAN_EACH),
        ("recorded.test.yml", RECORDED, "and max by (job) (count_over_time(up[5m]))", ""),
        ("alerts.test.yml", ALERTS, "> 0.9\n", "> 0.96\n"),
        ("alerts.test.yml", ALERTS, "for: 1m", "for: 90s"),
    ],
)
def test_the_unit_tests_fail_for_rules_that_say_something_else(
    tmp_path: Path, name: str, shipped: Path, was: str, becomes: str
) -> None:
    text = shipped.read_text()
    assert was in text
    (tmp_path / shipped.name).write_text(text.replace(was, becomes))
    test = (CASES / name).read_text().replace(f"../../app/sources/rules/{shipped.name}", shipped.name)
    (tmp_path / name).write_text(test)
    assert promtool("test", "rules", tmp_path / name).returncode == 1


def test_every_recorded_name_has_an_expected_value() -> None:
    expected = [case["expr"] for case in cases("recorded.test.yml", "promql_expr_test") if case.get("exp_samples")]
    found = {name for text in expected for name in NAME.findall(text)}
    assert {rule["record"] for rule in rules(RECORDED)} == found


def test_every_alert_is_seen_quiet_and_firing() -> None:
    seen = list(cases("alerts.test.yml", "alert_rule_test"))
    names = {rule["alert"] for rule in rules(ALERTS)}
    assert {case["alertname"] for case in seen if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in seen if not case.get("exp_alerts")} >= names


def test_every_alert_has_a_severity_and_a_sentence() -> None:
    for rule in rules(ALERTS):
        assert rule["labels"]["severity"] in SEVERITIES, rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]


def test_no_name_is_recorded_twice_and_each_says_level_metric_and_operation() -> None:
    names = [rule["record"] for rule in rules(RECORDED)]
    assert len(names) == len(set(names))
    assert [name for name in names if not NAME.fullmatch(name)] == []


# Rules by endpoint are read where a page is narrowed to one.
NARROWED = ("api?endpoint=_api_v1_issues", "api?instance=api-0")


def widgets() -> Iterator[Widget]:
    """Every widget, of families those of their examples, and of services' those of a filter."""
    yield from WIDGETS.values()
    for family in FAMILIES.values():
        narrowed = NARROWED if family.key.startswith("service.") else ()
        yield from (family.of(argument) for argument in (*family.examples, *narrowed))


def test_every_recorded_name_is_read_by_a_widget_or_an_alert() -> None:
    questions = [one for widget in widgets() for one in widget.questions.values()]
    asked = [text for one in questions if isinstance(one, Over | Past) for text in (one.promql, one.recorded)]
    asked += [rule["expr"] for rule in rules(ALERTS)]
    assert {rule["record"] for rule in rules(RECORDED)} - {name for text in asked for name in names_in(text)} == set()


def test_what_is_recorded_over_five_minutes_is_recorded_every_five_minutes() -> None:
    for group in yaml.safe_load(RECORDED.read_text())["groups"]:
        assert group["interval"] == "5m"
        for rule in group["rules"]:
            counters = re.findall(r"rate\([^\[]*\[(\w+)\]", rule["expr"])
            others = re.findall(r"over_time\([^\[]*\[(\w+)\]", rule["expr"])
            assert set(counters) <= {"5m15s"}, rule["record"]
            assert set(others) <= {"5m"}, rule["record"]
            assert set(re.findall(r"\[(\w+:\w*)\]", rule["expr"])) <= {"299s:15s"}, rule["record"]
            assert counters or others, rule["record"]


def test_every_rule_can_be_looked_up() -> None:
    text = (ROOT / "docs" / "rules.md").read_text()
    told = set(re.findall(r"^\| `([\w:]+)` \|", text, re.MULTILINE))
    told = {name for name in told if ":" in name or name[0].isupper()}
    assert told == {rule["record"] for rule in rules(RECORDED)} | {rule["alert"] for rule in rules(ALERTS)}
