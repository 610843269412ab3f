"""Availability: what the seconds of a window were, up, down, unknown or maintenance, and the strip that shows it.

Maintenance counts for nothing. Unknown time is stated apart and is never up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.health.phrases import span_text

Seconds = NDArray[np.float64]
# Less than any scrape: what floats leave over is no outage.
_TRACE_S = 1e-3


class State(StrEnum):
    """What a time was; the worst comes last."""

    UP = "up"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"
    DOWN = "down"


@dataclass(frozen=True)
class Pause:
    """A maintenance window in epoch seconds, its end excluded; no services means all."""

    start: float
    end: float
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slots:
    """A service on an even grid: slot ``i`` covers ``[start + i * step, start + (i + 1) * step)`` epoch seconds.

    ``up`` is the share of the slot (0 to 1) in which at least one instance answered, None where the service had no
    scrape. ``recorded`` says whether Prometheus was at work in the slot, whatever it scraped. ``seen_before`` says that
    the service is known to have existed before the grid begins.
    """

    service: str
    start: float
    step: float
    up: Sequence[float | None]
    recorded: Sequence[bool]
    seen_before: bool = False

    def __post_init__(self) -> None:
        if len(self.up) != len(self.recorded) or self.step <= 0:
            raise ValueError("up and recorded need a value for each slot, and slots a length")

    @property
    def edges(self) -> Seconds:
        """Where slots begin, and where the last ends, in seconds since ``start``."""
        return np.arange(len(self.up) + 1, dtype=np.float64) * self.step


@dataclass(frozen=True)
class Availability:
    """Seconds of a time by what they were; the first four sum to its length.

    ``doubted_s`` is the part of ``unknown_s`` that may be down: what would tell could not be asked.
    """

    up_s: float
    down_s: float
    unknown_s: float
    maintenance_s: float
    doubted_s: float = 0.0

    @property
    def share(self) -> float | None:
        """Up / (up + down), 0 to 1; None when nothing is known, or not whether time counts as down."""
        known = self.up_s + self.down_s
        return self.up_s / known if known > 0 and self.doubted_s <= _TRACE_S else None

    @property
    def state(self) -> State:
        """The worst there is any of; unknown for no time at all."""
        if self.down_s > _TRACE_S:
            return State.DOWN
        if self.unknown_s > _TRACE_S:
            return State.UNKNOWN
        if self.maintenance_s > _TRACE_S:
            return State.MAINTENANCE
        return State.UP if self.up_s > 0 else State.UNKNOWN


@dataclass(frozen=True, eq=False)
class Split:
    """The slots of a service, each split into seconds by what they were; ``doubted`` is a part of ``unknown``."""

    start: float
    step: float
    up: Seconds
    down: Seconds
    unknown: Seconds
    maintenance: Seconds
    doubted: Seconds

    @property
    def kinds(self) -> tuple[Seconds, ...]:
        """Seconds by slot of every kind, in the order of the fields."""
        return (self.up, self.down, self.unknown, self.maintenance, self.doubted)

    def availability(self, first: int = 0, last: int | None = None) -> Availability:
        """Of slots ``first`` to ``last`` (excluded; None: to the end)."""
        return Availability(*(math.fsum(kind[first:last]) for kind in self.kinds))

    def since(self, first: int) -> Split:
        """Without the slots before ``first``."""
        return Split(self.start + first * self.step, self.step, *(kind[first:] for kind in self.kinds))


@dataclass(frozen=True)
class StripCell:
    """One cell of the strip, epoch seconds; ``down_from`` is where the first slot with an outage begins, else None.

    ``outages`` counts runs of slots with an outage.
    """

    start: float
    end: float
    time: Availability
    down_from: float | None
    outages: int

    @property
    def state(self) -> State:
        """The worst within the cell."""
        return self.time.state

    def words(self, zone: tzinfo = UTC) -> str:
        """What failed, as in ``12 min down, from 14:03``; unknown time and maintenance follow."""
        parts = [
            f"{span_text(seconds)} {word}"
            for seconds, word in ((self.time.unknown_s, "unknown"), (self.time.maintenance_s, "maintenance"))
            if seconds > _TRACE_S
        ]
        if self.down_from is not None:
            at = datetime.fromtimestamp(self.down_from, zone).strftime("%H:%M")
            since = f"from {at}" if self.outages == 1 else f"{self.outages} times, first from {at}"
            parts.insert(0, f"{span_text(self.time.down_s)} down, {since}")
        return "; ".join(parts) or ("up all the time" if self.time.up_s > 0 else "nothing is known")


def split(slots: Slots, pauses: Iterable[Pause] | None = ()) -> Split:
    """The seconds of each slot by what they were.

    Maintenance comes first, by the second; the rest of a slot is divided as the whole slot was. No scrape is down when
    Prometheus recorded something else and the service was seen before, and unknown otherwise. Where ``pauses`` is None
    nobody knows of maintenance: what would be down is unknown, and in doubt.
    """
    share = np.array([math.nan if value is None else value for value in slots.up], dtype=np.float64)
    known = ~np.isnan(share)
    seen = np.full(known.shape, True) if slots.seen_before else np.logical_or.accumulate(known)
    gone = ~known & np.asarray(slots.recorded, dtype=bool) & seen
    maintenance = _paused(slots, pauses or ())
    rest = slots.step - maintenance
    up = np.where(known, rest * np.clip(np.nan_to_num(share), 0.0, 1.0), 0.0)
    down = np.where(known, rest - up, np.where(gone, rest, 0.0))
    unknown, nothing = np.where(known | gone, 0.0, rest), np.zeros_like(rest)
    if pauses is None:
        return Split(slots.start, slots.step, up, nothing, unknown + down, maintenance, down)
    return Split(slots.start, slots.step, up, down, unknown, maintenance, nothing)


def _paused(slots: Slots, pauses: Iterable[Pause]) -> Seconds:
    """Seconds of maintenance in each slot; windows that overlap count once."""
    moments, paused = [0.0], [0.0]
    for start, end in _merged(slots, pauses):
        moments += [start, end]
        paused += [paused[-1], paused[-1] + end - start]
    return np.clip(np.diff(np.interp(slots.edges, moments, paused)), 0.0, slots.step)


def _merged(slots: Slots, pauses: Iterable[Pause]) -> list[tuple[float, float]]:
    """The service's maintenance inside the grid, in seconds since its start: ascending, without overlap."""
    last = len(slots.up) * slots.step
    merged: list[tuple[float, float]] = []
    for pause in sorted(pauses, key=lambda one: one.start):
        start, end = max(0.0, pause.start - slots.start), min(last, pause.end - slots.start)
        if start >= end or (pause.services and slots.service not in pause.services):
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def strip(parts: Split, cells: int) -> tuple[StripCell, ...]:
    """The window in so many cells (one at least), or in its slots where they are fewer; lengths differ by a slot."""
    count = len(parts.up)
    edges = [count * place // cells for place in range(cells + 1)] if cells < count else list(range(count + 1))
    return tuple(_cell(parts, first, last) for first, last in pairwise(edges))


def _cell(parts: Split, first: int, last: int) -> StripCell:
    failed = parts.down[first:last] > _TRACE_S
    begins = np.flatnonzero(failed & ~np.concatenate(([False], failed[:-1])))
    return StripCell(
        start=parts.start + first * parts.step,
        end=parts.start + last * parts.step,
        time=parts.availability(first, last),
        down_from=parts.start + (first + int(begins[0])) * parts.step if begins.size else None,
        outages=int(begins.size),
    )
