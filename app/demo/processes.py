"""Child processes: started, watched, started again when they end, and stopped.

Each child leads a process group of its own, so that a Ctrl+C in the terminal reaches only us and we decide the order,
and is ended by the kernel when we die, even by kill -9.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import requests

from app.demo.servers import Server
from app.sources.children import tied

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
STEADY_S = 60.0  # after running that long a server's earlier failures are forgotten
POLL_S = 0.05


class ServerEnded(Exception):
    """A server ended, or did not become ready in time; the message shows the end of its output."""


@dataclass
class _Child:
    server: Server
    process: subprocess.Popen[bytes]
    started_at: float
    failures: int = 0
    due_at: float | None = None  # when it is started again

    @property
    def finished(self) -> bool:
        """Whether it has ended well and had no more to do."""
        return self.server.once and self.process.poll() == 0


class Processes:
    """The children of this process by name. Use it from one long-lived thread: a child dies with its thread."""

    def __init__(self, log_directory: Path, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._log_directory = log_directory
        self._environment = environment
        self._say = say
        self._children: dict[str, _Child] = {}

    def log_of(self, name: str) -> Path:
        """The file with everything the server printed in this run."""
        return self._log_directory / f"{name}.log"

    def start(self, server: Server) -> None:
        """Start a server and return at once; its log begins anew."""
        self._log_directory.mkdir(parents=True, exist_ok=True)
        self.log_of(server.name).write_bytes(b"")
        self._children[server.name] = _Child(server, self._spawn(server), time.monotonic())

    def pids(self) -> Mapping[str, int]:
        """The process ids of the servers that run."""
        return {name: child.process.pid for name, child in self._children.items() if child.process.poll() is None}

    def wait_ready(self, name: str, timeout_s: float) -> None:
        """Wait until the server answers, starting again whatever ends meanwhile; raises ServerEnded."""
        child = self._children[name]
        deadline = time.monotonic() + timeout_s
        while not answers(child.server.ready_url):
            if time.monotonic() > deadline:
                raise ServerEnded(f"{name} is not ready after {timeout_s:.0f} s.{self._last_words(name)}")
            if child.process.poll() is not None and child.failures >= 2:
                raise ServerEnded(f"{name} ends right after its start.{self._last_words(name)}")
            self.restart_ended()
            time.sleep(POLL_S)

    def restart_ended(self) -> bool:
        """Start again what ended, each after a pause that doubles with every failure; whether anything changed."""
        self._forget_finished()
        changed = False
        now = time.monotonic()
        for name, child in self._children.items():
            if child.due_at is not None and now >= child.due_at:
                child.process, child.started_at, child.due_at = self._spawn(child.server), now, None
                changed = True
            elif child.due_at is None and child.process.poll() is not None:
                _kill_group(child.process.pid)
                child.failures = 1 if now - child.started_at > STEADY_S else child.failures + 1
                pause = min(FIRST_PAUSE_S * 2 ** (child.failures - 1), LONGEST_PAUSE_S)
                child.due_at = now + pause
                self._say(
                    f"{name} ended ({ending(child.process.returncode)}) and is started again in {pause:.0f} s; "
                    f"see {self.log_of(name)}"
                )
        return changed

    def _forget_finished(self) -> None:
        """Soon after their end: a process id that is long over may be a stranger's."""
        for name in [name for name, child in self._children.items() if child.finished]:
            _kill_group(self._children.pop(name).process.pid)

    def stop(self, names: Iterable[str] | None = None) -> None:
        """End the named servers, or all, together: asked first, killed after their time of grace."""
        wanted = set(self._children if names is None else names)
        named = [self._children.pop(name) for name in tuple(self._children) if name in wanted]
        leaving = [child for child in named if child.due_at is None]
        for child in leaving:
            child.process.terminate()
        asked_at = time.monotonic()
        for child in leaving:
            try:
                child.process.wait(max(0.0, asked_at + child.server.grace_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f"{child.server.name} does not end and is killed")
            _kill_group(child.process.pid)
            child.process.wait()

    def _spawn(self, server: Server) -> subprocess.Popen[bytes]:
        with self.log_of(server.name).open("ab") as log:
            return subprocess.Popen(
                tied(server.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self._environment, **server.environment},
                process_group=0,
            )

    def _last_words(self, name: str) -> str:
        text = self.log_of(name).read_text(encoding="utf-8", errors="replace")
        return f" The end of {self.log_of(name)}:\n" + "\n".join(text.splitlines()[-15:])


def answers(url: str | None) -> bool:
    """Whether ``url`` answers 200 now; a server without an address counts as answering."""
    if url is None:
        return True
    with requests.Session() as session:
        session.trust_env = False  # never through a proxy: it is this machine
        try:
            return session.get(url, timeout=2).status_code == HTTPStatus.OK
        except requests.RequestException:
            return False


def ending(returncode: int) -> str:
    """An exit code in words."""
    return f"exit {returncode}" if returncode >= 0 else f"killed by {signal.Signals(-returncode).name}"


def _kill_group(leader: int) -> None:
    """Kill what the leader left behind; only processes of its own group, which was made for it."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
