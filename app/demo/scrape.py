"""The configuration of the demo's Prometheus: whom it scrapes and under which names."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from app.sources.loopback import LOOPBACK

SCRAPE_INTERVAL = "15s"
RULES = Path(__file__).parents[1] / "sources" / "rules" / "*.yml"
HOST_INSTANCE, DATABASE_INSTANCE = "tamma-host", "tamma-postgres"


@dataclass(frozen=True)
class Target:
    """A server to scrape. ``instance`` is its name in the metrics; empty: its address, as Prometheus does."""

    job: str
    instance: str
    port: int


def prometheus_config(targets: Iterable[Target], *, alertmanager_port: int, rules: Path = RULES) -> str:
    """The text of prometheus.yml; ``rules`` is a pattern that may match nothing."""
    by_job = groupby(sorted(targets, key=attrgetter("job")), key=attrgetter("job"))
    config = {
        "global": {"scrape_interval": SCRAPE_INTERVAL, "scrape_timeout": "5s", "evaluation_interval": SCRAPE_INTERVAL},
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{LOOPBACK}:{alertmanager_port}"]}]}]},
        "scrape_configs": [_job(name, tuple(members)) for name, members in by_job],
    }
    return json.dumps(config, indent=2)  # JSON is YAML


def _job(name: str, targets: tuple[Target, ...]) -> dict[str, Any]:
    return {"job_name": name, "static_configs": [_static_config(target) for target in targets]}


def _static_config(target: Target) -> dict[str, Any]:
    labels = {"instance": target.instance} if target.instance else {}
    return {"targets": [f"{LOOPBACK}:{target.port}"], "labels": labels}
