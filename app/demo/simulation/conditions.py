"""How hard each fault bites at a moment or over a stretch of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.demo.simulation.faults import DOWN_FAULTS, Injected

RAMP_FAULTS = ("memory-leak", "disk-filling", "latency-creep")
# A ramp is complete after this share of its time, so that its top stays in view for a while.
RAMP_SHARE = 0.7
HEAL_S = 0.001
FORGET_S = 600.0


class Conditions:
    """The faults of a world; severities run from 0 (healthy) to 1."""

    def __init__(self, injected: Iterable[Injected] = ()) -> None:
        self.injected: tuple[Injected, ...] = ()
        self._by_fault: dict[str, list[Injected]] = {}
        self.replace(injected)

    def replace(self, injected: Iterable[Injected]) -> None:
        """Forget all faults and take these."""
        self.injected = tuple(injected)
        self._by_fault = {}
        for one in self.injected:
            self._by_fault.setdefault(one.fault, []).append(one)

    def at(self, t: float, fault: str, target: str) -> float:
        """Severity for an instance (or provider, platform, ``postgres``) at one instant."""
        for one in self._by_fault.get(fault, ()):
            if one.start <= t < one.end and one.touches(target):
                return _ramp(one, t) if fault in RAMP_FAULTS else 1.0
        return 0.0

    def over(self, times: NDArray[np.float64], fault: str, target: str) -> NDArray[np.float64]:
        """Severity at each of ``times``, shape as ``times``."""
        severity = np.zeros_like(times)
        for one in self._by_fault.get(fault, ()):
            if not one.touches(target):
                continue
            inside = (times >= one.start) & (times < one.end)
            if fault in RAMP_FAULTS:
                grown = np.minimum(1.0, (times - one.start) / ((one.end - one.start) * RAMP_SHARE))
                severity[inside] = grown[inside]
            else:
                severity[inside] = 1.0
        return severity

    def is_down(self, t: float, instance: str) -> bool:
        """Whether nobody can reach the instance: it crashed or lost its network."""
        return any(self.at(t, fault, instance) > 0 for fault in DOWN_FAULTS)

    def down(self, times: NDArray[np.float64], instance: str) -> NDArray[np.bool_]:
        """``is_down`` at each of ``times``."""
        return np.asarray(sum(self.over(times, fault, instance) for fault in DOWN_FAULTS) > 0)


def merged(before: Iterable[Injected], declared: Iterable[Injected], now: float) -> tuple[Injected, ...]:
    """The faults after a control file changed: those that vanished from it end now, long past ones are forgotten."""
    kept = {(one.fault, one.target, one.start): one for one in declared}
    for one in before:
        key = (one.fault, one.target, one.start)
        if key not in kept:
            kept[key] = replace(one, end=min(one.end, now + HEAL_S))
    return tuple(one for one in kept.values() if one.end > now - FORGET_S and one.end > one.start)


def _ramp(one: Injected, t: float) -> float:
    return min(1.0, (t - one.start) / ((one.end - one.start) * RAMP_SHARE))
