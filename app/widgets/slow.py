"""What takes long: endpoints and workflow steps, the slowest first; and errors by what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

from app.figures.units import Unit, number_text
from app.health.status import ERROR_SHARE_LIMIT, P95_LIMIT_S, Status, above
from app.sources.questions import At
from app.sources.results import Vector
from app.widgets import platform, watched
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.service_scope import Scope, shown
from app.widgets.unusual import TO_COME, Held, held, to_come, too_few_minutes, usual_words
from app.widgets.widget import Given, Widget

MOST_ROWS = 8
_COUNT, _BUCKET = f"{platform.API_SECONDS}_count", f"{platform.API_SECONDS}_bucket"
_RATE = f"sum by (job, endpoint) (rate({_COUNT}{{{platform.JOBS}}}[$rate]))"
_FAILED = f'sum by (job, endpoint) (rate({_COUNT}{{{platform.JOBS},status_code=~"5.."}}[$rate]))'
# Steps are few: an hour of them says more than five minutes.
_STEPS = "tamma_workflow_step_duration_seconds"
_STEP_HOURS = f"sum by (step_name) (increase({_STEPS}_count[1h]))"

Keyed = Mapping[tuple[str, ...], float | None]


def _keyed(vector: Vector, *labels: str) -> Keyed:
    return {tuple(one.labels.get(label, "") for label in labels): one.value for one in vector.samples}


Endpoint = tuple[str, str, float, float | None, float | None]


def endpoints(given: Given) -> list[Endpoint]:
    """Service, endpoint, p95 in seconds, requests a second and the failed share, the slowest first."""
    rates, failed = (_keyed(given.vector(name), "job", "endpoint") for name in ("rate", "failed"))
    found: list[Endpoint] = [
        (at[0], at[1], p95, rates.get(at), failed.get(at))
        for at, p95 in _keyed(given.vector("p95"), "job", "endpoint").items()
        if p95 is not None
    ]
    return sorted(found, key=lambda row: (-row[2], row[0], row[1]))


def _draw_endpoints(given: Given) -> Grid:
    every = endpoints(given)
    rows = tuple(_endpoint_cells(row) for row in every[:MOST_ROWS])
    remark = f"{len(rows)} of {len(every)} shown, the slowest." if len(rows) < len(every) else ""
    return Grid(("Endpoint", "Service", "p95", "Requests", "Failed"), rows, remark)


def _endpoint_cells(row: Endpoint) -> tuple[Cell, ...]:
    service, endpoint, p95, rate, failed = row
    scope = Scope(service)
    return (
        Cell(shown(endpoint) if endpoint else "–", href=scope.with_filter("endpoint", endpoint).href),
        Cell(shown(service), href=scope.href),
        Cell("".join(number_text(p95, Unit.SECONDS)), numeric=True, status=above(p95, P95_LIMIT_S)),
        Cell("".join(number_text(rate, Unit.PER_SECOND)), numeric=True),
        Cell("".join(number_text(failed, Unit.SHARE)), numeric=True, status=above(failed, ERROR_SHARE_LIMIT)),
    )


def _endpoints_table(given: Given) -> Table:
    columns = (
        *(Column("service"), Column("endpoint"), Column("p95", Unit.SECONDS)),
        *(Column("requests", Unit.PER_SECOND), Column("failed", Unit.SHARE)),
    )
    return Table(columns, tuple(endpoints(given)))


ENDPOINTS = Widget(
    key="api.slowest",
    title="Slowest endpoints",
    help="Endpoints by the 95th percentile of their response time over five minutes at the end of the range.",
    source="Prometheus",
    questions={
        "p95": At(f"histogram_quantile(0.95, sum by (le, job, endpoint) (rate({_BUCKET}{{{platform.JOBS}}}[$rate])))"),
        "rate": At(_RATE),
        "failed": At(f"({_FAILED} or {_RATE} * 0) / ({_RATE} > 0)"),
    },
    draw=_draw_endpoints,
    table=_endpoints_table,
    metrics=(_BUCKET,),
    needed=frozenset({"p95"}),
    columns=6,
    href="/services/api",
)


def steps(given: Given) -> list[tuple[str, float, float | None, float | None]]:
    """Step, p95 in seconds, how often it ran and how often it failed, the slowest first."""
    runs, failed = (_keyed(given.vector(name), "step_name") for name in ("runs", "failed"))
    found = [
        (name, p95, runs.get((name,)), failed.get((name,)))
        for (name,), p95 in _keyed(given.vector("p95"), "step_name").items()
        if p95 is not None
    ]
    return sorted(found, key=lambda row: (-row[1], row[0]))


def _draw_steps(given: Given) -> Grid:
    every = steps(given)
    rows = tuple(
        (
            Cell(shown(name) if name else "–"),
            Cell("".join(number_text(p95, Unit.SECONDS)), numeric=True),
            Cell("".join(number_text(runs, Unit.COUNT)), numeric=True),
            Cell("".join(number_text(failed, Unit.COUNT)), numeric=True, status=above(failed, 0.5)),
        )
        for name, p95, runs, failed in every[:MOST_ROWS]
    )
    remark = f"{len(rows)} of {len(every)} shown, the slowest." if len(rows) < len(every) else ""
    return Grid(("Step", "p95", "Runs", "Failed"), rows, remark)


def _steps_table(given: Given) -> Table:
    units = {"p95": Unit.SECONDS, "runs": Unit.COUNT, "failed": Unit.COUNT}
    return Table((Column("step"), *(Column(name, unit) for name, unit in units.items())), tuple(steps(given)))


STEPS = Widget(
    key="workflows.slowest",
    title="Slowest workflow steps",
    help="Steps by the 95th percentile of their duration over the hour before the end of the range, with how often "
    "they ran and failed in it, as Prometheus estimates it.",
    source="Prometheus",
    questions={
        "p95": At(f"histogram_quantile(0.95, sum by (le, step_name) (rate({_STEPS}_bucket[1h])))", every_s=60),
        "runs": At(_STEP_HOURS, every_s=60),
        "failed": At(
            f"sum by (step_name) (increase(tamma_workflow_step_errors_total[1h])) or {_STEP_HOURS} * 0", every_s=60
        ),
    },
    draw=_draw_steps,
    table=_steps_table,
    metrics=(f"{_STEPS}_bucket",),
    needed=frozenset({"p95"}),
    columns=6,
    href="/services/orchestrator",
)


def error_types(given: Given) -> list[Held]:
    """Errors a minute by what went wrong, those that came at all, the most first."""
    found = [one for one in held(given, watched.ERROR_TYPES) if one.value > 0]
    return sorted(found, key=lambda one: (-one.value, one.words))


def _draw_types(given: Given) -> Grid:
    every = error_types(given)
    rows = tuple(
        (
            Cell(one.words),
            Cell("".join(number_text(one.value, one.unit)), numeric=True),
            Cell(usual_words(one), numeric=True),
            Cell("unusual", status=Status.DEGRADED) if one.unusual else Cell("–" if one.reach is None else "as usual"),
        )
        for one in every[:MOST_ROWS]
    )
    said = [] if every else ["No error in the last half hour."]
    if len(rows) < len(every):
        said.append(f"{len(rows)} of {len(every)} shown, the most frequent.")
    if few := too_few_minutes(given):
        said.append(few)
    elif to_come(given, (watched.ERROR_TYPES,)):
        said.append(TO_COME)
    elif short := sum(one.too_short for one in every):
        said.append(f"Not enough history for {short} of {len(every)}.")
    return Grid(("Error", "Last half hour", "Usual", "Against usual"), rows, " ".join(said))


def _types_table(given: Given) -> Table:
    names = ("now", "usual from", "usual to")
    rows = tuple((one.words, one.value, one.low, one.high) for one in error_types(given))
    return Table((Column("error type"), *(Column(name, Unit.PER_MINUTE) for name in names)), rows)


ERROR_TYPES = Widget(
    key="errors.types",
    title="Errors by type",
    help="Errors that all services counted, per minute, by what went wrong: over half an hour at the end of the range, "
    "and what is usual at this hour of the week.",
    source="Prometheus",
    questions=watched.questions((watched.ERROR_TYPES,)),
    draw=_draw_types,
    table=_types_table,
    metrics=("tamma_errors_total",),
    needed=frozenset({watched.ERROR_TYPES.key}),
    columns=6,
    href="/services",
)

WIDGETS = (ENDPOINTS, STEPS, ERROR_TYPES)
