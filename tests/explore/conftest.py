"""A Prometheus with everything that is hard to explore: odd label values, many series, one that is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.drawing import Drawer
from app.patience import Patience
from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.database import open_pool
from app.sources.events import EventStore
from app.sources.prometheus import Prometheus
from app.sources.windows import Window
from app.ui.render import render
from tests.conftest import PrometheusWith
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.prometheus import PrometheusServer
from tests.servers.samples import Samples

END = 1_790_000_100  # a multiple of 15
START = END - 600
NOW = END + 3_600.0
HOSTILE = (
    "plain", '"', '\\"', "\\", "\\n", "\n", "a\nb", "}", "{", '"} or up{x="', "$rate", "$step", "%24rate", "~x", "=~",
    "a,b", ".*", "<b>bold</b>", "é漢🙂", "\x01\x7f", "\u2028", " ", "'", "`", "x" * 4_096, "x" * 4_095 + "y",
)  # fmt: skip
MANY = 431


@pytest.fixture(scope="session")
def explored(prometheus_with: PrometheusWith) -> PrometheusServer:
    """Ten minutes, a sample every fifteen seconds."""
    moments = range(START, END + 1, 15)
    samples = Samples()
    for number, value in enumerate(HOSTILE):
        samples.add("hostile", {"text": value, "number": str(number)}, [(at, number) for at in moments])
    samples.add("hostile", {"number": "none"}, [(at, 99) for at in moments])
    for number in range(MANY):
        samples.add(
            "many_total", {"number": f"{number:03d}"}, [(at, number * (at - START)) for at in moments], "counter"
        )
    # High at a single moment each, low on the mean: a topk at each point would show them.
    for number in range(30):
        peak = START + 15 * number
        samples.add("peaks", {"number": str(number)}, [(at, 1_000 if at == peak else 0) for at in moments])
    for number in range(3):
        samples.add("peaks", {"number": f"steady-{number}"}, [(at, 100 + number) for at in moments])
    for bound, share in (("0.1", 50), ("1", 90), ("+Inf", 100)):
        points = [(at, share * (at - START) / 15) for at in moments]
        samples.add("took_seconds_bucket", {"job": "api", "le": bound}, points, "histogram")
    samples.add("gone", {"job": "api"}, [(START - 3_600, 1)])
    return prometheus_with(samples)


@pytest.fixture
def window() -> Window:
    """The ten minutes, in steps of fifteen seconds."""
    return Window(START, END, 15, live=False, asked=("a", "b"))


@pytest.fixture
def answers_of(tmp_path: Path) -> Callable[[Prometheus], Answers]:
    """The answers of a Prometheus an hour later; nothing asks the event store."""

    def made(prometheus: Prometheus) -> Answers:
        pool = open_pool(f"postgresql://nobody@{LOOPBACK}:{free_port()}/none", min_size=0)
        pool.close()
        events, cache = EventStore(pool, "public"), SharedCache(tmp_path / "cache")
        return Answers(prometheus=prometheus, events=events, cache=cache, clock=lambda: NOW)

    return made


@pytest.fixture
def drawer_of(tmp_path: Path, answers_of: Callable[[Prometheus], Answers]) -> Callable[[Prometheus], Drawer]:
    """A drawer of those answers."""

    def made(prometheus: Prometheus) -> Drawer:
        cache = SharedCache(tmp_path / "drawn")
        answers = answers_of(prometheus)
        return Drawer(answers=answers, cache=cache, render=render, patience=Patience(8), clock=lambda: NOW)

    return made
