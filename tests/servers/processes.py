"""Server processes of the tests: started, waited for, shown when a test fails, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import psutil
import requests

from app.sources.children import tied

T = TypeVar("T")

POLL_S = 0.01
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
LINES_SHOWN = 30

# What the servers of this test process print: name -> file. Read when a test fails.
outputs: dict[str, Path] = {}


def wait_until(condition: Callable[[], T], timeout_s: float = 10.0, *, what: str = "the condition") -> T:
    """The first true value of ``condition``, asked again and again; AssertionError when none came in time."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout_s:g} s; last: {value!r}"
        time.sleep(POLL_S)
    return value


def answers(url: str) -> bool:
    """Whether ``url`` answers 200 now."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=2).status_code == 200
        except requests.RequestException:
            return False


def alive(pid: int) -> bool:
    """Whether the process runs; one that nobody has reaped yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class ServerProcess:
    """A program that serves on a port of its own. It may be stopped and started again at the same place."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        output: Path,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.command, self.output = name, tuple(command), output
        self._ready = ready
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        outputs[name] = output

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and wait until it serves; does nothing while it runs."""
        if self.running:
            return
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                tied(self.command, end_with="KILL"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self._environment},
                process_group=0,
            )
        process = self._process
        wait_until(lambda: process.poll() is not None or self._ready(), START_TIMEOUT_S, what=f"{self.name} ready")
        assert process.poll() is None, f"{self.name} ended with {process.returncode}:\n{last_lines(self.output)}"

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it with a signal and wait; what does not end is killed."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def output_sizes() -> Mapping[str, int]:
    """How much every server has printed so far, in bytes."""
    return {name: path.stat().st_size for name, path in outputs.items() if path.exists()}


def last_lines(path: Path, *, after: int = 0) -> str:
    """The end of a server's output beyond the first ``after`` bytes; empty where it printed nothing."""
    try:
        text = path.read_bytes()[after:].decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-LINES_SHOWN:])
