"""Who is told what in the demo: ports, scrape targets, the settings of our processes and the file for visitors."""

from __future__ import annotations

from collections.abc import Mapping

from app.demo.place import Place
from app.demo.scrape import DATABASE_INSTANCE, HOST_INSTANCE, Target
from app.demo.servers import address
from app.demo.simulation.plan import INSTANCES
from app.sources.loopback import LOOPBACK, free_ports

OUR_JOB = "system-health-dashboard"
SERVERS = ("prometheus", "node_exporter", "postgres_exporter", "alertmanager")


def choose_ports() -> Mapping[str, int]:
    """A free port for each server and each simulated instance, by name."""
    names = (*SERVERS, *(instance.name for instance in INSTANCES))
    return dict(zip(names, free_ports(len(names)), strict=True))


def scrape_targets(ports: Mapping[str, int], web_port: int) -> tuple[Target, ...]:
    """Everyone whom Prometheus asks: the simulated services, the exporters, ourselves, and itself."""
    return (
        *(Target(instance.job, instance.name, ports[instance.name]) for instance in INSTANCES),
        Target("node", HOST_INSTANCE, ports["node_exporter"]),
        Target("postgres", DATABASE_INSTANCE, ports["postgres_exporter"]),
        Target(OUR_JOB, "", web_port),
        Target("prometheus", "", ports["prometheus"]),
    )


def settings_of(place: Place, ports: Mapping[str, int], *, database_url: str, web_port: int) -> Mapping[str, str]:
    """The environment of the web process and the worker."""
    return {
        "HOST": LOOPBACK,
        "PORT": str(web_port),
        "DATA_DIR": str(place.directory / "data"),
        **_addresses(place, ports, database_url),
        **place.secret_files(),
    }


def visitors_env(
    place: Place, ports: Mapping[str, int], *, database_url: str, pids: Mapping[str, int]
) -> Mapping[str, str]:
    """What the env file holds: where things are, and a ``PID_<NAME>`` for each process."""
    numbers = {f"PID_{name.upper()}": str(pid) for name, pid in pids.items()}
    return {**_addresses(place, ports, database_url), **numbers}


def _addresses(place: Place, ports: Mapping[str, int], database_url: str) -> Mapping[str, str]:
    return {
        "DATABASE_URL": database_url,
        "PROMETHEUS_URL": address(ports["prometheus"]),
        "ALERTMANAGER_URL": address(ports["alertmanager"]),
        "LOG_PATHS": place.log_paths,
    }
