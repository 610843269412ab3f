"""What may run full: each resource, what it is measured by, and what it may reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.config import Config
from app.figures.units import Unit
from app.health.services import SERVICES
from app.sources.promql import matchers
from app.sources.questions import At, Past, Question
from app.widgets.platform import gauge_mean, recorded_gauge

HOUR_S, DAYS, NOW_EVERY_S = 3_600, 28, 60
# The queue that the alert TammaQueueLong calls long.
LONG_QUEUE = 100.0
_RESOURCES, _MEMORY = "tamma_system_resources", "process_resident_memory_bytes"
_RECORDED_MEMORY = f"job_instance:{_MEMORY}:mean5m"
_DISK = 'resource_type="disk",unit="bytes"'
_ROOT = 'mountpoint="/"'
_HOST_MEMORY = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
_HOST_DISK = f"1 - node_filesystem_avail_bytes{{{_ROOT}}} / node_filesystem_size_bytes{{{_ROOT}}}"


def _unlimited(_: Config) -> float | None:
    return None


def _whole(_: Config) -> float | None:
    return 1.0


@dataclass(frozen=True)
class Subject:
    """A resource that may run full.

    ``name`` is its key on the page. ``now`` is an instant query for what is used, ``past`` the same as means over
    ``$step`` and ``recorded`` that on recording rules. The limit is what ``limit`` finds in the configuration, or the
    answer to ``limit_now``. ``limit_word`` says what the limit is. ``caps`` says that what comes beyond it waits, so
    that to be at the limit now and then is no failure.
    """

    name: str
    words: str
    unit: Unit
    metric: str
    now: str
    past: str
    recorded: str = ""
    limit: Callable[[Config], float | None] = _unlimited
    limit_now: str = ""
    limit_word: str = "limit"
    caps: bool = False
    help: str = ""
    href: str = ""

    @property
    def key(self) -> str:
        """The key of its chart."""
        return f"capacity.{self.name}"

    def questions(self) -> dict[str, Question]:
        """The questions that its outlook rests on."""
        asked: dict[str, Question] = {
            f"{self.name} now": At(self.now, every_s=NOW_EVERY_S),
            f"{self.name} past": Past(self.past, self.recorded, step_s=HOUR_S, days=DAYS),
        }
        if self.limit_now:
            asked[f"{self.name} limit"] = At(self.limit_now, every_s=NOW_EVERY_S)
        return asked


def _memory(service: str) -> Subject:
    where = matchers({"job": service})
    return Subject(
        name=f"{service}memory",
        words=f"Memory of {service}",
        unit=Unit.BYTES,
        metric=f"{_MEMORY}{{{where}}}",
        now=f"max({_MEMORY}{{{where}}})",
        past=f"max(avg_over_time({_MEMORY}{{{where}}}[$step]))",
        recorded=f"max(avg_over_time({_RECORDED_MEMORY}{{{where}}}[$step]))",
        limit=lambda config: config.limits.of(service).memory_bytes,
        help="Resident memory of the fullest instance against what one instance may use.",
        href=f"/services/{service}",
    )


def _disk(service: str) -> Subject:
    where = matchers({"job": service}, more=_DISK)
    return Subject(
        name=f"{service}disk",
        words=f"Disk of {service}",
        unit=Unit.BYTES,
        metric=f"{_RESOURCES}{{{where}}}",
        now=f"max({_RESOURCES}{{{where}}})",
        past=f"max(avg_over_time({_RESOURCES}{{{where}}}[$step]))",
        limit=lambda config: config.limits.of(service).disk_bytes,
        help="Disk space of the fullest instance against what one instance may use, where that is configured.",
        href=f"/services/{service}",
    )


HOST_MEMORY = Subject(
    name="hostmemory",
    words="Memory of the host",
    unit=Unit.SHARE,
    metric="node_memory_MemAvailable_bytes",
    now=f"max({_HOST_MEMORY})",
    past=f"max(avg_over_time(({_HOST_MEMORY})[$step:5m]))",
    recorded="max(avg_over_time(instance:node_memory_used:ratio5m[$step]))",
    limit=_whole,
    help="The part of the memory that is in use, of the fullest host.",
    href="/services/node",
)
HOST_DISK = Subject(
    name="hostdisk",
    words="Disk of the host",
    unit=Unit.SHARE,
    metric="node_filesystem_avail_bytes",
    now=f"max({_HOST_DISK})",
    past=f"max(avg_over_time(({_HOST_DISK})[$step:5m]))",
    recorded=f"max(avg_over_time(instance_mountpoint:node_filesystem_used:ratio5m{{{_ROOT}}}[$step]))",
    limit=_whole,
    help="The part of the root file system that is in use, of the fullest host.",
    href="/services/node",
)
DATABASE_SIZE = Subject(
    name="databasesize",
    words="Size of the database",
    unit=Unit.BYTES,
    metric="pg_database_size_bytes",
    now="sum(pg_database_size_bytes)",
    past=gauge_mean("pg_database_size_bytes"),
    recorded=recorded_gauge("datname:pg_database_size_bytes:mean5m"),
    limit=lambda config: config.limits.postgres.disk_bytes,
    help="All databases of the server against the disk it is given; write-ahead log and temporary files come on top.",
    href="/database",
)
CONNECTIONS = Subject(
    name="connections",
    words="Database connections",
    unit=Unit.COUNT,
    metric="pg_stat_activity_count",
    now="sum(pg_stat_activity_count)",
    past=gauge_mean("pg_stat_activity_count"),
    recorded=recorded_gauge("state:pg_stat_activity_count:mean5m"),
    limit_now="sum(pg_settings_max_connections)",
    limit_word="max_connections",
    help="Connections of all states against what the server allows.",
    href="/database",
)
QUEUE = Subject(
    name="queue",
    words="Queue of issues",
    unit=Unit.COUNT,
    metric="tamma_queue_depth",
    now="sum(tamma_queue_depth)",
    past=gauge_mean("tamma_queue_depth"),
    recorded=recorded_gauge("priority:tamma_queue_depth:mean5m"),
    limit=lambda _: LONG_QUEUE,
    limit_word="long from",
    help="Issues that wait, against the number from which the queue counts as long.",
    href="/services/orchestrator",
)
WORKFLOWS = Subject(
    name="workflows",
    words="Workflows at once",
    unit=Unit.COUNT,
    metric="tamma_workflows_active_total",
    now="sum(tamma_workflows_active_total) or sum(tamma_active_autonomous_loops)",
    past=f"{gauge_mean('tamma_workflows_active_total')} or {gauge_mean('tamma_active_autonomous_loops')}",
    recorded=recorded_gauge("all:tamma_workflows_active:mean5m"),
    limit=lambda config: float(config.workflows.max_running),
    caps=True,
    help="Workflow runs under way against how many the orchestrator runs at once.",
    href="/services/orchestrator",
)

SUBJECTS = (
    *(_memory(service) for service in SERVICES),
    *(_disk(service) for service in SERVICES),
    *(HOST_MEMORY, HOST_DISK),
    *(DATABASE_SIZE, CONNECTIONS),
    *(QUEUE, WORKFLOWS),
)
