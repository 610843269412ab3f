"""The product's command line on a clock that somebody else sets forward: ``python -m tests.bench.clocked serve``.

The file that BENCH_CLOCK names holds by how many seconds ``time.time()`` is ahead, for all of its processes. Nothing
else changes: waiting is by the machine's clock, and so are sessions.
"""

from __future__ import annotations

import mmap
import os
import runpy
import struct
import time
from pathlib import Path

AHEAD = struct.Struct("d")


class Clock:
    """The clock of a product that was started with the file, from outside."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(AHEAD.pack(0.0))
        self._file = path.open("r+b")
        self._ahead = mmap.mmap(self._file.fileno(), AHEAD.size)
        self._ahead_s = 0.0

    def now(self) -> float:
        """Epoch seconds as the product reads them."""
        return time.time() + self._ahead_s

    def set(self, moment: float) -> None:
        """Sets it forward to ``moment`` (epoch seconds); it never goes back."""
        self._ahead_s = max(self._ahead_s, moment - time.time())
        AHEAD.pack_into(self._ahead, 0, self._ahead_s)

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *_: object) -> None:
        self._ahead.close()
        self._file.close()


def _run() -> None:
    """The product with another ``time.time``, which has to be there before anything of it is imported."""
    with Path(os.environ["BENCH_CLOCK"]).open("rb") as file:
        ahead = mmap.mmap(file.fileno(), AHEAD.size, access=mmap.ACCESS_READ)
    real = time.time
    time.time = lambda: real() + AHEAD.unpack_from(ahead)[0]
    runpy.run_module("app", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _run()
