"""What went wrong in the past month of a simulated Tamma; moved a little by the seed."""

from __future__ import annotations

import random

from app.demo.simulation.faults import Injected
from app.demo.simulation.plan import NAMES

DAY_S = 86400.0
# Days ago, fault, target, minutes. Hours of the day come from the seed.
PAST: tuple[tuple[float, str, str, float], ...] = (
    (27, "git-rate-limit", "github", 35),
    (24, "db-slow", "postgres", 50),
    (21, "error-burst", "api-1", 18),
    (18, "queue-backlog", "orchestrator", 45),
    (15, "latency-creep", "api", 80),
    (12, "bad-deploy", "api", 42),
    (9, "service-crash", "api-1", 14),
    (6, "ai-provider-outage", "anthropic_claude", 95),
    (5, "ai-provider-slow", "openai", 120),
    (4, "network-loss", "workers-2", 12),
    (3, "memory-leak", "workers-0", 150),
    (2, "service-crash", "workers-1", 22),
    (1, "db-connections-exhausted", "postgres", 9),
    (0.6, "git-rate-limit", "gitlab", 25),
    (0.25, "ai-provider-slow", "anthropic_claude", 20),
)
PLANNED_RESTART_DAYS_AGO = 8.0
RESTART_GAP_S = 90.0


def past_incidents(seed: int, now: float, days: float) -> tuple[Injected, ...]:
    """The faults of the last ``days``, oldest first, all over before ``now``."""
    rng = random.Random(seed)
    found = []
    for ago, fault, target, minutes in PAST:
        start = now - ago * DAY_S - rng.uniform(0.0, 0.08) * DAY_S
        if start > now - days * DAY_S + 1800 and start + minutes * 60 < now - 900:
            found.append(Injected(fault, target, start, start + minutes * 60))
    return tuple(found)


def planned_restarts(now: float, days: float) -> tuple[tuple[float, str], ...]:
    """First start of every instance, and one rolling restart on the Sunday-like day of maintenance."""
    first = now - days * DAY_S + 1.0
    found = [(first, name) for name in NAMES]
    if days > PLANNED_RESTART_DAYS_AGO:
        rolling = now - PLANNED_RESTART_DAYS_AGO * DAY_S
        found += [(rolling + place * RESTART_GAP_S, name) for place, name in enumerate(NAMES)]
    return tuple(found)
