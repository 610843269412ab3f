"""A platform that never stands still, as samples: every curve of the bench moves at every scrape."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from zlib import crc32

from tests.platform_history import BUCKETS, INSTANCES, PER_BUCKET, quiet_platform, write_run, write_start
from tests.servers.samples import Samples, SampleSeries

BEHIND_S = 4_200  # an hour and the ten minutes that the widest rate reaches back
AHEAD_S = 1_200  # nobody scrapes: what the bench will look at is there already
RUNS = 120
_STEADY = frozenset({"up", "node_memory_MemTotal_bytes", "node_filesystem_size_bytes"})


def busy_platform(now: int) -> Samples:
    """The services of ``quiet_platform``, each series with a course of its own, the same in every run."""
    return Samples([_moving(one) for one in quiet_platform(now - BEHIND_S, now + AHEAD_S).series])


def write_events(database: str) -> None:
    """A start of each service, and workflow runs that ended all along the last hour."""
    now = time.time()
    for service in INSTANCES:
        write_start(database, service, now - 3_000)
    for number in range(RUNS):
        ended = now - 30 * number
        status = "failed" if number % 9 == 0 else "success"
        write_run(database, started=ended - 300, completed=ended, status=status)
    write_run(database, started=now - 60, completed=None, status="running")


def _moving(one: SampleSeries) -> SampleSeries:
    if one.name in _STEADY:
        return one
    times, values = [at for at, _ in one.points], [value for _, value in one.points]
    if one.name.endswith("_bucket"):
        moved = _bucket(dict(one.labels), len(times))
    elif one.kind == "gauge":
        moved = [value * factor for value, factor in zip(values, _course(_seed(one), len(times)), strict=True)]
    else:
        moved = _running_sum(values[1] - values[0], _course(_seed(one), len(times)))
    return SampleSeries(one.name, one.labels, tuple(zip(times, moved, strict=True)), one.kind)


def _bucket(labels: dict[str, str], count: int) -> list[float]:
    """The cumulative bucket: each bucket below it grows at a pace of its own, so percentiles move."""
    share = 0.99 if labels["status_code"] == "200" else 0.01
    below = [bucket for bucket in BUCKETS[: BUCKETS.index(labels["le"]) + 1] if bucket in PER_BUCKET]
    total = [0.0] * count
    for bucket in below:
        grown = _running_sum(PER_BUCKET[bucket] * share, _course(f"{labels['instance']}{bucket}", count))
        total = [one + more for one, more in zip(total, grown, strict=True)]
    return total


def _running_sum(per_scrape: float, course: Sequence[float]) -> list[float]:
    total, sums = 0.0, []
    for factor in course:
        total += per_scrape * factor
        sums.append(total)
    return sums


def _course(seed: str, count: int) -> list[float]:
    """Factors around one, between 0.6 and 1.3: a slow wave and noise."""
    chance = random.Random(crc32(seed.encode()))
    period = chance.uniform(20, 90)
    return [
        min(1.3, max(0.6, 1 + 0.2 * math.sin(position / period) + chance.gauss(0, 0.07))) for position in range(count)
    ]


def _seed(one: SampleSeries) -> str:
    return one.name + repr(one.labels)
