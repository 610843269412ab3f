"""HTTP requests and database queries in bulk: counts, latencies and failures of whole stretches at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.demo.simulation import access_lines
from app.demo.simulation.activity import Activity
from app.demo.simulation.catalogue import API_BUCKETS, DB_BUCKETS
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.labelsets import DB_OPERATIONS
from app.demo.simulation.plan import APIS, BY_NAME, NAMES, ORCHESTRATOR
from app.demo.simulation.rhythm import load, sway
from app.demo.simulation.routes import ROUTES, SHAPE, Route
from app.demo.simulation.vocabulary import ERROR_TYPES, label

Floats = NDArray[np.float64]
DB_MEDIAN_S = {"select": 0.0035, "insert": 0.0022, "update": 0.0028}
DB_RATE = {"orchestrator": 1.2, "workers": 0.25, "api": 2.2, "dashboard": 0.3}
# Share of requests that fail while a fault lasts.
FAILURE_SHARE = {"error-burst": 0.33, "bad-deploy": 0.14}
EXHAUSTED_SHARE = 0.30


class Traffic:
    """Requests and queries of all instances under given conditions."""

    def __init__(self, seed: int, conditions: Conditions) -> None:
        self._rng = np.random.default_rng(seed)
        self._conditions = conditions

    def advance(self, out: Activity) -> None:
        """Fill in the HTTP and database columns of every step."""
        down = {name: self._conditions.down(out.times, name) for name in NAMES}
        api_up = np.sum([~down[name] for name in APIS], axis=0)
        busy = load(out.times)
        for key, name in enumerate(NAMES):
            job = BY_NAME[name].job
            share = np.where(down[name], 0.0, len(APIS) / np.maximum(api_up, 1) if job == "api" else 1.0)
            volume = share * busy * (1.0 + 0.12 * sway(out.times, key)) * out.durations
            self._requests(out, name, volume)
            self._queries(out, name, volume)

    def _requests(self, out: Activity, name: str, volume: Floats) -> None:
        slowness, failing = self._slowness(out.times, name), self._failing(out.times, name)
        total = out.column(name, "tamma_requests_total")
        for route in ROUTES.get(BY_NAME[name].job, ()):
            requests = self._rng.poisson(route.rate * np.maximum(volume, 0.0))
            total += requests
            left = requests
            for status, usual in route.failures.items():
                chance = np.minimum(0.95, usual + (failing if status >= 500 else 0.0))
                failed = self._rng.binomial(left, chance)
                left = left - failed
                self._answer(out, name, route, status, failed, slowness * (1.6 if status >= 500 else 0.5))
            self._answer(out, name, route, route.success, left, slowness)
            if route.path.endswith("webhooks/github"):
                out.column(name, "tamma_webhook_events_total", "received")[:] += requests
                out.column(name, "tamma_webhook_events_total", "processed")[:] += left

    def _answer(
        self, out: Activity, name: str, route: Route, status: int, number: NDArray[np.int64], slow: Floats
    ) -> None:
        labels = (label(route.path), route.method, str(status), route.user_type)
        base = out.base(name, "tamma_api_response_duration_seconds", *labels)
        self._spread(out.numbers[name], base, number, route.median_s * slow, API_BUCKETS)
        if status >= 500:
            error = ERROR_TYPES["internal_error"]
            out.column(name, "tamma_errors_total", "internal_error", error.severity, error.component)[:] += number
        access_lines.write(out, name, route, status, number, self._rng)

    def _queries(self, out: Activity, name: str, volume: Floats) -> None:
        job = BY_NAME[name].job
        slow = 1.0 + 19.0 * self._conditions.over(out.times, "db-slow", "postgres")
        for operation in DB_OPERATIONS[job]:
            base = out.base(name, "tamma_db_query_duration_seconds", operation)
            number = self._rng.poisson(DB_RATE[job] * np.maximum(volume, 0.0) / len(DB_OPERATIONS[job]))
            self._spread(out.numbers[name], base, number, DB_MEDIAN_S[operation] * slow, DB_BUCKETS)

    def _slowness(self, times: Floats, name: str) -> Floats:
        over = self._conditions.over
        slow = 1.0 + 0.25 * load(times) + 0.08 * sway(times, 31)
        slow = slow + 5.0 * over(times, "db-slow", "postgres") + 9.0 * over(times, "latency-creep", name)
        slow = slow + 4.0 * over(times, "db-connections-exhausted", "postgres") + 0.8 * over(times, "bad-deploy", name)
        return np.asarray(slow)

    def _failing(self, times: Floats, name: str) -> Floats:
        over = self._conditions.over
        share = sum(FAILURE_SHARE[fault] * over(times, fault, name) for fault in FAILURE_SHARE)
        share = share + EXHAUSTED_SHARE * over(times, "db-connections-exhausted", "postgres")
        share = share + 0.02 * over(times, "db-slow", "postgres")
        if BY_NAME[name].job == "api":
            share = share + 0.12 * self._conditions.down(times, ORCHESTRATOR)
        return np.asarray(share)

    def _spread(
        self, numbers: Floats, base: int, number: NDArray[np.int64], median: Floats, bounds: tuple[float, ...]
    ) -> None:
        """Put ``number`` values a step into a histogram; their distribution is log-logistic around ``median``."""
        limits = np.array(bounds)
        cumulated = 1.0 / (1.0 + (limits[None, :] / median[:, None]) ** -SHAPE)
        shares = np.diff(cumulated, prepend=0.0, append=1.0, axis=1)
        if len(number) == 1:
            drawn = self._rng.multinomial(int(number[0]), shares[0])[None, :]
        else:
            drawn = self._rng.multinomial(number, shares)
        numbers[:, base : base + len(bounds) + 1] += drawn
        lower = np.concatenate(([limits[0] / 4], limits))
        upper = np.concatenate((limits, [limits[-1] * 1.8]))
        numbers[:, base + len(bounds) + 1] += np.round(drawn @ np.sqrt(lower * upper), 3)
