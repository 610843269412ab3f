"""How fast the platform's HTTP API answers, and how much it is asked."""

from __future__ import annotations

from app.figures.units import Unit, number_text
from app.health.status import P95_LIMIT_S
from app.sources.questions import At
from app.widgets import platform
from app.widgets.content import Column, Number, Numbers, Table
from app.widgets.curves import Curves, curves
from app.widgets.widget import Given, Widget

_PERCENTILES = {"p50": "0.5", "p95": "0.95", "p99": "0.99"}


def _draw_now(given: Given) -> Numbers:
    latencies = tuple(
        Number(name, *number_text(given.vector(name).scalar(), Unit.SECONDS), alarming=_alarming(given, name))
        for name in _PERCENTILES
    )
    rate = Number("Requests", *number_text(given.vector("requests").scalar(), Unit.PER_SECOND))
    return Numbers((*latencies, rate))


def _alarming(given: Given, name: str) -> bool:
    return name == "p95" and (given.vector(name).scalar() or 0.0) > P95_LIMIT_S


def _now_table(given: Given) -> Table:
    columns = (*(Column(name, Unit.SECONDS) for name in _PERCENTILES), Column("requests", Unit.PER_SECOND))
    return Table(columns, (tuple(given.vector(column.name).scalar() for column in columns),))


NOW = Widget(
    key="api.now",
    title="API, last 5 minutes",
    help="Latency percentiles and requests a second over all services that answer HTTP, over five minutes.",
    source="Prometheus",
    questions={
        **{name: At(platform.quantile(share)) for name, share in _PERCENTILES.items()},
        "requests": At(f"sum({platform.REQUESTS_NOW})"),
    },
    draw=_draw_now,
    table=_now_table,
    metrics=(f"{platform.API_SECONDS}_bucket",),
    columns=4,
)

LATENCY = curves(
    "api.latency",
    "API response time",
    help="50th, 95th and 99th percentile of response time over all requests, interpolated within histogram buckets.",
    what=Curves(
        {name: platform.quantile(share) for name, share in _PERCENTILES.items()},
        Unit.SECONDS,
        {name: platform.recorded_quantile(share) for name, share in _PERCENTILES.items()},
        usual=frozenset({"p95"}),
    ),
    metrics=(f"{platform.API_SECONDS}_bucket",),
)

RATE = curves(
    "api.rate",
    "API requests",
    help="Requests answered per second, by service.",
    what=Curves(
        {"requests": platform.REQUESTS_NOW},
        Unit.PER_SECOND,
        {"requests": platform.RECORDED_REQUESTS},
        usual=True,
    ),
    metrics=(f"{platform.API_SECONDS}_count",),
)

WIDGETS = (NOW, LATENCY, RATE)
