"""The dashboard about itself: log lines, counts of errors, the exposition."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from app.telemetry import CountErrors, JsonLines, Repeats, exposition


def record(message: str, *arguments: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord("app.refresh", logging.ERROR, __file__, 1, message, arguments, exc_info)  # type: ignore[arg-type]


def test_a_log_line_is_one_json_object() -> None:
    line = JsonLines().format(record("two\nlines of %s", "text"))
    assert "\n" not in line
    found = json.loads(line)
    assert found["message"] == "two\nlines of text"
    assert (found["level"], found["component"], found["pid"]) == ("error", "app.refresh", os.getpid())
    assert found["timestamp"].endswith("Z")


def test_a_trace_stays_inside_its_line() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        line = JsonLines().format(record("failed", exc_info=sys.exc_info()))
    assert "\n" not in line
    assert "ValueError: broken" in json.loads(line)["stack"]


def test_logged_errors_are_counted_by_kind_and_component() -> None:
    def counted(kind: str) -> float:
        return REGISTRY.get_sample_value("dashboard_errors_total", {"type": kind, "component": "refresh"}) or 0.0

    before = counted("error"), counted("ValueError")
    CountErrors().emit(record("failed"))
    try:
        raise ValueError("broken")
    except ValueError:
        CountErrors().emit(record("failed", exc_info=sys.exc_info()))
    assert (counted("error"), counted("ValueError")) == (before[0] + 1, before[1] + 1)


def test_what_repeats_itself_is_said_once_a_while_with_how_often() -> None:
    repeats = Repeats(60)

    def said(at: float, message: str = "error connecting in %r: %s") -> str | None:
        one = record(message, "pool-1", f"refused at {at}")
        one.created = at
        return one.getMessage() if repeats.filter(one) else None

    assert said(100) == "error connecting in 'pool-1': refused at 100"
    assert said(100.5, "another: %s %s") == "another: pool-1 refused at 100.5"
    assert [said(at) for at in (101, 130, 159.9)] == [None] * 3
    assert said(160) == "error connecting in 'pool-1': refused at 160 (3 more since the last)"
    assert said(161) is None
    assert said(221) == "error connecting in 'pool-1': refused at 221 (1 more since the last)"
    assert said(282) == "error connecting in 'pool-1': refused at 282"
    assert said(7) == "error connecting in 'pool-1': refused at 7", "the clock was put back"


def test_the_exposition_is_prometheuss_text() -> None:
    families = {one.name: one for one in text_string_to_metric_families(exposition(None, 3).decode())}
    assert families["dashboard_active_users_total"].samples[0].value == 3
    buckets = [one.labels["le"] for one in families["dashboard_load_time_seconds"].samples if "le" in one.labels]
    assert buckets == ["0.1", "0.5", "1.0", "2.0", "5.0", "10.0", "+Inf"]


def test_unknown_active_users_are_left_out_and_not_zero() -> None:
    assert b"dashboard_active_users_total" not in exposition(None, None)


def test_whether_redis_answers_is_told_where_there_is_one() -> None:
    assert b"dashboard_shared_cache_up" not in exposition(None, 3)
    assert b"\ndashboard_shared_cache_up 1.0\n" in exposition(None, 3, cache_up=True)
    assert b"\ndashboard_shared_cache_up 0.0\n" in exposition(None, 3, cache_up=False)


def test_all_web_processes_are_counted_together(tmp_path: Path) -> None:
    program = "from app.telemetry import PAGE_VIEWS; PAGE_VIEWS.labels(page='/').inc(2)"
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program], env=environment, check=True, cwd=Path(__file__).parents[1])
    families = {one.name: one for one in text_string_to_metric_families(exposition(str(tmp_path), None).decode())}
    assert families["dashboard_page_views"].samples[0].value == 4
