"""How a service answers HTTP: requests, failures, latency, and each of its endpoints."""

from __future__ import annotations

from app.figures.units import Unit, number_text
from app.health.status import ERROR_SHARE_LIMIT, P95_LIMIT_S, above
from app.sources.questions import At
from app.sources.results import Vector
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.curves import Curves, curves
from app.widgets.platform import API_SECONDS, recorded_rate
from app.widgets.service_scope import Scope, family, shown
from app.widgets.widget import Given, Widget

MOST_ROWS = 20
PERCENTILES = {"p50": "0.5", "p95": "0.95", "p99": "0.99"}
NO_HTTP = frozenset({"workers"})
# Stands beside rates that are not shown: what was done before would fade in them for minutes.
NONE_UP = "no instance up"
_FAILED = 'status_code=~"5.."'
_NARROWING = ("instance", "endpoint")


def requests(scope: Scope, by: str = "", more: str = "") -> str:
    """PromQL for requests per second, over all or by labels."""
    return f"sum{_by(by)}(rate({API_SECONDS}_count{{{scope.where(*_NARROWING, more=more)}}}[$rate]))"


def failed_share(scope: Scope, by: str = "") -> str:
    """PromQL for the share of requests answered with a status of 500 or more; no failure yet is a share of zero."""
    every = requests(scope, by)
    return f"({requests(scope, by, more=_FAILED)} or {every} * 0) / ({every} > 0)"


def quantile(scope: Scope, share: str, by: str = "") -> str:
    """PromQL for a quantile of response times in seconds."""
    groups = f"le, {by}" if by else "le"
    rates = f"rate({API_SECONDS}_bucket{{{scope.where(*_NARROWING)}}}[$rate])"
    return f"histogram_quantile({share}, sum by ({groups}) ({rates}))"


def _by(labels: str) -> str:
    return f" by ({labels}) " if labels else ""


def _rate(key: str, scope: Scope) -> Widget:
    def by_class(rates: str) -> str:
        return f'sum by (class) (label_replace({rates}, "class", "${{1}}xx", "status_code", "([1-5]).."))'

    raw = by_class(f"rate({API_SECONDS}_count{{{scope.where(*_NARROWING)}}}[$rate])")
    level = f"job_status_code:{API_SECONDS}_count:rate5m{{{scope.where()}}}"
    recorded = {} if scope.narrowed(*_NARROWING) else {"requests": by_class(recorded_rate(level, "status_code"))}
    return curves(
        key,
        "Requests by status class",
        help="HTTP requests answered per second, by the first digit of their status.",
        what=Curves({"requests": raw}, Unit.PER_SECOND, recorded, by="class", stacked=True),
        metrics=(f"{API_SECONDS}_count{{{scope.where()}}}",),
    )


def _failed(key: str, scope: Scope) -> Widget:
    recorded = {}
    if not scope.narrowed("instance"):
        level = "job_endpoint" if scope.narrowed("endpoint") else "job"
        where = scope.where(*_NARROWING)
        failed, every = (
            recorded_rate(f"{level}:{API_SECONDS}_count:{kind}{{{where}}}") for kind in ("failed_rate5m", "rate5m")
        )
        recorded = {"failed": f"{failed} / ({every} > 0)"}
    return curves(
        key,
        "Failed requests",
        help="Share of HTTP requests answered with a status of 500 or more, with the limit from which on the service "
        "counts as degraded.",
        what=Curves(
            {"failed": failed_share(scope)},
            Unit.SHARE,
            recorded,
            usual=True,
            limits={f"limit {ERROR_SHARE_LIMIT:.0%}": ERROR_SHARE_LIMIT},
        ),
        metrics=(f"{API_SECONDS}_count{{{scope.where()}}}",),
    )


def _latency(key: str, scope: Scope) -> Widget:
    recorded = {}
    if not scope.narrowed("instance"):
        level = "job_endpoint_le" if scope.narrowed("endpoint") else "job_le"
        rates = recorded_rate(f"{level}:{API_SECONDS}_bucket:rate5m{{{scope.where(*_NARROWING)}}}", "le")
        recorded = {name: f"histogram_quantile({share}, {rates})" for name, share in PERCENTILES.items()}
    return curves(
        key,
        "Response time",
        help="50th, 95th and 99th percentile of response time, interpolated within histogram buckets, with the limit "
        "of p95 from which on the service counts as degraded.",
        what=Curves(
            {name: quantile(scope, share) for name, share in PERCENTILES.items()},
            Unit.SECONDS,
            recorded,
            by="",
            limits={f"p95 limit {P95_LIMIT_S:g} s": P95_LIMIT_S},
        ),
        metrics=(f"{API_SECONDS}_bucket{{{scope.where()}}}",),
    )


def _endpoints(key: str, scope: Scope) -> Widget:
    """All endpoints of the service, or of the chosen instance: a filter for one must not hide the others."""
    every = scope.with_filter("endpoint", "")

    def draw(given: Given) -> Grid:
        rows = endpoint_rows(given)
        cells = tuple(_endpoint_cells(scope, row) for row in rows[:MOST_ROWS])
        remark = f"{len(cells)} of {len(rows)} shown, those with the most requests." if len(cells) < len(rows) else ""
        return Grid(("Endpoint", "Requests", "Failed", "p95"), cells, remark)

    return Widget(
        key=key,
        title="Endpoints",
        help="Requests per second, share of failed ones and 95th percentile of response time of each endpoint, over "
        "five minutes at the end of the range.",
        source="Prometheus",
        questions={
            "rate": At(requests(every, "endpoint")),
            "failed": At(failed_share(every, "endpoint")),
            "p95": At(quantile(every, "0.95", "endpoint")),
        },
        draw=draw,
        table=_endpoints_table,
        metrics=(f"{API_SECONDS}_count{{{scope.where()}}}",),
        needed=frozenset({"rate"}),
        columns=12,
    )


def by_label(vector: Vector, label: str) -> dict[str, float | None]:
    """Values by a label; what has no such label stands under an empty name."""
    return {sample.labels.get(label, ""): sample.value for sample in vector.samples}


EndpointRow = tuple[str, float | None, float | None, float | None]


def endpoint_rows(given: Given) -> list[EndpointRow]:
    """Endpoint, requests per second, failed share and p95 in seconds, the most asked first."""
    rates, failed, p95 = (by_label(given.vector(name), "endpoint") for name in ("rate", "failed", "p95"))
    rows = [(name, rate, failed.get(name), p95.get(name)) for name, rate in rates.items()]
    return sorted(rows, key=lambda row: (-(row[1] or 0.0), row[0]))


def _endpoint_cells(scope: Scope, row: EndpointRow) -> tuple[Cell, ...]:
    name, rate, failed, p95 = row
    return (
        Cell(shown(name), href=scope.with_filter("endpoint", name).href if name else ""),
        Cell("".join(number_text(rate, Unit.PER_SECOND)), numeric=True),
        Cell("".join(number_text(failed, Unit.SHARE)), numeric=True, status=above(failed, ERROR_SHARE_LIMIT)),
        Cell("".join(number_text(p95, Unit.SECONDS)), numeric=True, status=above(p95, P95_LIMIT_S)),
    )


def _endpoints_table(given: Given) -> Table:
    columns = (
        *(Column("endpoint"), Column("requests", Unit.PER_SECOND)),
        *(Column("failed", Unit.SHARE), Column("p95", Unit.SECONDS)),
    )
    return Table(columns, tuple(endpoint_rows(given)))


FAMILIES = (
    family("service.rate", _rate),
    family("service.failed", _failed),
    family("service.latency", _latency),
    family("service.endpoints", _endpoints),
)
