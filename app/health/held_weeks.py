"""Weeks held against each other: what the usual depends on, how far values lie from it, and how far is far."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from app.health.drift import followed
from app.health.weeks import MAD_TO_SIGMA, WORKDAYS, Kind, median, smoothed, usual_of

Floats = NDArray[np.float64]

# The points of half an hour must stick out by four spreads at least before anybody is told.
LEAST_LIMIT = 4.0
LEAST_WORKDAYS = 3
_WORTH_ITS_DETAIL = 1.03
_INCIDENT = 10.0


class HeldWeeks:
    """The steps from weeks of values to the kind, the usual and what is left over.

    ``weeks`` is in order of time, (weeks, slots); ``aligned`` is the same as (weeks, 7 days from Monday, slots a day).
    """

    def __init__(self, weeks: Floats, monday: int, *, by_weeks: bool) -> None:
        self._monday, self._by_weeks = monday, by_weeks
        self._shape = (len(weeks), 7, weeks.shape[1] // 7)
        self.kinds = list(Kind) if by_weeks else [Kind.LEVEL, Kind.DAY, Kind.WORKDAY]
        self._quantum = _quantum(weeks)
        self.levels, self.growth, self.grows = self._drift(weeks)
        level = np.repeat(self.levels, self._shape[2]).reshape(weeks.shape)
        self.cells = self._align(weeks / level if self.grows else weeks - level)
        self.kind, smooth, expected = self._foretold()
        self.usual = usual_of(self.kind, self.cells, smooth=smooth)
        self._known_only(self.usual)
        self.left = self.cells - expected

    def _align(self, weeks: Floats) -> Floats:
        return np.roll(weeks, self._monday, axis=1).reshape(self._shape)

    def _by_day(self, aligned: Floats) -> Floats:
        """In order of time again, one row for each 24 hours."""
        flat = np.roll(aligned.reshape(self._shape[0], -1), -self._monday, axis=1)
        return flat.reshape(-1, self._shape[2])

    def _drift(self, weeks: Floats) -> tuple[Floats, float, bool]:
        """Level of each day (running median over a week), growth a day, and whether levels are factors."""
        cells = self._align(weeks)
        usual = usual_of(Kind.DAY, cells)
        grows = bool(np.nanmin(usual) > 0 and np.nanmin(weeks) >= 0)
        daily = median(self._by_day(cells / usual if grows else cells - usual).T)
        levels, growth = followed(daily)
        levels = np.where(np.isfinite(levels), levels, float(grows))
        return np.maximum(levels, 0.05) if grows else levels, growth, grows

    def _foretold(self) -> tuple[Kind, bool, Floats]:
        """The plainest kind that foretells as well as the best, and what it says of each week from the others."""
        trials = [(kind, smooth, expected) for kind in self.kinds for smooth, expected in self._trials(kind)]
        wrong = np.abs(self.cells - np.stack([expected for *_, expected in trials]))
        # Where a kind foretells nothing, it is as wrong as the plainest.
        wrong = np.where(np.isfinite(wrong), wrong, wrong[0])
        errors = wrong[:, _foreseeable(wrong.min(axis=0))].mean(axis=1)
        return trials[int(np.argmax(errors <= errors.min() * _WORTH_ITS_DETAIL))]

    def _trials(self, kind: Kind) -> Iterator[tuple[bool, Floats]]:
        """What a kind says of each week or day from the others, smoothed and not."""
        rough = np.full_like(self.cells, np.nan)
        for block in self._blocks():
            others = self.cells.copy()
            others[block] = np.nan
            rough[block] = np.broadcast_to(usual_of(kind, others), self._shape)[block]
        yield True, np.stack([smoothed(week) for week in rough])
        yield False, rough

    def _blocks(self) -> Iterator[tuple[int, ...]]:
        if self._by_weeks:
            return ((week,) for week in range(self._shape[0]))
        known = np.isfinite(self.cells).any(axis=2)
        return ((int(week), int(day)) for week, day in zip(*np.nonzero(known), strict=True))

    def _known_only(self, usual: Floats) -> None:
        """Nothing is said of a weekend that was not seen twice, or of workdays that were not seen three times."""
        known = np.isfinite(self.cells).mean(axis=2).sum(axis=0)
        if known[:WORKDAYS].sum() < LEAST_WORKDAYS - 0.5:
            usual[:WORKDAYS] = np.nan
        if known[WORKDAYS:].sum() < 1.5:
            usual[WORKDAYS:] = np.nan

    def spread(self) -> Floats:
        """Spread of each slot: of the hours around it, half of it taken from the same hours of like days."""
        around = np.concatenate([np.roll(np.abs(self.left), shift, axis=2) for shift in range(-2, 3)])
        spread = MAD_TO_SIGMA * usual_of(self.kind, around)
        if self.kind is Kind.WEEK:
            spread = np.sqrt((spread**2 + (MAD_TO_SIGMA * usual_of(Kind.WORKDAY, around)) ** 2) / 2)
        spread = np.where(np.isfinite(spread), spread, np.nanmax(spread, initial=0.0))
        return np.maximum(spread, self._least_spread())

    def _least_spread(self) -> Floats:
        """One per cent of the usual, a quarter of the ordinary scatter of all hours, three quarters of one event.

        The first keeps dust of floating point quiet, the others series that are mostly zero, whose median says nothing.
        """
        left = self.left[np.isfinite(self.left)]
        size = np.abs(np.nan_to_num(self.usual))
        scatter = float(np.clip(left, *np.quantile(left, [0.01, 0.99])).std()) if len(left) else 0.0
        least = max(
            0.25 * scatter, 0.75 * self._quantum, 0.01 * float(np.median(size)), 1e-9 * float(size.max()), 1e-12
        )
        return np.maximum(0.01 * size, least)

    def limits(self, spread: Floats) -> tuple[float, float]:
        """How many spreads up and down it went on nine of ten days, and a quarter more; never under LEAST_LIMIT."""
        scores = self._by_day(self.left / spread)
        scores = scores[np.isfinite(scores).any(axis=1)]
        return _limit(np.nanmax(scores, axis=1)), _limit(np.nanmax(-scores, axis=1))


def _foreseeable(least: Floats) -> NDArray[np.bool_]:
    """Where not every kind was wrong by far: what nothing foretells is an incident, and says nothing about kinds."""
    known = np.isfinite(least)
    middle = float(np.median(least[known]))
    return known & (least <= _INCIDENT * middle) if middle > 0 else known


def _limit(furthest: Floats) -> float:
    """From how far each day went. Incidents on more than one day in ten must not raise it without end.

    Few days know little of how far it can go: their limit is higher.
    """
    often, seldom = np.quantile(furthest, [0.75, 0.9])
    return max(LEAST_LIMIT, min(1.25 * float(seldom), 2.5 * float(often))) * (1 + 1.5 / len(furthest))


def _quantum(weeks: Floats) -> float:
    """What one event adds to a series of counts or their rates: about its smallest value above zero; 0 for others."""
    known = weeks[np.isfinite(weeks)]
    positive = known[known > 0]
    if not len(positive) or known.min() < 0 or len(positive) > 0.9 * len(known):
        return 0.0
    return float(np.quantile(positive, 0.05))
