"""What a simulated Tamma consists of, and where one installation of it keeps its things."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VERSION = "1.8.0"
BAD_VERSION = "1.8.1"
CORES = {"orchestrator": 1.0, "workers": 0.5, "api": 0.5, "dashboard": 0.5}
MEMORY_LIMIT_BYTES = {"orchestrator": 2 << 30, "workers": 1 << 30, "api": 1 << 30, "dashboard": 512 << 20}


@dataclass(frozen=True)
class Instance:
    """One process of the platform; ``name`` and ``job`` are its Prometheus labels, ``dialect`` its Pino dialect."""

    name: str
    job: str
    dialect: str
    log_file: str
    log_service: str


INSTANCES: tuple[Instance, ...] = (
    Instance("orchestrator-0", "orchestrator", "D1", "orchestrator.log", "orchestrator"),
    Instance("workers-0", "workers", "D2", "workers-0.log", "worker"),
    Instance("workers-1", "workers", "D2", "workers-1.log", "worker"),
    Instance("workers-2", "workers", "D2", "workers-2.log", "worker"),
    Instance("api-0", "api", "D3", "api-0.log", "api"),
    Instance("api-1", "api", "D3", "api-1.log", "api"),
    Instance("dashboard-0", "dashboard", "D1", "dashboard.log", "dashboard"),
)
JOBS: tuple[str, ...] = ("orchestrator", "workers", "api", "dashboard")
BY_NAME: Mapping[str, Instance] = {instance.name: instance for instance in INSTANCES}
NAMES: tuple[str, ...] = tuple(BY_NAME)
WORKERS: tuple[str, ...] = tuple(i.name for i in INSTANCES if i.job == "workers")
APIS: tuple[str, ...] = tuple(i.name for i in INSTANCES if i.job == "api")
ORCHESTRATOR = "orchestrator-0"


@dataclass(frozen=True)
class Plan:
    """One installation: ``directory`` holds logs and control files.

    ``ports`` maps each instance to the port of its /metrics on 127.0.0.1.
    """

    seed: int
    directory: Path
    database_url: str
    event_schema: str
    ports: Mapping[str, int]

    @property
    def log_directory(self) -> Path:
        """Where the services write their Pino files."""
        return self.directory / "logs"

    def save(self, path: Path) -> None:
        """Write the plan as JSON, readable by the owner only: the database URL may hold a password."""
        text = json.dumps(
            {
                "seed": self.seed,
                "directory": str(self.directory),
                "database_url": self.database_url,
                "event_schema": self.event_schema,
                "ports": dict(self.ports),
            },
            indent=2,
        )
        path.touch(mode=0o600)
        path.write_text(text)

    @staticmethod
    def load(path: Path) -> Plan:
        """Read what ``save`` wrote. Raises OSError, ValueError or KeyError for anything else."""
        raw = json.loads(path.read_text())
        return Plan(
            seed=int(raw["seed"]),
            directory=Path(raw["directory"]),
            database_url=str(raw["database_url"]),
            event_schema=str(raw["event_schema"]),
            ports={str(name): int(port) for name, port in raw["ports"].items()},
        )
