"""The service processes of a live run: started, fed, killed when a fault says so, restarted when they die."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.demo.simulation.plan import NAMES
from app.demo.simulation.wire import Channel, Message

END_S = 5.0
RESPAWN_S = 2.0


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    channel: Channel
    version: str


class Children:
    """One process per instance."""

    def __init__(self, plan_path: Path) -> None:
        self._plan_path = plan_path
        self._children: dict[str, _Child] = {}
        self._last_start: dict[str, float] = {}

    def keep(self, *, versions: Mapping[str, str], crashed: frozenset[str]) -> None:
        """Make it so that exactly the instances that are not ``crashed`` run, each in its version."""
        replaced = [name for name, child in self._children.items() if child.version != versions[name]]
        for name in crashed:
            self._kill(name)
        self._end([name for name in replaced if name not in crashed])
        for name in NAMES:
            child = self._children.get(name)
            if child is not None and child.process.poll() is not None:
                print(f"{name} ended with {child.process.returncode}; starting it again", file=sys.stderr)
                self._kill(name)
                child = None
            if child is None and name not in crashed and self._may_start(name, replaced):
                self._start(name, versions[name])

    def send(self, name: str, message: Message) -> None:
        """Tell an instance what it does; nothing happens when it does not run."""
        child = self._children.get(name)
        if child is not None:
            child.channel.send(message)

    def stop(self) -> None:
        """End all of them, kindly for a few seconds, then by force."""
        self._end(list(self._children))

    def _may_start(self, name: str, replaced: list[str]) -> bool:
        return name in replaced or time.monotonic() - self._last_start.get(name, -RESPAWN_S) >= RESPAWN_S

    def _start(self, name: str, version: str) -> None:
        command = [sys.executable, "-m", "app.demo.simulation.service"]
        command += ["--plan", str(self._plan_path), "--instance", name, "--version", version]
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
        if process.stdin is None:
            raise RuntimeError("a pipe was asked for")
        self._last_start[name] = time.monotonic()
        self._children[name] = _Child(process, Channel(process.stdin), version)

    def _kill(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is not None:
            child.process.kill()
            child.process.wait()
            child.channel.close()

    def _end(self, names: list[str]) -> None:
        ending = [self._children.pop(name) for name in names if name in self._children]
        for child in ending:
            child.channel.close()
            child.process.terminate()
        deadline = time.monotonic() + END_S
        for child in ending:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
