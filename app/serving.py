"""The web process: gunicorn with threads, configured by the settings."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from app.push.live import EXTENSION, MOST_CONNECTIONS, PATH
from app.settings import Settings

TIMEOUT_S = 60
GRACEFUL_S = 3
# As malloc.h numbers it.
M_ARENA_MAX, ARENAS = -8, 1
SILENCE_S = 10  # between two pieces of a request
LONGEST_REQUEST_LINE = 8_190
# Connections that are kept open between two requests of a browser, a process.
MOST_KEPT = 2_000
KEEPALIVE_S = 75  # longer than the longest refresh, so that a tick finds its connection open


class BoundedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn's worker with threads, which would wait for the rest of a request for ever."""

    def init_process(self) -> None:
        """Before any of its threads."""
        _share_memory()
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """One request; a silence within it ends the connection."""
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE_S, 0))
        return super().handle(conn)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Told to end: so are the live connections, each of which holds a thread."""
        self._end_connections()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """As ``handle_exit``, at once."""
        self._end_connections()
        super().handle_quit(sig, frame)

    def _end_connections(self) -> None:
        live = getattr(self.wsgi, "extensions", {}).get(EXTENSION)
        if live is not None:
            threading.Thread(target=live.stop, daemon=True).start()


def _share_memory() -> None:
    """One arena for all threads: glibc makes up to eight a core, and a thousand threads leave holes in each."""
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


class Turns:
    """WSGI middleware: so many requests are worked on at a time, however many threads there are for live connections.

    A thousand browsers that ask at once are answered sooner one after the other than all together.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], most: int) -> None:
        self._app = app
        self._free = threading.BoundedSemaphore(most)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request; what opens a live connection does not wait for its turn, and takes none."""
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket" and environ.get("PATH_INFO") == PATH:
            return self._app(environ, start_response)
        with self._free:
            return self._app(environ, start_response)


class Web(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn that loads app.wsgi in each worker, after the fork: threads and pools do not survive one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Our settings in gunicorn's words."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        for name, value in {
            "bind": f"{host}:{self._settings.port}",
            "workers": self._settings.web_workers,
            "worker_class": "app.serving.BoundedWorker",
            "threads": self._settings.web_threads + MOST_CONNECTIONS,
            "worker_connections": MOST_CONNECTIONS + MOST_KEPT,
            "limit_request_line": LONGEST_REQUEST_LINE,
            "timeout": TIMEOUT_S,
            "graceful_timeout": GRACEFUL_S,
            "keepalive": KEEPALIVE_S,
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108  gunicorn's heartbeat
            "loglevel": self._settings.log_level,
            "accesslog": None,
            "control_socket_disable": True,
            "child_exit": _forget,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of one worker process."""
        from app.wsgi import application  # noqa: PLC0415  after the fork, see above

        return application()


def serve(settings: Settings) -> None:
    """Runs until told to stop. What the workers must know is left in the environment they inherit."""
    # What an earlier version has drawn is not what this one would.
    shutil.rmtree(settings.data_dir / "cache", ignore_errors=True)
    folder = settings.data_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    Web(settings).run()


def _forget(_server: Any, worker: Any) -> None:
    """Drops the gauges of a worker that ended."""
    from prometheus_client import multiprocess  # noqa: PLC0415  reads the folder when it is imported

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
