"""How many questions a real Prometheus has been asked, by its own count."""

from __future__ import annotations

import re

import requests

from tests.servers.prometheus import PrometheusServer

HANDLERS = ("/api/v1/query", "/api/v1/query_range", "/api/v1/series")


def questions_asked(server: PrometheusServer, *handlers: str) -> int:
    """Answered questions since its start, to all endpoints or to those named."""
    with requests.Session() as session:
        session.trust_env = False
        text = session.get(f"{server.url}/metrics", timeout=10).text
    found = re.findall(r'^prometheus_http_requests_total\{code="\d+",handler="([^"]+)"\} (\S+)', text, re.MULTILINE)
    return sum(int(float(count)) for handler, count in found if handler in (handlers or HANDLERS))
