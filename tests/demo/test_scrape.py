"""The configuration of the demo's Prometheus and Alertmanager, as their own tools read it."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path

from app.demo import servers, wiring
from app.demo.scrape import prometheus_config
from app.demo.simulation.plan import INSTANCES

PORTS = wiring.choose_ports()
TARGETS = wiring.scrape_targets(PORTS, 3000)


def config() -> str:
    return prometheus_config(TARGETS, alertmanager_port=PORTS["alertmanager"])


def scraped() -> dict[str, dict[str, str]]:
    """Job -> instance -> address."""
    jobs = json.loads(config())["scrape_configs"]
    return {
        job["job_name"]: {
            one["labels"].get("instance", one["targets"][0]): one["targets"][0] for one in job["static_configs"]
        }
        for job in jobs
    }


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text(config())
    result = subprocess.run(["promtool", "check", "config", str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_amtool_accepts_the_configuration_of_alertmanager(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(servers.alertmanager_config())
    result = subprocess.run(["amtool", "check-config", str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_simulated_instance_is_scraped_under_its_own_name() -> None:
    jobs = scraped()
    for instance in INSTANCES:
        assert jobs[instance.job][instance.name] == f"127.0.0.1:{PORTS[instance.name]}"
    assert Counter(instance.job for instance in INSTANCES) == {
        job: len(members) for job, members in jobs.items() if job in {one.job for one in INSTANCES}
    }


def test_the_machine_the_database_and_we_ourselves_are_scraped() -> None:
    jobs = scraped()
    assert list(jobs["node"]) == ["tamma-host"]
    assert list(jobs["postgres"]) == ["tamma-postgres"]
    assert list(jobs["system-health-dashboard"].values()) == ["127.0.0.1:3000"]
    assert list(jobs["prometheus"].values()) == [f"127.0.0.1:{PORTS['prometheus']}"]


def test_alerts_go_to_alertmanager_and_everything_happens_every_15_seconds() -> None:
    read = json.loads(config())
    assert read["global"]["scrape_interval"] == read["global"]["evaluation_interval"] == "15s"
    assert f"127.0.0.1:{PORTS['alertmanager']}" in json.dumps(read["alerting"])
    assert read["rule_files"][0].endswith("app/sources/rules/*.yml")


def test_no_two_servers_share_a_port() -> None:
    assert len(set(PORTS.values())) == len(PORTS)
