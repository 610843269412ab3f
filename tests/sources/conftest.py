"""A Prometheus with a small past whose every value is known, and a window over it."""

from __future__ import annotations

import math

import pytest

from app.sources.windows import Window
from tests.conftest import PrometheusWith
from tests.servers.prometheus import PrometheusServer
from tests.servers.samples import Samples

END = 1_790_000_100  # a multiple of 15
START = END - 600


@pytest.fixture(scope="session")
def small_prometheus(prometheus_with: PrometheusWith) -> PrometheusServer:
    """Ten minutes of a few series, a sample every fifteen seconds."""
    moments = range(START, END + 1, 15)
    samples = Samples()
    samples.add("rising_total", {"job": "api"}, [(at, (at - START) * 2) for at in moments], "counter")
    reset = [(at, (at - START) if at < START + 300 else (at - START - 300)) for at in moments]
    samples.add("reset_total", {"job": "api"}, reset, "counter")
    samples.add("odd", {"kind": "nan"}, [(at, math.nan) for at in moments])
    samples.add("odd", {"kind": "inf"}, [(at, math.inf) for at in moments])
    samples.add("odd", {"kind": "minus"}, [(at, -math.inf) for at in moments])
    samples.add("odd", {"kind": "fine"}, [(at, 1.5) for at in moments])
    samples.add("brief", {"job": "api"}, [(START, 7)])
    samples.add("gone", {"job": "api"}, [(at, 3) for at in moments if at <= START + 60])
    hostile = {"job": "api", "text": '<b>"x"</b>\nnext=\\1'}
    samples.add("hostile", hostile, [(at, 1) for at in moments])
    for number in range(230):
        samples.add("many", {"number": f"{number:03d}"}, [(END, number)])
    return prometheus_with(samples)


@pytest.fixture
def window() -> Window:
    """The ten minutes, in steps of fifteen seconds."""
    return Window(START, END, 15, live=False, asked=("a", "b"))
