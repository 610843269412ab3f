"""The order of things in the demo: database, accounts, history, servers, the page; then watching over them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from app.demo import servers, wiring
from app.demo.accounts import ACCOUNTS, DEFAULT_PASSWORD, ensure_accounts
from app.demo.first_start import ensure_history
from app.demo.place import DemoError, Place, held
from app.demo.processes import Processes
from app.demo.scrape import prometheus_config
from app.demo.simulation.plan import INSTANCES, Plan
from app.migrations.run import migrate
from app.sources.embedded import Embedded, start_embedded
from app.sources.loopback import LOOPBACK, claim, is_free

SEED = 5
READY_TIMEOUT_S = 120.0
WATCH_S = 0.5
EMBEDDED_OPTIONS = {"max_connections": "200", "shared_buffers": "256MB", "log_checkpoints": "off"}
# Who ends first: those who would complain about the loss of the others.
STOP_ORDER = (("rule_history", "web", "worker", "simulation"), wiring.SERVERS)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Wanted:
    """What the command line and the environment ask for. ``database_url`` None: an embedded PostgreSQL."""

    days: int
    port: int
    directory: Path
    database_url: str | None = None
    event_schema: str = "public"
    password: str = DEFAULT_PASSWORD


class Elapsed:
    """Says what happens, each line with the seconds since the start."""

    def __init__(self) -> None:
        self.started_at = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"[{time.monotonic() - self.started_at:6.1f} s] {text}", flush=True)


def run_demo(wanted: Wanted, environment: Mapping[str, str]) -> None:
    """Run until asked to stop, then stop what was started. Raises DemoError and the errors of what it starts."""
    if not is_free(wanted.port):
        raise DemoError(f"Port {wanted.port} of {LOOPBACK} is taken. Stop who listens there, or choose another: --port")
    claim(wanted.port)  # so that none of the demo's own servers is given it
    if problem := servers.missing_programs():
        raise DemoError(problem)
    with held(wanted.directory) as place, _interrupted_by_signals():
        demo = Demo(wanted, place, environment)
        try:
            demo.start()
            demo.watch()
        except KeyboardInterrupt:
            demo.say("stopping")
        finally:
            _ignore_signals()
            demo.stop()


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """The first request to stop raises KeyboardInterrupt; as before afterwards."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    """Stopping is quick and is not itself interrupted: a terminal and make may both pass on one Ctrl+C."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class Demo:
    """One run of the demo in its folder."""

    def __init__(self, wanted: Wanted, place: Place, environment: Mapping[str, str]) -> None:
        self.wanted, self.place = wanted, place
        self.say = Elapsed()
        self.processes = Processes(place.output, environment, self.say)
        self.ports = wiring.choose_ports()
        self.embedded: Embedded | None = None
        self.database_url = wanted.database_url or ""

    def start(self) -> None:
        """Everything up to a page that is ready."""
        self.place.env.unlink(missing_ok=True)  # left by a kill: its process ids are strangers now
        if self.wanted.database_url is None:
            if self.place.history_days is None:
                self.place.clear()
            self._start_embedded()
        self._start_exporters()
        plan = self._save_plan()
        migrate(self.database_url, plan.event_schema)
        known = ensure_accounts(self.database_url, self.wanted.password)
        ensure_history(self.place, plan, days=self.wanted.days, say=self.say)
        self._start_prometheus()
        self._start_our_own()
        self.say("waiting for the page")
        self.processes.wait_ready("web", READY_TIMEOUT_S)
        self._write_env()
        self._announce(known)
        self.processes.start(servers.rule_history(self._prometheus_folder, self.ports["prometheus"]))

    def watch(self) -> None:
        """Start again what ends, until interrupted."""
        while True:
            time.sleep(WATCH_S)
            changed = self.processes.restart_ended()
            if self.embedded and self.embedded.process and self.embedded.process.poll() is not None:
                self.say(f"postgres ended and is started again; see {self.embedded.data_dir / 'postgres.log'}")
                self._start_embedded()
                changed = True
            if changed:
                self._write_env()

    def stop(self) -> None:
        """End everything in order; PostgreSQL last."""
        self.place.env.unlink(missing_ok=True)
        for names in STOP_ORDER:
            self.processes.stop(names)
        if self.embedded:
            self.embedded.stop()
        self.say("stopped")

    def _start_embedded(self) -> None:
        self.embedded = start_embedded(self.place.directory / "postgres", options=EMBEDDED_OPTIONS)
        self.database_url = self.embedded.url

    def _save_plan(self) -> Plan:
        ports = {instance.name: self.ports[instance.name] for instance in INSTANCES}
        plan = Plan(SEED, self.place.directory, self.database_url, self.wanted.event_schema, ports)
        plan.save(self._plan_file)
        return plan

    @property
    def _plan_file(self) -> Path:
        return self.place.directory / "plan.json"

    @property
    def _prometheus_folder(self) -> Path:
        return self.place.directory / "prometheus"

    def _start_exporters(self) -> None:
        folder = self.place.directory / "alertmanager"
        folder.mkdir(exist_ok=True)
        (folder / "alertmanager.yml").write_text(servers.alertmanager_config())
        self.processes.start(servers.alertmanager(folder, self.ports["alertmanager"]))
        self.processes.start(servers.node_exporter(self.ports["node_exporter"]))
        self.processes.start(servers.postgres_exporter(self.ports["postgres_exporter"], self.database_url))

    def _start_prometheus(self) -> None:
        folder = self._prometheus_folder
        folder.mkdir(exist_ok=True)
        targets = wiring.scrape_targets(self.ports, self.wanted.port)
        config = prometheus_config(targets, alertmanager_port=self.ports["alertmanager"])
        (folder / "prometheus.yml").write_text(config)
        self.processes.start(servers.prometheus(folder, self.ports["prometheus"]))

    def _start_our_own(self) -> None:
        settings = wiring.settings_of(self.place, self.ports, database_url=self.database_url, web_port=self.wanted.port)
        self.processes.start(servers.web(self.wanted.port, settings))
        self.processes.start(servers.simulation(self._plan_file))
        self.processes.start(servers.worker(settings))

    def _write_env(self) -> None:
        pids = {"supervisor": os.getpid(), **self.processes.pids()}
        if self.embedded:
            pids["postgres"] = self.embedded.pid
        self.place.write_env(wiring.visitors_env(self.place, self.ports, database_url=self.database_url, pids=pids))

    def _announce(self, known: tuple[str, ...]) -> None:
        self.say(f"ready: {servers.address(self.wanted.port)}")
        print(f"\n  accounts: {', '.join(ACCOUNTS)}")
        note = " (accounts from an earlier start keep their password)" if known else ""
        print(f"  password: {self.wanted.password}{note}")
        print(f"  behind the page: {self.place.env}\n  Ctrl+C stops everything\n", flush=True)
