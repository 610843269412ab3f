"""The command line as its users meet it: exit codes, all findings at once, no secret and no trace."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from tests.conftest import PrometheusWith, ProxyTo
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.postgres import PostgresServer
from tests.servers.prometheus import PrometheusServer
from tests.stack import add_accounts

ROOT = Path(__file__).parents[1]
SECRET = "0123456789abcdef" * 4
KEPT = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR")


def run(*arguments: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The command with no setting but those given; no trace may ever show."""
    clean = {name: os.environ[name] for name in KEPT if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env={**clean, **environ}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def prometheus(prometheus_with: PrometheusWith) -> PrometheusServer:
    return prometheus_with()


@pytest.fixture
def environ(prometheus: PrometheusServer, database: str, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "tamma.log").write_text("{}\n")
    return {
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": database,
        "PROMETHEUS_URL": prometheus.url,
        "LOG_PATHS": str(tmp_path / "*.log"),
        "DASHBOARD_SECRET_KEY": SECRET,
        "DASHBOARD_JWT_SECRET": SECRET[::-1],
        "PORT": str(free_port()),
    }


# check


def test_check_is_content_with_a_whole_installation(environ: dict[str, str]) -> None:
    done = run("check", environ=environ)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines[:6]] == [
        "database", "prometheus", "event store", "log files", "memory", "disk",
    ]  # fmt: skip
    assert lines[-1] == "All is well."


def test_check_tells_every_connection_that_fails_at_once(
    environ: dict[str, str], prometheus: PrometheusServer, postgres_server: PostgresServer, proxy_to: ProxyTo
) -> None:
    to_prometheus, to_database = proxy_to(LOOPBACK, prometheus.port), proxy_to(LOOPBACK, postgres_server.port)
    to_prometheus.switch("garbage")
    to_database.switch("refuse")
    away = {
        "PROMETHEUS_URL": to_prometheus.url,
        "DATABASE_URL": f"postgresql://someone:hunter2@127.0.0.1:{to_database.port}/none",
        "LOG_PATHS": "/no/such/folder/*.log",
    }
    done = run("check", environ={**environ, **away})
    assert done.returncode == 1
    found = {line.partition(":")[0]: line for line in done.stderr.splitlines()}
    assert found.keys() >= {"database", "prometheus", "event store", "log files"}
    assert "something that is not its API" in found["prometheus"]
    assert "match nothing: *.log" in found["log files"]
    assert "hunter2" not in done.stdout + done.stderr


def test_check_says_that_the_database_is_not_up_to_date(environ: dict[str, str], empty_database: str) -> None:
    done = run("check", environ={**environ, "DATABASE_URL": empty_database})
    assert done.returncode == 1
    assert "The database is not up to date. Run: python -m app migrate" in done.stderr


def test_check_tells_all_wrong_settings_at_once_and_no_secret() -> None:
    wrong = {"PORT": "web", "DASHBOARD_SECRET_KEY": "hunter2-short", "DATABASE_URL": "mysql://u:hunter2@h/d"}
    done = run("check", environ=wrong)
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "PORT", "DATABASE_URL", "PROMETHEUS_URL", "DASHBOARD_SECRET_KEY", "DASHBOARD_JWT_SECRET",
    ]  # fmt: skip
    assert "hunter2" not in done.stdout + done.stderr


def test_secrets_may_stand_in_files(environ: dict[str, str], tmp_path: Path) -> None:
    for name in ("DASHBOARD_SECRET_KEY", "DASHBOARD_JWT_SECRET", "DATABASE_URL"):
        (tmp_path / name).write_text(f"{environ.pop(name)}\n")
        environ[f"{name}_FILE"] = str(tmp_path / name)
    assert run("check", environ=environ).returncode == 0


@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_data_folder_that_is_a_file_is_a_finding(environ: dict[str, str], tmp_path: Path, command: str) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = run(command, environ={**environ, "DATA_DIR": str(file)})
    assert done.returncode == 1
    assert done.stderr.startswith("DATA_DIR: ")


def test_a_database_address_that_cannot_be_read_is_a_finding_without_its_password(environ: dict[str, str]) -> None:
    done = run("check", environ={**environ, "DATABASE_URL": "postgresql://someone:hunter2@[::1/none"})
    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr
    assert "DATABASE_URL" in done.stderr


# serve


@pytest.mark.parametrize("missing", ["DASHBOARD_SECRET_KEY", "DASHBOARD_JWT_SECRET", "PROMETHEUS_URL"])
def test_serve_refuses_without_what_it_needs(environ: dict[str, str], missing: str) -> None:
    del environ[missing]
    done = run("serve", environ=environ)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{missing}: missing; allowed: ")


@pytest.mark.parametrize("secret", ["default-secret", "too-short", "x" * 64])
def test_serve_refuses_a_weak_secret(environ: dict[str, str], secret: str) -> None:
    done = run("serve", environ={**environ, "DASHBOARD_JWT_SECRET": secret})
    assert done.returncode == 1
    assert done.stderr.startswith("DASHBOARD_JWT_SECRET: the given value (not shown) is not allowed")
    assert secret not in done.stderr


def test_serve_refuses_a_database_that_is_not_up_to_date(environ: dict[str, str], empty_database: str) -> None:
    done = run("serve", environ={**environ, "DATABASE_URL": empty_database})
    assert done.returncode == 1
    assert done.stderr.strip() == "The database is not up to date. Run: python -m app migrate"


# migrate


def test_migrate_makes_an_empty_database_fit(environ: dict[str, str], empty_database: str) -> None:
    environ = {**environ, "DATABASE_URL": empty_database, "EVENT_SCHEMA": "tamma"}
    for _ in range(2):
        done = run("migrate", environ=environ)
        assert (done.returncode, done.stdout) == (0, "The database is up to date.\n"), done.stderr
    with psycopg.connect(empty_database) as connection:
        found = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_name in ('events', 'workflow_runs', 'users') and table_schema in ('tamma', 'dashboard')"
        ).fetchall()
    assert {name for (name,) in found} == {"tamma.events", "tamma.workflow_runs", "dashboard.users"}
    assert run("check", environ=environ).returncode == 0


def test_migrate_says_that_the_database_is_away(environ: dict[str, str]) -> None:
    away = f"postgresql://someone:hunter2@127.0.0.1:{free_port()}/none"
    done = run("migrate", environ={**environ, "DATABASE_URL": away})
    assert done.returncode == 1
    assert done.stderr.startswith("migrations: ")
    assert "hunter2" not in done.stderr


def test_migrate_leaves_accounts_alone(environ: dict[str, str], database: str) -> None:
    add_accounts(database)
    assert run("migrate", environ=environ).returncode == 0
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from dashboard.users").fetchone() == (4,)


# usage


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--help",), 0), (("fly",), 2), (("Check",), 2)])
def test_usage(arguments: tuple[str, ...], code: int) -> None:
    done = run(*arguments, environ={})
    assert done.returncode == code
    assert (done.stdout if code == 0 else done.stderr).startswith("usage: python -m app COMMAND")
