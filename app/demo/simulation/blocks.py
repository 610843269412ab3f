"""Prometheus blocks from OpenMetrics text, a few promtool processes at a time."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from pathlib import Path

PROCESSES = 2
# Longer than any slice, so that promtool reads its input once and writes one block per slice; its default of two
# hours would read the whole input again for each block.
BLOCK_DURATION = "1024h"
TIMEOUT_S = 300.0
# One thread and less garbage collection a process: the processes themselves fill the cores.
GO_SETTINGS = {"GOMAXPROCS": "1", "GOGC": "400"}


class BlockError(Exception):
    """promtool refused a slice of history; the text is what it said."""


class BlockWriter:
    """Feeds slices to promtool; ``close`` waits for the last of them."""

    def __init__(self, blocks_dir: Path) -> None:
        self._blocks_dir = blocks_dir
        self._running: deque[tuple[subprocess.Popen[str], Path]] = deque()

    def add(self, text_path: Path) -> None:
        """Make a block of an OpenMetrics file, which is deleted afterwards. Waits while all processes are busy."""
        while len(self._running) >= PROCESSES:
            self._finish_oldest()
        command = ["promtool", "tsdb", "create-blocks-from", "-q", f"--max-block-duration={BLOCK_DURATION}"]
        command += ["openmetrics", str(text_path), str(self._blocks_dir)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **GO_SETTINGS}
        )
        self._running.append((process, text_path))

    def close(self) -> None:
        """Wait for all blocks. Raises BlockError when one failed."""
        while self._running:
            self._finish_oldest()

    def abandon(self) -> None:
        """Stop whatever still runs, after a failure elsewhere."""
        for process, text_path in self._running:
            process.kill()
            process.wait()
            text_path.unlink(missing_ok=True)
        self._running.clear()

    def _finish_oldest(self) -> None:
        process, text_path = self._running.popleft()
        said, _ = process.communicate(timeout=TIMEOUT_S)
        text_path.unlink(missing_ok=True)
        if process.returncode:
            raise BlockError(f"promtool could not make a block of {text_path.name}: {said.strip()[:500]}")
