"""History of what the real exporters will tell later: the host and the database server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from app.demo.simulation.activity import Activity
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.database_server import DatabaseServer
from app.demo.simulation.plan import NAMES
from app.demo.simulation.rhythm import DAY_S, load, sway

Floats = NDArray[np.float64]
NODE = 'job="node",instance="tamma-host"'
POSTGRES = 'job="postgres",instance="tamma-postgres"'
PAGE_HITS_A_SECOND = 4200.0
KEPT_FREE = 22.0
# Measured on a month of simulated events with their indexes, so that the real size goes on where history ends.
EMPTY_DATABASE_BYTES = 9e6
EVENT_BYTES = 650.0
DISK_GROWTH_BYTES_A_DAY = 4e8
# The real exporters' counters stand elsewhere than ours would. History falls silent a little longer than a five-minute
# rate looks back, so that no rate of now spans the jump.
SILENT_S = 330.0


class Host:
    """The exporters' series, stretch after stretch; sizes and cores are those of this machine."""

    def __init__(self, conditions: Conditions, *, server: DatabaseServer, now: float) -> None:
        self._conditions = conditions
        self._server = server
        self._now = now
        self._events = 0
        self._carry: dict[tuple[str, str], float] = {}
        self._cores = os.cpu_count() or 1
        self._memory = float(psutil.virtual_memory().total)
        self._memory_available = float(psutil.virtual_memory().available)
        self._disk = float(psutil.disk_usage("/").total)
        self._disk_free = float(psutil.disk_usage("/").free)
        self._device = _network_device()
        root = next((part for part in psutil.disk_partitions(all=True) if part.mountpoint == "/"), None)
        self._disk_labels = (
            f'device="{root.device if root else "/dev/root"}",fstype="{root.fstype if root else "ext4"}"'
        )

    def series(self, out: Activity) -> Iterator[tuple[str, str, Floats]]:
        """Name, labels and values of every series of the exporters at the end of each step."""
        self._silent = out.times > self._now - SILENT_S
        yield from self._node(out)
        yield from self._postgres(out)

    def up(self, times: Floats) -> Iterator[tuple[str, str, Floats]]:
        """``up`` of every target at ``times``: few series, so they can be as fine as availability needs."""
        for name in NAMES:
            yield (
                "up",
                f'job="{name.rsplit("-", 1)[0]}",instance="{name}"',
                np.where(self._conditions.down(times, name), 0.0, 1.0),
            )
        for target in (NODE, POSTGRES):
            yield "up", target, np.ones_like(times)

    def _count(self, name: str, labels: str, increments: Floats) -> tuple[str, str, Floats]:
        before = self._carry.get((name, labels), 0.0)
        totals = np.round(before + np.cumsum(increments), 2)
        self._carry[name, labels] = float(totals[-1])
        return name, labels, np.where(self._silent, np.nan, totals)

    def _node(self, out: Activity) -> Iterator[tuple[str, str, Floats]]:
        t, dt = out.times, out.durations
        used = [out.column(name, "tamma_system_resources", "cpu", "percent") for name in NAMES]
        busy = np.clip(0.05 + 0.40 * np.nanmean(used, axis=0) / 100.0 + 0.02 * sway(t, 401), 0.02, 0.97)
        for core in range(self._cores):
            share = np.clip(busy * (1 + 0.08 * sway(t, 410 + core)), 0.01, 0.98)
            for mode, part in (("user", 0.74), ("system", 0.22), ("iowait", 0.04)):
                labels = f'{NODE},cpu="{core}",mode="{mode}"'
                yield self._count("node_cpu_seconds_total", labels, share * part * dt)
            yield self._count("node_cpu_seconds_total", f'{NODE},cpu="{core}",mode="idle"', (1 - share) * dt)
        available = self._memory_available * (0.98 - 0.07 * load(t) + 0.012 * sway(t, 430))
        yield "node_memory_MemTotal_bytes", NODE, np.full_like(t, self._memory)
        yield "node_memory_MemAvailable_bytes", NODE, np.round(available)
        # Falls to what is free today, faster on busy days.
        growth = min(DISK_GROWTH_BYTES_A_DAY, 0.2 * (self._disk - self._disk_free) / 30)
        spare = self._disk_free + growth * (self._now - t) / DAY_S * (1 + 0.02 * sway(t, 435))
        labels = f'{NODE},mountpoint="/",{self._disk_labels}'
        yield "node_filesystem_size_bytes", labels, np.full_like(t, self._disk)
        yield "node_filesystem_avail_bytes", labels, np.round(spare / 4096) * 4096
        device = f'{NODE},device="{self._device}"'
        rate = 6e4 + 4e5 * load(t) * (1 + 0.3 * sway(t, 440))
        yield self._count("node_network_receive_bytes_total", device, np.round(rate * dt))
        yield self._count("node_network_transmit_bytes_total", device, np.round(rate * 0.7 * dt))
        yield "node_load1", NODE, np.round(np.maximum(busy * self._cores * (1 + 0.2 * sway(t, 450)), 0.01), 2)

    def _postgres(self, out: Activity) -> Iterator[tuple[str, str, Floats]]:
        t, dt, about = out.times, out.durations, self._server
        server = f'{POSTGRES},server="{about.server}"'
        database = f'{server},datid="{about.oid}",datname="{about.name}"'
        exhausted = self._conditions.over(t, "db-connections-exhausted", "postgres") > 0
        slow = self._conditions.over(t, "db-slow", "postgres")
        commits = np.round(np.maximum((9 + 36 * load(t)) * (1 + 0.15 * sway(t, 500)), 1) * dt)
        hits = PAGE_HITS_A_SECOND * (0.2 + load(t)) * dt
        lock = ((t // 120) % 3571 == 0) | ((t // 120) % 2903 == 0)
        yield "pg_up", POSTGRES, np.ones_like(t)
        yield "pg_settings_max_connections", server, np.full_like(t, about.max_connections)
        yield from self._connections(t, server, exhausted=exhausted, slow=slow)
        yield self._count("pg_stat_database_xact_commit", database, commits)
        yield self._count(
            "pg_stat_database_xact_rollback", database, np.round(commits * np.where(exhausted, 0.05, 0.003))
        )
        yield self._count("pg_stat_database_blks_hit", database, np.round(hits))
        yield self._count("pg_stat_database_blks_read", database, np.round(hits * (0.006 + 0.09 * slow)))
        yield self._count("pg_stat_database_deadlocks", database, np.where(lock, 1.0, 0.0))
        stored = np.searchsorted(np.sort([event.t for event in out.events]), t).astype(np.float64)
        size = EMPTY_DATABASE_BYTES + EVENT_BYTES * (self._events + stored)
        self._events += len(out.events)
        yield "pg_database_size_bytes", f'{server},datname="{about.name}"', np.round(size / 8192) * 8192

    def _connections(
        self, t: Floats, server: str, *, exhausted: NDArray[np.bool_], slow: Floats
    ) -> Iterator[tuple[str, str, Floats]]:
        active = np.maximum(np.round(1 + 4 * load(t) + sway(t, 510) + 12 * slow), 1.0)
        idle = np.round(14 + 4 * load(t) + 2 * sway(t, 520))
        idle = np.maximum(idle, exhausted * (self._server.max_connections - KEPT_FREE - active))
        between = np.maximum(np.round(0.4 + sway(t, 530)), 0)
        for state, number in (("active", active), ("idle", idle), ("idle in transaction", between)):
            yield "pg_stat_activity_count", f'{server},datname="{self._server.name}",state="{state}"', number


def _network_device() -> str:
    folder = Path("/sys/class/net")
    names = sorted(path.name for path in folder.iterdir() if path.name != "lo") if folder.is_dir() else []
    return "eth0" if "eth0" in names or not names else names[0]
