"""The servers of the demo as plain descriptions: command line, environment, and what answers once they are up."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.sources.loopback import LOOPBACK

RETENTION = "31d"  # a day more than the pages look back, so that thirty days stay whole
QUICK_S, GRACEFUL_S = 2.0, 4.0

# Program -> the Debian package that brings it.
PROGRAMS: Mapping[str, str] = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "prometheus-postgres-exporter": "prometheus-postgres-exporter",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "setpriv": "util-linux",
}


@dataclass(frozen=True)
class Server:
    """One program to run. ``ready_url`` answers 200 once it serves; None: it serves nobody.

    ``environment`` is added to ours and is never shown, because it may hold secrets. After ``grace_s`` a server that
    was asked to end is killed. ``once``: it has a task to finish, and is not started again when it ends well.
    """

    name: str
    command: tuple[str, ...]
    ready_url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    grace_s: float = QUICK_S
    once: bool = False


def missing_programs() -> str | None:
    """What to install before the demo can run, or None."""
    packages = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    if not packages:
        return None
    return f"These programs are missing. Install them with: apt-get install {' '.join(packages)}"


def address(port: int) -> str:
    """The base URL of a server on loopback."""
    return f"http://{LOOPBACK}:{port}"


def prometheus(directory: Path, port: int) -> Server:
    """Prometheus with its configuration and blocks below ``directory``."""
    command = (
        "prometheus",
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--storage.tsdb.retention.time={RETENTION}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--web.enable-lifecycle",
        "--log.level=warn",
    )
    return Server("prometheus", command, f"{address(port)}/-/ready", grace_s=GRACEFUL_S)


def rule_history(directory: Path, port: int) -> Server:
    """Gives Prometheus, whose things lie below ``directory``, what its recording rules would have recorded before."""
    where = (f"--url={address(port)}", f"--blocks={directory / 'data'}", f"--state={directory / 'rules.json'}")
    return Server("rule_history", (sys.executable, "-m", "app.demo.rule_history", *where), once=True)


def node_exporter(port: int) -> Server:
    """The metrics of this machine."""
    command = ("prometheus-node-exporter", f"--web.listen-address={LOOPBACK}:{port}", "--log.level=warn")
    return Server("node_exporter", command, f"{address(port)}/")


def postgres_exporter(port: int, database_url: str) -> Server:
    """The metrics of the database."""
    command = ("prometheus-postgres-exporter", f"--web.listen-address={LOOPBACK}:{port}", "--log.level=warn")
    environment = {"DATA_SOURCE_NAME": database_url}
    return Server("postgres_exporter", command, f"{address(port)}/", environment)


def alertmanager(directory: Path, port: int) -> Server:
    """Alertmanager, alone (no cluster), with its configuration and state below ``directory``."""
    command = (
        "prometheus-alertmanager",
        f"--config.file={directory / 'alertmanager.yml'}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    return Server("alertmanager", command, f"{address(port)}/-/ready")


def alertmanager_config() -> str:
    """A route that groups by name and tells nobody: the dashboard reads the alerts through the API."""
    route = {"receiver": "nobody", "group_by": ["alertname"], "group_wait": "5s", "group_interval": "1m"}
    return json.dumps({"route": route, "receivers": [{"name": "nobody"}]}, indent=2)  # JSON is YAML


def simulation(plan: Path) -> Server:
    """The simulated Tamma: the director of its services."""
    command = (sys.executable, "-m", "app.demo.simulation", "--plan", str(plan))
    return Server("simulation", command, grace_s=GRACEFUL_S)


def web(port: int, environment: Mapping[str, str]) -> Server:
    """The dashboard itself."""
    command = (sys.executable, "-m", "app", "serve")
    return Server("web", command, f"{address(port)}/ready", environment, grace_s=GRACEFUL_S)


def worker(environment: Mapping[str, str]) -> Server:
    """The dashboard's background work."""
    return Server("worker", (sys.executable, "-m", "app", "worker"), None, environment, grace_s=GRACEFUL_S)
