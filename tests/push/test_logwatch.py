"""What is written to the log files is news of ``logs``, for those who may read them."""

from __future__ import annotations

import os
from pathlib import Path

from app.access import Role
from app.push.changes import Change
from app.push.logwatch import LogWatch
from app.push.topics import Topic, permitted
from app.sources.logs import LogFiles
from tests.push.conftest import Site

LOGS = frozenset({Topic.LOGS})


def written(path: Path, text: str, at: float) -> None:
    """Adds to a file, as at that moment."""
    with path.open("a") as file:
        file.write(text)
    os.utime(path, (at, at))


def watching(folder: Path) -> LogWatch:
    """It has looked once."""
    made = LogWatch(LogFiles((f"{folder}/*.log*",)), heard=lambda _: None)
    assert made.look() is None, "what is there already is no news"
    return made


def test_what_is_written_is_news_once(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    written(path, "one\n", 100)
    watch = watching(tmp_path)
    assert watch.look() is None
    written(path, "two\n", 200.5)
    assert watch.look() == Change(LOGS, "200.500000")
    assert watch.look() is None


def test_a_new_file_and_one_that_was_rotated_are_news(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    written(path, "one\n", 100)
    watch = watching(tmp_path)
    written(tmp_path / "workers.log", "", 150)
    assert watch.look() == Change(LOGS, "150.000000")
    path.rename(tmp_path / "api.log.1")
    written(path, "one\n", 100)  # as long and as old as the one before
    assert watch.look() == Change(LOGS, "100.000000")


def test_a_file_that_is_removed_tells_nothing_new(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    written(path, "one\n", 100)
    watch = watching(tmp_path)
    path.unlink()
    assert watch.look() is None
    written(path, "one\n", 300)
    assert watch.look() == Change(LOGS, "300.000000")


def test_who_may_not_read_logs_is_not_told_of_them() -> None:
    assert [role for role in Role if Topic.LOGS in permitted(role)] == [Role.OPERATOR, Role.DEVELOPER, Role.ADMIN]


def test_a_line_in_a_log_file_is_told_and_nothing_of_it(site: Site) -> None:
    reader, other = site.watch(site.person(Role.OPERATOR)), site.watch(site.person(Role.READONLY))
    path = site.logs / "api.log"
    with path.open("a") as file:
        file.write('{"msg":"SECRET-LINE"}\n')
    news = reader.until(lambda one: one.get("source") == "logs")
    assert news["data"]["at"] == round(path.stat().st_mtime, 6)
    assert "SECRET" not in str(reader.told)
    site.event("ALERT.FIRED")
    other.until(lambda one: one.get("source") == "alerts")
    assert "logs" not in {one.get("source") for one in other.told}
