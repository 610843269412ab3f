"""What service levels are measured from: good and bad over time, in seconds or requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.config import ServiceLevel
from app.health.slo import Amounts
from app.sources.questions import At, Question
from app.sources.reaches import Reach
from app.widgets import availability, platform
from app.widgets.widget import Given

Floats = NDArray[np.float64]
_COUNT = f"{platform.API_SECONDS}_count{{{platform.JOBS}}}"
_FAILED = f'{platform.API_SECONDS}_count{{{platform.JOBS},status_code=~"5.."}}'
_BUCKET = f"{platform.API_SECONDS}_bucket{{{platform.JOBS}}}"
_REQUESTS = {"requests": ("job", _COUNT), "failed": ("job", _FAILED), "within": ("le, job", _BUCKET)}
_RULES = {
    "requests": f"job:{platform.API_SECONDS}_count:rate5m",
    "failed": f"job:{platform.API_SECONDS}_count:failed_rate5m",
    "within": f"job_le:{platform.API_SECONDS}_bucket:rate5m",
}
_GRIDS = {"day": (86_400, 300), "month": (30 * 86_400, 1_800)}


def _increases(name: str, *, grid: str) -> Reach:
    """The requests of each step, from recorded rates where they cover the month."""
    (by, selector), (seconds, step_s) = _REQUESTS[name], _GRIDS[grid]
    recorded = f"{step_s} * {platform.recorded_rate(f'{_RULES[name]}{{{platform.JOBS}}}', by)}"
    return Reach(f"sum by ({by}) (increase({selector}[$step]))", recorded, seconds=seconds, step_s=step_s)


QUESTIONS: Mapping[str, Question] = {
    "now": At(platform.UP),
    **availability.QUESTIONS,
    **{f"{name} {grid}": _increases(name, grid=grid) for name in _REQUESTS for grid in _GRIDS},
}


@dataclass(frozen=True, eq=False)
class Course:
    """Good and bad of each slot, in seconds or requests; slot i covers ``start + i * step`` epoch seconds and on."""

    start: float
    step: float
    good: Floats
    bad: Floats

    @property
    def amounts(self) -> Amounts:
        """Their sums."""
        return Amounts(float(self.good.sum()), float(self.bad.sum()))


def course(given: Given, level: ServiceLevel, seconds: int) -> Course | None:
    """The last ``seconds`` (30 days at most) of what a level speaks of; None when nothing of it was measured.

    None, too, while a question that it rests on is unanswered: no answer about failures is not "no failure".
    """
    if given.unanswered & asked_of(level, seconds):
        return None
    if level.kind == "availability":
        return _answered(given, level, seconds)
    grid = "day" if seconds <= _GRIDS["day"][0] else "month"
    every = _by_service(given, f"requests {grid}", level)
    found = _failing(given, grid, level, every) if level.kind == "errors" else _slow(given, grid, level, every)
    step = _GRIDS[grid][1]
    last = slice(seconds // -step, None)
    known = [(good[last], bad[last]) for good, bad in found if np.isfinite(good[last]).any()]
    if not known:
        return None
    good, bad = (np.nansum(kind, axis=0) for kind in zip(*known, strict=True))
    end = given.matrix(f"requests {grid}").times[-1]
    return Course(end - len(bad) * step, step, good, bad)


def asked_of(level: ServiceLevel, seconds: int) -> frozenset[str]:
    """The names of the questions that a level rests on over its last ``seconds``."""
    grid = "day" if seconds <= _GRIDS["day"][0] else "month"
    if level.kind == "availability":
        return frozenset({f"up {grid}", "up month", f"recorded {grid}", "maintenance"})
    return frozenset({f"requests {grid}", f"{'failed' if level.kind == 'errors' else 'within'} {grid}"})


def _answered(given: Given, level: ServiceLevel, seconds: int) -> Course | None:
    parts = [found for service in level.services if (found := availability.part(given, service, seconds))]
    if not parts:
        return None
    good, bad = sum(one.up for one in parts), sum(one.down for one in parts)
    return Course(parts[0].start, parts[0].step, np.asarray(good), np.asarray(bad))


def _failing(given: Given, grid: str, level: ServiceLevel, every: Mapping[str, Floats]) -> list[tuple[Floats, Floats]]:
    """Good and bad requests of each slot, a pair for each service, NaN where unknown; no word of a failure is none."""
    failed = _by_service(given, f"failed {grid}", level)
    pairs = []
    for service, requests in every.items():
        bad = np.minimum(np.nan_to_num(failed.get(service, np.zeros_like(requests))), requests)
        pairs.append((requests - bad, bad))
    return pairs


def _slow(given: Given, grid: str, level: ServiceLevel, every: Mapping[str, Floats]) -> list[tuple[Floats, Floats]]:
    """The same of requests within the threshold and beyond it, where the histogram has a bucket that ends there."""
    within = _by_service(given, f"within {grid}", level, bound=level.threshold_s)
    pairs = []
    for service in sorted({*every} & {*within}):
        requests = np.where(_comparable(every[service], within[service]), every[service], np.nan)
        bad = np.maximum(requests - within[service], 0.0)
        pairs.append((requests - bad, bad))
    return pairs


def _comparable(requests: Floats, quick: Floats) -> NDArray[np.bool_]:
    """In which slots both are counted, and whole: beside a slot without the bucket, it has a part of the slot only."""
    alone = np.isfinite(requests) & ~np.isfinite(quick)
    beside = np.zeros_like(alone)
    beside[1:] |= alone[:-1]
    beside[:-1] |= alone[1:]
    return np.isfinite(requests) & np.isfinite(quick) & ~beside


def _by_service(given: Given, name: str, level: ServiceLevel, *, bound: float | None = None) -> dict[str, Floats]:
    """Requests of each slot of each of the level's services, NaN where unknown; none that have no number at all."""
    matrix, (length_s, step_s) = given.matrix(name), _GRIDS[name.rpartition(" ")[2]]
    if len(matrix.times) != length_s // step_s or matrix.times[1] - matrix.times[0] != step_s:
        return {}
    found: dict[str, Floats] = {}
    for one in matrix.series:
        service, values = one.labels.get("job", ""), np.array(one.values, dtype=np.float64)
        if service not in level.services or (bound is not None and bound_of(one.labels.get("le")) != bound):
            continue
        # One bound may be written in two ways, ``1`` and ``1.0``, one after the other.
        known, before = np.isfinite(values), found.get(service, np.full_like(values, np.nan))
        found[service] = np.where(known, np.nan_to_num(before) + np.nan_to_num(values), before)
    return {service: values for service, values in found.items() if np.isfinite(values).any()}


def bound_of(text: str | None) -> float | None:
    """The upper bound that a label ``le`` names; None where it names none."""
    try:
        return float(text or "")
    except ValueError:
        return None
