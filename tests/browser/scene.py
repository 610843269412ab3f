"""The product and the servers behind it, with a past that is known to the second."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests.platform_history import INSTANCES, quiet_platform, scrapes, write_run, write_start
from tests.servers.processes import outputs
from tests.servers.proxy import Proxy
from tests.servers.samples import Samples
from tests.stack import Web

PAST_S = 2 * 3_600
# Samples of the coming minutes are there already, so that each scrape of the test's own time "arrives" by itself.
AHEAD_S = 1_800
UPTIME_S = 2 * 86_400 + 5 * 3_600 + 30 * 60
HOSTILE = "<img src=x onerror=\"document.title='pwned'\">'\n\"</script><script>document.title='pwned'</script>\\u003cb>"
HOSTILE_LONG = (HOSTILE + "<b>" * 2_000)[:4_096]


@dataclass(frozen=True)
class Scene:
    """One web process, its database, and its Prometheus behind a proxy that can be told to fail."""

    web: Web
    database: str
    prometheus: Proxy
    began: float

    @property
    def url(self) -> str:
        """The dashboard's address."""
        return self.web.url

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement, committed."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def begin_run(self) -> str:
        """A run that begins now; returns its id."""
        run = str(uuid4())
        self.sql("insert into workflow_runs (id, started_at, status) values (%s, now(), 'running')", run)
        return run

    def end_run(self, run: str) -> None:
        """The run is gone as if it had never been."""
        self.sql("delete from workflow_runs where id = %s", run)
        # A row that is deleted is no news by itself.
        self.sql(
            "select pg_notify('tamma_dashboard', json_build_object("
            "'table', 'workflow_runs', 'at', extract(epoch from clock_timestamp()))::text)"
        )

    def restart(self) -> None:
        """Everything as at the start, whatever a test has left."""
        self.prometheus.switch("pass")
        self.web.start()

    def printed(self) -> str:
        """All that the web process has printed."""
        return outputs[self.web.process.name].read_text(errors="replace")


def samples(now: float) -> Samples:
    """The quiet platform from two hours ago until half an hour ahead, and series whose labels are hostile."""
    start, end = int(now) - PAST_S, int(now) + AHEAD_S
    found, moments = quiet_platform(start, end), scrapes(start, end)
    for text in (HOSTILE, HOSTILE_LONG):
        for labels in (
            {"job": text, "instance": text},
            {"job": "workers", "instance": "workers-0", "error_type": text},
        ):
            found.add("tamma_errors_total", labels, [(at, 0) for at in moments], "counter")
        found.add("up", {"job": text, "instance": text}, [(at, 0) for at in moments])
        found.add("tamma_api_response_duration_seconds_count", {"job": text}, [(at, at) for at in moments], "histogram")
    return found


def write_past(database: str, now: float) -> None:
    """Starts of every service; three runs completed and one failed in the last quarter of an hour, two running.

    Two more completed four hours ago: only a longer range shows them.
    """
    for service in INSTANCES:
        write_start(database, service, now - UPTIME_S)
    write_start(database, HOSTILE, now - UPTIME_S - 60)
    for minutes, status in (
        (3, "success"),
        (5, "success"),
        (7, "success"),
        (9, "failed"),
        (240, "success"),
        (241, "success"),
    ):
        write_run(database, started=now - minutes * 60 - 30, completed=now - minutes * 60, status=status)
    for minutes in (1, 2):
        write_run(database, started=now - minutes * 60, completed=None, status="running")


def past_now() -> float:
    """The second at which a scene begins."""
    return time.time()


def log_folder(folder: Path) -> Path:
    """A folder with one log file, so that every readiness check has something to find."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "api.log").write_text("")
    return folder
