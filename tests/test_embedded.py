"""The embedded PostgreSQL: shared by processes, kept over restarts, and hard to break by kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import psycopg
import pytest

from app.sources import embedded as module
from app.sources.embedded import Embedded, EmbeddedError, start_embedded
from tests.servers.processes import wait_until

STARTS_ONE_AND_IS_KILLED = """
import os, pathlib, signal, sys
from app.sources.embedded import start_embedded
print(start_embedded(pathlib.Path(sys.argv[1])).pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Embedded]:
    started = start_embedded(tmp_path / "data")
    yield started
    start_embedded(tmp_path / "data").stop()
    started.stop()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def test_it_serves_the_database_tamma_in_utc(server: Embedded) -> None:
    assert ask(server.url, "SELECT current_database()") == "tamma"
    assert ask(server.url, "SHOW timezone") == "UTC"


def test_a_second_user_shares_it_and_does_not_stop_it(server: Embedded) -> None:
    second = start_embedded(server.data_dir)
    assert (second.url, second.pid, second.process) == (server.url, server.pid, None)
    second.stop()
    assert ask(server.url, "SELECT 1") == 1


def test_what_was_written_is_there_again_at_the_same_address(server: Embedded) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    server.stop()
    again = start_embedded(server.data_dir)
    assert again.url == server.url
    assert ask(again.url, "SELECT seven FROM kept") == 7
    again.stop()


def test_it_comes_back_after_its_own_kill(server: Embedded) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        os.kill(server.pid, signal.SIGKILL)
        assert server.process is not None
        server.process.wait()
    again = start_embedded(server.data_dir)
    assert ask(again.url, "SELECT seven FROM kept") == 7
    again.stop()


def test_a_pid_file_that_names_a_stranger_is_no_server(server: Embedded) -> None:
    server.stop()
    (server.data_dir / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    again = start_embedded(server.data_dir)
    assert again.pid != os.getpid()
    again.stop()


def test_it_ends_with_a_killed_starter(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_ONE_AND_IS_KILLED, str(tmp_path)]
    subprocess.run(command, capture_output=True, check=False)
    wait_until(lambda: not (tmp_path / "cluster" / "postmaster.pid").exists(), what="the end of the server")


def test_an_interrupted_creation_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "unfinished" / "base").mkdir(parents=True)
    server = start_embedded(tmp_path)
    assert ask(server.url, "SELECT 1") == 1
    assert not (tmp_path / "unfinished").exists()
    server.stop()


def test_the_password_is_needed_and_is_neither_shown_nor_readable(server: Embedded) -> None:
    password = (server.data_dir / "password").read_text()
    assert password in server.url
    assert password not in repr(server)
    assert (server.data_dir / "password").stat().st_mode & 0o077 == 0
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(password, "wrong"))


def test_without_the_wheel_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(module, "find_spec", nothing)
    with pytest.raises(EmbeddedError, match=r"Set DATABASE_URL, or install .*\[embedded\]"):
        start_embedded(tmp_path)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        start_embedded(tmp_path, options={"no_such_setting": "1"})
