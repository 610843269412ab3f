"""A real Prometheus with samples of the test's choice, and a real Alertmanager."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import requests

from tests.servers.ports import LOOPBACK, free_port
from tests.servers.processes import ServerProcess, answers
from tests.servers.samples import Samples

BLOCK_S = 2 * 3600  # Prometheus's unit of storage
# promtool reads its whole input once for each block in it: up to this many samples x blocks a process costs less
# than another process.
SAMPLES_TIMES_BLOCKS = 200_000


class PrometheusServer:
    """A Prometheus on a port of its own that scrapes nobody."""

    def __init__(self, folder: Path, *, rules: Path | None = None, evaluation_interval: str = "1s") -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.data = folder / "data"
        config = {
            "global": {"evaluation_interval": evaluation_interval, "scrape_interval": "15s"},
            "rule_files": [str(rules)] if rules else [],
            "scrape_configs": [],
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
        self.process = ServerProcess(
            f"prometheus on {self.port}",
            (
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.data}",
                "--storage.tsdb.retention.time=10y",
                f"--web.listen-address={LOOPBACK}:{self.port}",
                "--web.enable-lifecycle",
                "--log.level=warn",
            ),
            output=folder / "output.log",
            ready=lambda: answers(f"{self.url}/-/ready"),
        )

    def start(self) -> None:
        """Start, also again after ``stop``, on the same port; returns once it answers queries."""
        self.process.start()

    def stop(self) -> None:
        """End it; what it has stored stays."""
        self.process.stop()


def answered(url: str) -> dict[str, float]:
    """Requests that the Prometheus there has answered so far, by path of its query API and by its own count."""
    found: dict[str, float] = {}
    with requests.Session() as http:
        http.trust_env = False
        text = http.get(f"{url}/metrics", timeout=5).text
    for line in text.splitlines():
        if line.startswith("prometheus_http_requests_total{") and 'handler="/api/v1/' in line:
            path = line.split('handler="', 1)[1].split('"', 1)[0]
            found[path] = found.get(path, 0.0) + float(line.rsplit(" ", 1)[1])
    return found


class AlertmanagerServer:
    """An Alertmanager on a port of its own that tells nobody, or the webhook at ``webhook_url``."""

    def __init__(self, folder: Path, *, webhook_url: str | None = None) -> None:
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        receiver = {"name": "test", **({"webhook_configs": [{"url": webhook_url}]} if webhook_url else {})}
        route = {"receiver": "test", "group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h"}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": [receiver]}))
        self.process = ServerProcess(
            f"alertmanager on {self.port}",
            (
                "prometheus-alertmanager",
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={LOOPBACK}:{self.port}",
                "--cluster.listen-address=",
                "--log.level=warn",
            ),
            output=folder / "output.log",
            ready=lambda: answers(f"{self.url}/-/ready"),
        )

    def start(self) -> None:
        """Start, also again after ``stop``, on the same port."""
        self.process.start()

    def stop(self) -> None:
        """End it; silences stay."""
        self.process.stop()


def write_blocks(samples: Samples, data: Path) -> None:
    """Put the samples into Prometheus's storage as blocks, before it starts."""
    if not samples.count:
        return
    data.mkdir(parents=True, exist_ok=True)
    text = data.parent / "samples.txt"
    for part in samples.slices(_slice_width(samples)):
        text.write_text(part.openmetrics())
        command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(text), str(data)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"promtool refuses the samples: {result.stdout}{result.stderr}"
    text.unlink()


def _slice_width(samples: Samples) -> int:
    """Seconds of samples for one run of promtool, a whole number of blocks."""
    times = [point[0] for one in samples.series for point in (one.points[:1] + one.points[-1:])]
    blocks = max(1.0, (max(times) - min(times)) / BLOCK_S)
    per_block = max(1.0, samples.count / blocks)
    return BLOCK_S * max(1, int((SAMPLES_TIMES_BLOCKS / per_block) ** 0.5))
