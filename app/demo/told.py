"""What the demo's Prometheus tells about itself: its rules, where its memory begins, and series over long stretches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import orjson
import requests

TIMEOUT_S = (2.0, 60.0)
_OFTEN_SCRAPED = "tamma_uptime_seconds"


class Told:
    """Questions to one Prometheus on this machine. All raise requests.RequestException when it does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False  # never through a proxy: it is this machine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def recording_rules(self) -> Mapping[str, str]:
        """The PromQL of each recorded name, as Prometheus runs it. Rules that set labels of their own are left out."""
        groups = self._get("rules", {"type": "record"})["groups"]
        rules = (rule for group in groups for rule in group["rules"])
        return {rule["name"]: rule["query"] for rule in rules if not rule.get("labels")}

    def first_in_memory(self) -> int:
        """The epoch second of the oldest sample that is not in a block yet; 0 before the first scrape."""
        oldest_ms = self._get("status/tsdb", {})["headStats"]["minTime"]
        return int(oldest_ms) // 1000 if 0 < oldest_ms < 1 << 62 else 0

    def scrapes_an_hour(self, at: int) -> int:
        """How many samples of a series of the platform the hour after an epoch second has, at most; 0 for none."""
        promql = f"max(count_over_time({_OFTEN_SCRAPED}[1h]))"
        found = self._get("query", {"query": promql, "time": str(at + 3600)})["result"]
        return int(found[0]["value"][1]) if found else 0

    def slots_taken(self, times: range) -> Mapping[str, frozenset[int]]:
        """For each recorded name the times before which, nearer than the step, it has a sample."""
        names = self._range('count by (__name__) ({__name__=~".+:.+"})', times)
        return {one["metric"]["__name__"]: frozenset(int(at) for at, _ in one["values"]) for one in names}

    def series(self, promql: str, times: range) -> Iterator[tuple[Mapping[str, str], list[tuple[float, str]]]]:
        """Labels and points (epoch seconds, value as text) of each series of a range query."""
        for one in self._range(promql, times):
            yield one["metric"], one["values"]

    def _range(self, promql: str, times: range) -> Any:
        # A look-back of one step finds each sample at one of the times.
        grid = {"start": str(times[0]), "end": str(times[-1]), "step": str(times.step)}
        return self._get("query_range", {"query": promql, **grid})["result"]

    def _get(self, path: str, parameters: Mapping[str, str]) -> Any:
        reply = self._session.get(f"{self._url}/api/v1/{path}", params=parameters, timeout=TIMEOUT_S)
        reply.raise_for_status()
        return orjson.loads(reply.content)["data"]
