"""One simulated service: a process with its own /metrics, log file and events, told by the director what it does."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from pathlib import Path

from app.demo.simulation import pino
from app.demo.simulation.endpoint import Endpoint
from app.demo.simulation.journal import Journal
from app.demo.simulation.logfiles import LogFile
from app.demo.simulation.plan import BY_NAME, VERSION, Plan
from app.demo.simulation.records import Line, event_row, started_event
from app.demo.simulation.registry import Registry
from app.demo.simulation.vocabulary import label
from app.demo.simulation.wire import Message


class Service:
    """The process of one instance; ``run`` lasts until its input ends or SIGTERM comes."""

    def __init__(self, plan: Plan, name: str, version: str) -> None:
        self._instance = BY_NAME[name]
        self._version = version
        self._started = time.time()
        self._registry = Registry(name)
        self._log = LogFile(plan.log_directory / self._instance.log_file)
        self._journal = Journal(plan.database_url, plan.event_schema, self._lost)
        self._endpoint = Endpoint(plan.ports[name], self._registry, self._refresh)

    def run(self) -> None:
        """Announce the start, then do as told."""
        self._refresh()
        self._announce()
        self._journal.start()
        self._endpoint.start()
        try:
            for line in sys.stdin.buffer:
                self._take(Message.decode(line))
        finally:
            self._endpoint.stop()
            self._journal.stop()
            self._log.close()

    def _take(self, message: Message) -> None:
        self._registry.apply(message.added, message.levels)
        lines = [Line(t, self._instance.name, level, text, fields) for t, level, text, fields in message.lines]
        self._log.write([self._render(line) for line in lines])
        self._journal.isolated = self._endpoint.silent = message.isolated
        self._journal.put(message.events, message.runs)

    def _render(self, line: Line) -> str:
        return pino.render(line, self._instance, pid=os.getpid(), version=self._version)

    def _announce(self) -> None:
        name = self._instance.name
        event = started_event(name, self._started, self._version)
        self._journal.put([event_row(event, random.Random())], [])
        self._registry.add(1.0, "tamma_events_written_total", label(event.kind), "postgresql")
        self._registry.set(1.0, "tamma_build_info", label(self._version))
        fields = {"component": "process", "correlationId": f"start-{int(self._started)}"}
        text = f"{name} started, version {self._version}"
        self._log.write([self._render(Line(self._started, name, "info", text, fields))])

    def _refresh(self) -> None:
        # The start and uptime of the process are real; everything else is as the world says.
        self._registry.set(round(self._started, 2), "process_start_time_seconds")
        self._registry.set(round(time.time() - self._started, 1), "tamma_uptime_seconds")

    def _lost(self, rows: int) -> None:
        self._registry.add(float(rows), "tamma_event_store_write_errors_total")


def main() -> None:
    """Run the service that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m app.demo.simulation.service")
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--instance", choices=tuple(BY_NAME), required=True)
    parser.add_argument("--version", default=VERSION)
    told = parser.parse_args()
    # Ctrl+C reaches the whole group; the director decides when its services end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Service(Plan.load(told.plan), told.instance, told.version).run()


if __name__ == "__main__":
    main()
