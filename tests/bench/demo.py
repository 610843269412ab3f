"""The whole demo as a ground: days of history, the series of the recording rules filled in, people signed in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from app.access import Role
from app.demo.place import Place
from app.sources.children import tied
from app.views.overview import KEYS
from tests.bench.ground import Ground, signed_in
from tests.bench.usage import Family
from tests.servers.ports import free_port
from tests.servers.processes import last_lines, wait_until

READY_S, FILLED_S, FOUND_S, STOP_S = 300.0, 180.0, 90.0, 30.0


@contextmanager
def demo(days: int) -> Iterator[Ground]:
    """A demo of its own with so many days behind it, in a folder that is thrown away; everybody of it is ended."""
    with tempfile.TemporaryDirectory(prefix="tamma-bench-demo-") as name:
        folder, port = Path(name), free_port()
        process = _started(folder / "demo", port, days)
        try:
            yield _ground(folder / "demo", port, process)
        finally:
            _stop(process)


def wait_filled(ground: Ground) -> None:
    """Waits until what recording rules would have recorded is written and read; says so when that takes too long."""
    log, begun = Place(ground.folder).output / "rule_history.log", time.monotonic()
    written = waited(lambda: log.exists() and " samples in " in log.read_text(), FILLED_S)
    # Prometheus looks for new blocks once a minute.
    found = written and waited(lambda: _loaded(ground) == _on_disk(ground), FOUND_S)
    seconds = time.monotonic() - begun
    print(f"recorded history: {'complete' if found else 'not complete'} after {seconds:.0f} s", flush=True)
    if not found:
        print(last_lines(log), flush=True)


def waited(condition: Callable[[], bool], timeout_s: float, *, every_s: float = 1.0) -> bool:
    """Whether the condition became true in time; asked seldom, for asking costs those who are measured."""
    deadline = time.monotonic() + timeout_s
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(every_s)
    return true


def _loaded(ground: Ground) -> int:
    """How many blocks Prometheus reads."""
    with requests.Session() as http:
        http.trust_env = False
        text = http.get(f"{ground.prometheus_url}/metrics", timeout=5).text
    name = "prometheus_tsdb_blocks_loaded "
    return next((int(float(line.removeprefix(name))) for line in text.splitlines() if line.startswith(name)), -1)


def _on_disk(ground: Ground) -> int:
    return sum(1 for _ in (ground.folder / "prometheus" / "data").glob("*/meta.json"))


def _started(folder: Path, port: int, days: int) -> subprocess.Popen[bytes]:
    """The demo, once its page is ready. Raises AssertionError with its last words when it does not come up."""
    command = [sys.executable, "-m", "app", "demo", "--days", str(days), "--port", str(port), "--dir", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    log = folder.with_suffix(".log")
    with log.open("ab") as output:
        process = subprocess.Popen(
            tied(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
    begun = time.monotonic()
    try:
        wait_until(lambda: process.poll() is not None or Place(folder).env.exists(), READY_S, what="the demo")
        assert process.poll() is None, "the demo ended"
    except BaseException:
        _stop(process)
        print(last_lines(log), flush=True)
        raise
    print(f"demo with {days} days of history: ready after {time.monotonic() - begun:.0f} s", flush=True)
    return process


def _ground(folder: Path, port: int, process: subprocess.Popen[bytes]) -> Ground:
    told = _env(folder)
    secret = (folder / "secrets" / "dashboard_secret_key").read_text()
    return Ground(
        folder=folder,
        port=port,
        web=Family(int(told["PID_WEB"])),
        postgres=Family(int(told["PID_POSTGRES"])),
        prometheus=Family(int(told["PID_PROMETHEUS"])),
        prometheus_url=told["PROMETHEUS_URL"],
        sessions=signed_in(told["DATABASE_URL"], secret.strip(), len(Role)),
        keys=list(KEYS),
    )


def _env(folder: Path) -> Mapping[str, str]:
    lines = Place(folder).env.read_text().splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}


def _stop(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl+C does it; the demo's own processes are tied to it and end with it even when it is killed."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
