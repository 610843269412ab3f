"""Log files that can be read, that are not there, and that are closed to us."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.sources.errors import Unavailable
from app.sources.logs import LogFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("tamma.log", "tamma.log.1", "other.txt"):
        (tmp_path / name).write_text("{}\n")
    return tmp_path


def test_all_that_match_are_found_once_and_in_order(folder: Path) -> None:
    files = LogFiles([str(folder / "*.log"), str(folder / "tamma*")])
    assert [path.name for path in files.paths()] == ["tamma.log", "tamma.log.1"]
    files.ready()


def test_where_none_are_configured_there_is_nothing_to_miss() -> None:
    LogFiles([]).ready()
    assert LogFiles([]).paths() == ()


def test_a_pattern_that_matches_nothing_is_named_without_its_folder(folder: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        LogFiles([str(folder / "*.log"), str(folder / "gone-*.log")]).ready()
    assert "gone-*.log" in str(raised.value)
    assert str(folder) not in str(raised.value)


def test_a_folder_of_the_right_name_is_no_log(folder: Path) -> None:
    (folder / "folder.log").mkdir()
    assert [path.name for path in LogFiles([str(folder / "*.log")]).paths()] == ["tamma.log"]


def test_an_unreadable_file_is_named(folder: Path) -> None:
    """Root reads everything: a child of nobody's account looks, as the dashboard runs in production."""
    path = folder / "tamma.log"
    path.chmod(0o000)
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o055)
    child = os.fork()
    if child == 0:
        os._exit(_said_unreadable(str(folder / "*.log")))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def _said_unreadable(pattern: str) -> int:
    """7 when an account without rights is told what it cannot read."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65_534)
        os.setuid(65_534)
    try:
        LogFiles([pattern]).ready()
    except Unavailable as error:
        return 7 if str(error).startswith("Log files: cannot be read: tamma.log") else 8
    return 0
