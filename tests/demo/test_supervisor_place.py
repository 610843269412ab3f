"""The folder of a demo: held by one, kept private, begun anew after an interrupted first start."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from app.demo.place import DemoError, Place, held, is_running
from app.settings import load


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    with held(tmp_path / "demo"), pytest.raises(DemoError, match=r"runs in .* already"), held(tmp_path / "demo"):
        pass
    with held(tmp_path / "demo") as place:
        assert place.directory.is_absolute()


def test_a_demo_runs_while_its_folder_is_held(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    with held(tmp_path):
        assert is_running(tmp_path)
    assert not is_running(tmp_path)


def test_secrets_are_made_once_are_private_and_are_accepted(tmp_path: Path) -> None:
    files = Place(tmp_path).secret_files()
    assert set(files) == {"DASHBOARD_SECRET_KEY_FILE", "DASHBOARD_JWT_SECRET_FILE"}
    before = {name: Path(path).read_text() for name, path in files.items()}
    assert len(set(before.values())) == 2
    assert {name: Path(path).read_text() for name, path in Place(tmp_path).secret_files().items()} == before
    assert all(mode(Path(path)) == 0o600 for path in files.values())
    assert load({**files, "PROMETHEUS_URL": "http://127.0.0.1:1"}, "serve").dashboard_jwt_secret


def test_the_env_file_is_read_by_a_shell_and_by_its_owner_only(tmp_path: Path) -> None:
    place = Place(tmp_path)
    odd = "a b'c\"$HOME`id`;*"
    place.write_env({"DATABASE_URL": odd, "PID_WEB": "7"})
    script = '. "$0"; printf %s "$DATABASE_URL|$PID_WEB"'
    shown = subprocess.run(["sh", "-c", script, str(place.env)], capture_output=True, text=True, check=True).stdout
    assert shown == f"{odd}|7"
    assert mode(place.env) == 0o600


def test_history_counts_only_when_it_is_complete(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.history_days is None
    place.finish_history(30)
    assert place.history_days == 30


def test_an_interrupted_first_start_leaves_nothing_but_secrets(tmp_path: Path) -> None:
    place = Place(tmp_path)
    secrets = place.secret_files()
    for name in ("postgres/cluster", "prometheus/data/block", "logs"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("plan.json", "world.json", "faults.json", "faults.json.lock", "somebody-elses"):
        (tmp_path / name).write_text("{}")
    place.clear()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secrets", "somebody-elses"]
    assert all(Path(path).exists() for path in secrets.values())
