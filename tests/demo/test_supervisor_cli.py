"""The command line of the demo: what it refuses, and the faults it starts and ends."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from app.demo.cli import run
from app.demo.place import held
from app.demo.simulation import faults
from tests.servers.ports import LOOPBACK, free_port

Capture = pytest.CaptureFixture[str]


def test_a_port_that_is_taken_is_named_before_anything_is_built(tmp_path: Path, capsys: Capture) -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        assert run(["--port", str(port), "--dir", str(tmp_path / "demo")], {}) == 1
    assert f"Port {port} of 127.0.0.1 is taken" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path, capsys: Capture) -> None:
    with held(tmp_path):
        assert run(["--port", str(free_port()), "--dir", str(tmp_path)], {}) == 1
    assert "A demo runs in" in capsys.readouterr().err


def test_missing_programs_are_named_with_their_packages(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(["--port", str(free_port()), "--dir", str(tmp_path / "demo")], {}) == 1
    assert "apt-get install prometheus prometheus-alertmanager" in capsys.readouterr().err


def test_a_wrong_setting_is_named(tmp_path: Path, capsys: Capture) -> None:
    environment = {"DATABASE_URL": "mysql://x", "EVENT_SCHEMA": "No Schema"}
    assert run(["--dir", str(tmp_path)], environment) == 1
    error = capsys.readouterr().err
    assert "DATABASE_URL" in error
    assert "EVENT_SCHEMA" in error


@pytest.mark.parametrize("words", [["--days", "0"], ["--port", "70000"], ["--days", "x"], ["explode"], ["inject"]])
def test_a_command_line_that_cannot_be_read_ends_with_2(words: list[str], capsys: Capture) -> None:
    assert run(words, {}) == 2
    assert "usage" in capsys.readouterr().err


def test_every_fault_is_listed_with_its_targets(tmp_path: Path, capsys: Capture) -> None:
    assert run(["faults", "--dir", str(tmp_path)], {}) == 0
    shown = capsys.readouterr().out
    for fault in faults.FAULTS.values():
        assert fault.name in shown
        assert ", ".join(fault.targets) in shown


def test_faults_need_a_running_demo(tmp_path: Path, capsys: Capture) -> None:
    assert run(["inject", "db-slow", "--dir", str(tmp_path)], {}) == 1
    assert "No demo runs in" in capsys.readouterr().err


def test_a_fault_is_started_listed_and_ended(tmp_path: Path, capsys: Capture) -> None:
    with held(tmp_path):
        assert run(["inject", "service-crash", "--target", "api-0", "--minutes", "2", "--dir", str(tmp_path)], {}) == 0
        assert [(one.fault, one.target) for one in faults.active(tmp_path)] == [("service-crash", "api-0")]
        assert run(["--dir", str(tmp_path), "faults"], {}) == 0
        assert "* service-crash" in capsys.readouterr().out
        assert run(["heal", "--dir", str(tmp_path)], {}) == 0
        assert faults.active(tmp_path) == ()


def test_an_unknown_fault_or_target_is_refused_with_what_is_allowed(tmp_path: Path, capsys: Capture) -> None:
    with held(tmp_path):
        assert run(["inject", "nonsense", "--dir", str(tmp_path)], {}) == 1
        assert run(["inject", "db-slow", "--target", "moon", "--dir", str(tmp_path)], {}) == 1
    error = capsys.readouterr().err
    assert "service-crash" in error
    assert "moon" in error
