"""The folder of a demo: where its things lie, who holds it, and what a first start left."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.setting_text import SECRET_BYTES

SECRETS = ("DASHBOARD_SECRET_KEY", "DASHBOARD_JWT_SECRET")
# What a start writes, as patterns; only these are ever removed, for --dir may name any folder.
LEFT_BEHIND = (
    "postgres",
    "prometheus",
    "alertmanager",
    "data",
    "logs",
    "history-*",
    "plan.json",
    "world.json",
    "faults.json*",
)


class DemoError(Exception):
    """The demo cannot start or go on; the message is for the person who started it."""


@dataclass(frozen=True)
class Place:
    """The folder, absolute, and the names in it that others rely on."""

    directory: Path

    @property
    def marker(self) -> Path:
        """Written when the history is complete; without it a first start begins anew."""
        return self.directory / "history.json"

    @property
    def log_paths(self) -> str:
        """The glob of the simulated services' logs."""
        return str(self.directory / "logs" / "*.log*")

    @property
    def output(self) -> Path:
        """Where the servers' own output goes, a file each."""
        return self.directory / "log"

    @property
    def env(self) -> Path:
        """The shell-readable file for whoever wants to look behind the page."""
        return self.directory / "env"

    @property
    def history_days(self) -> int | None:
        """How many days of history are complete here; None: not one yet."""
        try:
            return int(json.loads(self.marker.read_text())["days"])
        except FileNotFoundError:
            return None

    def finish_history(self, days: int) -> None:
        """Note that the history is complete, in one step."""
        draft = self.marker.with_suffix(".draft")
        draft.write_text(json.dumps({"days": days}))
        draft.replace(self.marker)

    def clear(self) -> None:
        """Throw away what an interrupted first start left."""
        for path in (found for pattern in LEFT_BEHIND for found in self.directory.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def secret_files(self) -> Mapping[str, str]:
        """``NAME_FILE`` settings with secrets that are made once and kept."""
        folder = self.directory / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        files = {name: folder / name.lower() for name in SECRETS}
        for path in files.values():
            if not path.exists():
                write_private(path, secrets.token_urlsafe(2 * SECRET_BYTES))
        return {f"{name}_FILE": str(path) for name, path in files.items()}

    def write_env(self, values: Mapping[str, str]) -> None:
        """Write the file that a shell can read with ``.``; only its owner can, for it holds the database's password."""
        write_private(self.env, "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


@contextmanager
def held(directory: Path) -> Iterator[Place]:
    """The folder for ourselves alone until the block ends; DemoError where a demo runs in it already."""
    directory = directory.absolute()
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("a+") as lock:
        if not _take(lock.fileno()):
            lock.seek(0)
            raise DemoError(f"A demo runs in {directory} already (process {lock.read().strip()}); stop that one first")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield Place(directory)


def is_running(directory: Path) -> bool:
    """Whether a demo runs in the folder now."""
    try:
        with (directory / "lock").open() as lock:
            return not _take(lock.fileno())
    except FileNotFoundError:
        return False


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
