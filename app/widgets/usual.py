"""What is usual for a series, from its own last weeks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from app.figures.series import Usual, Values
from app.health.baseline import Profile, TooLittle, profile
from app.health.deviation import band, marked, noise_of
from app.sources.results import Matrix, Series
from app.widgets.widget import Given

# A profile takes two milliseconds to learn and its weeks change every six hours; one of these is about 16 kB.
KEPT = 512


def usual_name(name: str) -> str:
    """The name of the question that asks for the last weeks of another one."""
    return f"{name} usual"


def learnt(given: Given, name: str, labels: Mapping[str, str]) -> Profile | TooLittle | None:
    """What the last weeks tell of the series with these labels; None while they are not known."""
    past = given.matrix(usual_name(name))
    if not answered(past):
        return None
    series = next((one for one in past.series if one.labels == labels), None)
    if series is None or len(past.times) < 2:
        return TooLittle("no history")
    values: NDArray[np.float64] = np.array(series.values, dtype=np.float64)
    return _learnt(past.times[0], past.times[1] - past.times[0], values.tobytes(), given.config.time_zone)


def answered(past: Matrix) -> bool:
    """Whether the past is an answer of the source: what stands for one that is still to come is true for now."""
    return bool(past.series) or not past.times or past.as_of <= past.times[-1]


def usual_of(given: Given, name: str, series: Series) -> Usual | None:
    """The band and the unusual points of a series; None while its past is not known or too short to tell."""
    found = learnt(given, name, series.labels)
    if not isinstance(found, Profile):
        return None
    times, step = given.window.times, given.window.step
    low, high = band(found, times, step=step, noise=noise_of(found, series.values, step=step))
    marks = marked(found, times, series.values, step=step)
    return Usual(_values(low), _values(high), tuple(int(at) for at in np.flatnonzero(marks)))


def too_little(given: Given, wanted: Iterable[tuple[str, Series]]) -> str:
    """A sentence on the series whose history is too short, of those wanted by their question's name; else nothing."""
    wanted = tuple(wanted)
    reasons = [found.reason for name, one in wanted if isinstance(found := learnt(given, name, one.labels), TooLittle)]
    if not reasons:
        return ""
    whose = "" if len(wanted) == 1 else f" for {len(reasons)} of {len(wanted)} series"
    return f"Not enough history to say what is usual{whose}: {reasons[0]}."


@lru_cache(maxsize=KEPT)
def _learnt(start: int, step: int, values: bytes, zone: str) -> Profile | TooLittle:
    """The profile of packed values: the same weeks are the same profile, whoever draws them."""
    known: list[float | None] = np.frombuffer(values, dtype=np.float64).tolist()
    return profile(range(start, start + step * len(known), step), known, zone=zone)


def _values(edge: NDArray[np.float64]) -> Values:
    """Numbers as JSON can say them."""
    return tuple(value if isfinite(value) else None for value in edge.tolist())
