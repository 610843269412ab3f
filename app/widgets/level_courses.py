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
    recorded = f"{step_s} * sum by ({by}) (avg_over_time({_RULES[name]}{{{platform.JOBS}}}[$step]))"
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
    """The last ``seconds`` (30 days at most) of what a level speaks of; None when nothing of it was measured."""
    if level.kind == "availability":
        return _answered(given, level, seconds)
    grid = "day" if seconds <= _GRIDS["day"][0] else "month"
    every = _counted(given, f"requests {grid}", level, seconds)
    if every is None:
        return None
    if level.kind == "errors":
        bad = _counted(given, f"failed {grid}", level, seconds)
        bad = np.zeros_like(every) if bad is None else np.minimum(bad, every)
    else:
        within = _counted(given, f"within {grid}", level, seconds, bound=level.threshold_s)
        if within is None:
            return None
        bad = np.maximum(every - within, 0.0)
    step = _GRIDS[grid][1]
    end = given.matrix(f"requests {grid}").times[-1]
    return Course(end - len(every) * step, step, every - bad, bad)


def _answered(given: Given, level: ServiceLevel, seconds: int) -> Course | None:
    parts = [found for service in level.services if (found := availability.part(given, service, seconds))]
    if not parts:
        return None
    good, bad = sum(one.up for one in parts), sum(one.down for one in parts)
    return Course(parts[0].start, parts[0].step, np.asarray(good), np.asarray(bad))


def _counted(
    given: Given, name: str, level: ServiceLevel, seconds: int, *, bound: float | None = None
) -> Floats | None:
    """Requests of each slot over the level's services; None when no such series has a number."""
    matrix, (length_s, step_s) = given.matrix(name), _GRIDS[name.rpartition(" ")[2]]
    if len(matrix.times) != length_s // step_s or matrix.times[1] - matrix.times[0] != step_s:
        return None
    kept = -(-seconds // step_s)
    rows = [
        np.array(one.values[-kept:], dtype=np.float64)
        for one in matrix.series
        if one.labels.get("job") in level.services and (bound is None or bound_of(one.labels.get("le")) == bound)
    ]
    known = [row for row in rows if np.isfinite(row).any()]
    return np.nansum(known, axis=0) if known else None


def bound_of(text: str | None) -> float | None:
    """The upper bound that a label ``le`` names; None where it names none."""
    try:
        return float(text or "")
    except ValueError:
        return None
