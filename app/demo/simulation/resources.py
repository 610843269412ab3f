"""What each process takes: processor, memory, disk, network, connections; all as gauges of whole stretches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.demo.simulation.activity import Activity
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.plan import (
    BAD_VERSION,
    BY_NAME,
    CORES,
    MEMORY_LIMIT_BYTES,
    NAMES,
    ORCHESTRATOR,
    VERSION,
    WORKERS,
)
from app.demo.simulation.rhythm import DAY_S, load, sway
from app.demo.simulation.vocabulary import label

Floats = NDArray[np.float64]
POOL_SIZE = 20.0
VOLUME_BYTES = 10 * 2.0**30
IDLE_CPU = {"orchestrator": 0.11, "workers": 0.07, "api": 0.09, "dashboard": 0.05}
LOAD_CPU = {"orchestrator": 0.30, "workers": 0.05, "api": 0.42, "dashboard": 0.16}
IDLE_MEMORY = {"orchestrator": 0.36, "workers": 0.40, "api": 0.34, "dashboard": 0.42}
DISK_SHARE = {"orchestrator": 0.34, "workers": 0.22, "api": 0.26, "dashboard": 0.12}
DISK_DAILY_SHARE = {"orchestrator": 0.0042, "workers": 0.0018, "api": 0.0025, "dashboard": 0.0006}
DISK_CYCLE_DAYS = 90.0


class Resources:
    """Process gauges of all instances; ``started`` tells since when each process runs."""

    def __init__(self, conditions: Conditions, started: dict[str, float]) -> None:
        self._conditions = conditions
        self.started = started

    def advance(self, out: Activity) -> None:
        """Fill in the resource columns of every step. Needs the engine's gauges as values, not shifts."""
        for key, name in enumerate(NAMES):
            cpu = self._processor(out, name, key)
            memory = self._memory(out, name, key)
            self._system(out, name, key, cpu, memory)
            self._process(out, name, key, cpu, memory)
            self._pool(out, name, key)
            self._since_start(out, name)
        self._worker_pool(out)
        self._limits(out)

    def _processor(self, out: Activity, name: str, key: int) -> Floats:
        """Share of the CPU limit."""
        job, over = BY_NAME[name].job, self._conditions.over
        share = IDLE_CPU[job] + LOAD_CPU[job] * load(out.times) * (1 + 0.2 * sway(out.times, key + 50))
        if job == "workers":
            share = share + 0.36 * out.column(name, "tamma_worker_current_task", label(name))
        if job == "orchestrator":
            share = share + 0.018 * out.column(name, "tamma_workflows_active_total")
        for fault, more in (("error-burst", 0.12), ("latency-creep", 0.35), ("memory-leak", 0.2), ("bad-deploy", 0.1)):
            share = share + more * over(out.times, fault, name)
        return np.asarray(np.clip(share * (1 + 0.07 * sway(out.times, key + 90)), 0.01, 0.99))

    def _memory(self, out: Activity, name: str, key: int) -> Floats:
        """Resident bytes: a slow breath, the teeth of garbage collection, and leaks."""
        job, t = BY_NAME[name].job, out.times
        teeth = (t / (340.0 + 40 * key)) % 1.0
        share = IDLE_MEMORY[job] + 0.07 * load(t) + 0.03 * sway(t, key + 120) + 0.035 * teeth
        leak = self._conditions.over(t, "memory-leak", name)
        return np.asarray((share + (0.965 - share) * leak) * MEMORY_LIMIT_BYTES[job])

    def _system(self, out: Activity, name: str, key: int, cpu: Floats, memory: Floats) -> None:
        job, t = BY_NAME[name].job, out.times
        filled = DISK_SHARE[job] + DISK_DAILY_SHARE[job] * ((t / DAY_S) % DISK_CYCLE_DAYS) + 0.004 * ((t / DAY_S) % 1.0)
        filled = filled + (0.97 - filled) * self._conditions.over(t, "disk-filling", name)
        network = (4e3 + 9e4 * cpu) * (1 + 0.3 * sway(t, key + 150))
        network = network * (1 - self._conditions.over(t, "network-loss", name))
        resource = "tamma_system_resources"
        out.column(name, resource, "cpu", "percent")[:] = np.round(cpu * 100, 2)
        out.column(name, resource, "memory", "bytes")[:] = np.round(memory)
        out.column(name, resource, "disk", "bytes")[:] = np.round(filled * VOLUME_BYTES)
        out.column(name, resource, "network", "bytes_per_second")[:] = np.round(network)

    def _process(self, out: Activity, name: str, key: int, cpu: Floats, memory: Floats) -> None:
        lag = 0.0015 + 0.05 * cpu**4 + 0.25 * self._conditions.over(out.times, "latency-creep", name)
        out.column(name, "process_cpu_seconds_total")[:] += np.round(cpu * CORES[BY_NAME[name].job] * out.durations, 2)
        out.column(name, "process_resident_memory_bytes")[:] = np.round(memory)
        out.column(name, "nodejs_heap_size_used_bytes")[:] = np.round(memory * 0.68)
        out.column(name, "nodejs_heap_size_total_bytes")[:] = np.round(memory * 0.81)
        out.column(name, "nodejs_eventloop_lag_seconds")[:] = np.round(lag * (1 + 0.4 * sway(out.times, key + 200)), 5)
        out.column(name, "process_open_fds")[:] = np.round(42 + 60 * cpu + 3 * sway(out.times, key + 230))
        for kind, share in (("rss", 1.0), ("heap_used", 0.68), ("heap_total", 0.81), ("external", 0.06)):
            out.column(name, "nodejs_memory_bytes", kind)[:] = np.round(memory * share)
        connections = np.round(3 + 40 * cpu + 4 * sway(out.times, key + 260))
        out.column(name, "tamma_active_connections", "http", "none")[:] = np.maximum(connections, 0)

    def _pool(self, out: Activity, name: str, key: int) -> None:
        over = self._conditions.over
        exhausted = over(out.times, "db-connections-exhausted", "postgres")
        active = 1 + 4 * load(out.times) * (1 + 0.5 * sway(out.times, key + 300))
        active = active + 9 * over(out.times, "db-slow", "postgres") + POOL_SIZE * exhausted
        active = np.clip(np.round(active), 0.0, POOL_SIZE)
        waiting = np.round(exhausted * (14 + 6 * sway(out.times, key + 330)))
        out.column(name, "tamma_db_pool_size")[:] = POOL_SIZE
        out.column(name, "tamma_db_pool_connections", "active")[:] = active
        out.column(name, "tamma_db_pool_connections", "idle")[:] = np.minimum(POOL_SIZE - active, 6)
        out.column(name, "tamma_db_pool_connections", "waiting")[:] = waiting

    def _since_start(self, out: Activity, name: str) -> None:
        starts = np.full(out.times.shape, self.started[name])
        for t, instance in out.restarts:
            if instance == name:
                starts[out.times >= t] = t
                self.started[name] = t
        out.column(name, "process_start_time_seconds")[:] = np.round(starts, 2)
        out.column(name, "tamma_uptime_seconds")[:] = np.round(np.maximum(out.times - starts, 0.0), 1)
        if BY_NAME[name].job == "dashboard":
            out.column(name, "tamma_build_info", label(VERSION))[:] = 1.0
            return
        bad = self._conditions.over(out.times, "bad-deploy", name) > 0
        out.column(name, "tamma_build_info", label(VERSION))[:] = np.where(bad, np.nan, 1.0)
        out.column(name, "tamma_build_info", label(BAD_VERSION))[:] = np.where(bad, 1.0, np.nan)

    def _worker_pool(self, out: Activity) -> None:
        up = np.sum([~self._conditions.down(out.times, name) for name in WORKERS], axis=0)
        out.column(ORCHESTRATOR, "tamma_orchestrator_workers_registered")[:] = len(WORKERS)
        out.column(ORCHESTRATOR, "tamma_orchestrator_workers_active")[:] = up
        for name in WORKERS:
            # The engine counts tasks; the platform's gauge only says whether there is one.
            task = out.column(name, "tamma_worker_current_task", label(name))
            task[:] = np.minimum(task, 1.0)

    def _limits(self, out: Activity) -> None:
        for platform in ("github", "gitlab"):
            reset = np.zeros(out.times.shape)
            for one in self._conditions.injected:
                if one.fault == "git-rate-limit" and one.target == platform:
                    inside = (out.times >= one.start) & (out.times < one.end)
                    reset = np.where(inside, one.end - out.times, reset)
            out.column(ORCHESTRATOR, "tamma_platform_rate_limit_reset_seconds", platform)[:] = np.round(reset)
