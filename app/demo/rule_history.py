"""``python -m app.demo.rule_history``: gives the demo's history the series that recording rules would have recorded.

Prometheus evaluates rules from its start on only. What they say about the time before is asked of Prometheus itself, a
slice at a time, and put beside its blocks; it finds new blocks within a minute. A slot that has been recorded is left
alone, and so is time in which nothing was scraped. Ended at any moment, the next start goes on where this one was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.demo.simulation.blocks import BlockWriter
from app.demo.simulation.history import COARSE_S, SLICE_S
from app.demo.told import Told

SLOT_S = 300
# A second before the whole five minutes: the mean over a chart's step then takes each of its slots once.
BEFORE_S = 1
KEPT_S = 31 * 86_400
SCRAPE_WAIT_S = 1.0
# How the rules write five minutes and a scrape. Where history has a sample every two minutes that would hold now two
# steps and now three: two slots and a scrape hold five, so that every increase counts the same, half in each slot.
FINE_RANGE, COARSE_RANGE = "[5m15s]", f"[{2 * SLOT_S + int(COARSE_S)}s]"
NICE = 19
SCRATCH = "rules-"


@dataclass(frozen=True)
class Progress:
    """What is done: everything before ``until`` (epoch seconds) for the rules with this ``digest``."""

    digest: str = ""
    until: int = 0

    @staticmethod
    def load(path: Path) -> Progress:
        """What an earlier run saved; nothing done when there is none."""
        try:
            return Progress(**json.loads(path.read_text()))
        except FileNotFoundError:
            return Progress()

    def save(self, path: Path) -> None:
        """Keep it, in one step."""
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps({"digest": self.digest, "until": self.until}))
        draft.replace(path)


def fill(told: Told, blocks: Path, state: Path, *, now: float, say: Callable[[str], None]) -> int:
    """Write what is missing up to the first sample that Prometheus has scraped itself; returns the number of samples.

    Later slots would reach into what it keeps in memory: blocks must not. Raises BlockError and requests' errors.
    """
    rules = told.recording_rules()
    digest = hashlib.sha256(json.dumps(sorted(rules.items())).encode()).hexdigest()
    done = Progress.load(state)
    start = done.until if done.digest == digest else int(now) - KEPT_S
    written = 0
    for left in state.parent.glob(f"{SCRATCH}*"):  # by a kill
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=state.parent, prefix=SCRATCH) as scratch:
        for times in slices(start, told.first_in_memory()):
            written += _write(_lines(told, rules, times), blocks, Path(scratch) / f"{times.start}.om")
            Progress(digest, times.stop).save(state)
            say(f"recorded history: up to {time.strftime('%Y-%m-%d %H:%M', time.gmtime(times[-1]))} UTC")
    return written


def slices(start: int, end: int) -> list[range]:
    """The slots in [start, end), as epoch seconds, cut where the blocks of the history are cut.

    Those end with their last sample, up to two minutes before the whole slice. A block that reached over two of them
    would make Prometheus merge all three, and with them, one after the other, the whole month into one.
    """
    before = int(COARSE_S)
    cuts = range((start + before) // int(SLICE_S) * int(SLICE_S) - before, end, int(SLICE_S))
    parts = ((max(start, cut), min(end, cut + int(SLICE_S))) for cut in cuts)
    found = (range(-(-(low + BEFORE_S) // SLOT_S) * SLOT_S - BEFORE_S, high, SLOT_S) for low, high in parts)
    return [times for times in found if times]


def _lines(told: Told, rules: Mapping[str, str], times: range) -> Iterator[str]:
    """OpenMetrics lines of all rules at those of the times that no sample of the rule stands for yet."""
    coarse = told.scrapes_an_hour(times[0]) <= 3600 / COARSE_S + 1
    taken = told.slots_taken(times)
    for name, promql in rules.items():
        asked = promql.replace(FINE_RANGE, COARSE_RANGE) if coarse else promql
        for labels, points in told.series(asked, times):
            prefix = f"{name}{{{_escaped(labels)}}} "
            for at, value in points:
                if value != "NaN" and int(at) not in taken.get(name, ()):
                    yield f"{prefix}{value} {int(at)}\n"


def _escaped(labels: Mapping[str, str]) -> str:
    return ",".join(
        '{}="{}"'.format(name, value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\""))
        for name, value in labels.items()
        if name != "__name__"
    )


def _write(lines: Iterator[str], blocks: Path, text: Path) -> int:
    with text.open("w", encoding="utf-8") as file:
        count = sum(1 for line in lines if file.write(line))
        file.write("# EOF\n")
    if not count:
        return 0
    writer = BlockWriter(blocks)
    try:
        writer.add(text)
        writer.close()
    finally:
        writer.abandon()
    return count


def main(argv: Sequence[str] | None = None) -> None:
    """Fill the history of the Prometheus that the arguments name, at the lowest priority."""
    parser = argparse.ArgumentParser(prog="python -m app.demo.rule_history", description=__doc__)
    parser.add_argument("--url", required=True, help="base URL of the Prometheus")
    parser.add_argument("--blocks", type=Path, required=True, help="the folder of its blocks")
    parser.add_argument("--state", type=Path, required=True, help="the file that says how far it got")
    arguments = parser.parse_args(argv)
    os.nice(NICE)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # in order: without what was half written
    with Told(arguments.url) as told:
        while not told.first_in_memory():
            time.sleep(SCRAPE_WAIT_S)
        started = time.monotonic()
        count = fill(told, arguments.blocks, arguments.state, now=time.time(), say=_say)
        _say(f"recorded history: {count:,} samples in {time.monotonic() - started:.0f} s")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
