"""What processes use, read from /proc: processor seconds and memory of a process and all it has started."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import psutil

MIB = 1024 * 1024


@dataclass(frozen=True)
class Memory:
    """Resident and proportional set size of a family, in MiB; the second counts shared pages once."""

    rss_mib: float
    pss_mib: float


class Family:
    """A process and its descendants, as they are when it is made."""

    def __init__(self, pid: int) -> None:
        parent = psutil.Process(pid)
        self.members = [parent, *parent.children(recursive=True)]

    def cpu_s(self) -> float:
        """Processor seconds used so far, by user and system."""
        total = 0.0
        for process in self.members:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def memory(self) -> Memory:
        """What it holds now."""
        rss = pss = 0
        for process in self.members:
            with contextlib.suppress(psutil.NoSuchProcess):
                held = process.memory_full_info()
                rss, pss = rss + held.rss, pss + held.pss
        return Memory(rss / MIB, pss / MIB)
