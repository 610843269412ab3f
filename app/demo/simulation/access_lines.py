"""HTTP access lines: every failure, and a sample of the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.demo.simulation.activity import Activity
from app.demo.simulation.pino import failure
from app.demo.simulation.routes import SHAPE, Route

SAMPLED = {"api": 0.12, "orchestrator": 0.03, "dashboard": 0.15}
LINES_A_STEP = 40
AGENTS = ("tamma-cli/1.8.0", "Mozilla/5.0 (X11; Linux x86_64)", "GitHub-Hookshot/9f1c2d4", "kube-probe/1.31")
FAULTS = {
    500: ("InternalError", "Cannot read properties of undefined (reading 'id')", "E_INTERNAL"),
    503: ("ServiceUnavailableError", "timeout exceeded when trying to connect to postgres", "E_DB_POOL"),
}


def write(
    out: Activity,
    name: str,
    route: Route,
    status: int,
    number: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Write lines for the ``number`` answers with ``status`` in each step, spread over the step."""
    steps = np.flatnonzero((number > 0) & (out.times >= out.lines_from))
    if not len(steps):
        return
    if status < 400:
        written = rng.binomial(number[steps], SAMPLED[name.rsplit("-", 1)[0]])
    else:
        written = np.minimum(number[steps], LINES_A_STEP * np.maximum(1.0, out.durations[steps] / 15.0))
    lengths = out.durations
    for step, many in zip(steps.tolist(), written.astype(int).tolist(), strict=True):
        if not many:
            continue
        ends, odds = float(out.times[step]), rng.random((many, 3))
        for place, chance, visitor in odds.tolist():
            _line(out, name, route, status, ends - place * float(lengths[step]), chance, visitor)


def _line(out: Activity, name: str, route: Route, status: int, t: float, chance: float, visitor: float) -> None:
    seconds = route.median_s * (1.0 / max(chance, 1e-4) - 1.0) ** (1.0 / SHAPE)
    person = int(visitor * 40)
    fields: dict[str, Any] = {
        "component": "http",
        "requestId": f"req-{int(t * 1000):x}-{int(visitor * 1e9):08x}",
        "correlationId": f"req-{int(t * 1000):x}-{int(visitor * 1e9):08x}",
        "method": route.method,
        "url": route.path,
        "statusCode": status,
        "durationMs": round(min(seconds, 30.0) * 1000, 1),
        "userId": f"user-{person}" if route.user_type == "user" else "system",
        "userAgent": AGENTS[person % len(AGENTS)],
    }
    if status >= 500:
        fields["error"] = failure(*FAULTS[status], "RequestHandler")
        out.line(name, t, "error", f"{route.method} {route.path} failed with {status}", fields)
    elif status >= 400:
        out.line(name, t, "warn", f"{route.method} {route.path} refused with {status}", fields)
    else:
        out.line(name, t, "info", f"{route.method} {route.path} completed", fields)
