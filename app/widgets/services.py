"""All services side by side: those of the platform, and what else Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Iterable

from app.figures.units import Unit, number_text
from app.health.services import SERVICES
from app.health.status import ERROR_SHARE_LIMIT, P95_LIMIT_S, ServiceStatus, above
from app.sources.questions import At
from app.widgets import platform
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.curves import Curves, curves
from app.widgets.resources import FULL
from app.widgets.service_header import JOBS, status_of
from app.widgets.service_http import MOST_ROWS, NO_HTTP, NONE_UP
from app.widgets.service_resources import Limit, of_text
from app.widgets.service_scope import Scope, shown
from app.widgets.status import STATUS_QUESTIONS
from app.widgets.widget import Given, Widget

_CPU = "sum by (job) (rate(process_cpu_seconds_total[$rate]))"
_MEMORY = "sum by (job) (process_resident_memory_bytes)"
Row = tuple[str | float | None, ...]
# What looks back five minutes.
_RATES = frozenset({"rate", "errors", "p95", "cpu"})
_RESTARTS = At("sum by (job) (changes(process_start_time_seconds[$range]))", every_s=60)


def _of(given: Given, name: str, service: ServiceStatus) -> float | None:
    """A number of a service; no rate while no instance is up: what it did before would fade in it for minutes."""
    return None if not service.up and name in _RATES else given.vector(name).by("job").get(service.name)


def _draw_now(given: Given) -> Grid:
    columns = ("Service", "Status", "Instances up", "Requests", "Failed", "p95", "CPU", "Memory", "Restarts")
    return Grid(columns, tuple(_cells(given, status_of(given, name)) for name in SERVICES))


def _cells(given: Given, service: ServiceStatus) -> tuple[Cell, ...]:
    name, page = service.name, Scope(service.name).href
    failed, p95 = _of(given, "errors", service), _of(given, "p95", service)
    no_http = "no HTTP" if name in NO_HTTP else "" if service.up else NONE_UP
    return (
        Cell(name, href=page),
        Cell("", status=service.status, note=service.reason.removeprefix(f"{name}: "), href=page),
        Cell(f"{service.up} of {service.instances}", numeric=True, href=page),
        Cell(_text(_of(given, "rate", service), Unit.PER_SECOND), numeric=True, note=no_http, href=page),
        Cell(_text(failed, Unit.SHARE), numeric=True, status=above(failed, ERROR_SHARE_LIMIT), href=page),
        Cell(_text(p95, Unit.SECONDS), numeric=True, status=above(p95, P95_LIMIT_S), href=page),
        _used(given, service, "cpu", lambda limits: limits.cpu_cores),
        _used(given, service, "memory", lambda limits: limits.memory_bytes),
        Cell(_text(_of(given, "restarts", service), Unit.COUNT), numeric=True, href=page),
    )


def _used(given: Given, service: ServiceStatus, name: str, limit: Limit) -> Cell:
    """Use as a share of what the instances that are up may use, or in absolute numbers where no limit is known."""
    unit = Unit.CORES if name == "cpu" else Unit.BYTES
    value, page = _of(given, name, service), Scope(service.name).href
    most = (limit(given.config.limits.of(service.name)) or 0.0) * service.up
    if value is None or not most:
        note = NONE_UP if name in _RATES and not service.up else ""
        return Cell(_text(value, unit), numeric=True, note=note, href=page)
    return Cell(
        _text(value / most, Unit.SHARE),
        numeric=True,
        status=above(value / most, FULL),
        note=of_text(value, most, unit),
        href=page,
    )


def _text(value: float | None, unit: Unit) -> str:
    return "".join(number_text(value, unit))


_NUMBERS = {
    "rate": ("requests", Unit.PER_SECOND),
    "errors": ("failed", Unit.SHARE),
    "p95": ("p95", Unit.SECONDS),
    "cpu": ("cpu", Unit.CORES),
    "memory": ("memory", Unit.BYTES),
    "restarts": ("restarts", Unit.COUNT),
}
_STATUS_COLUMNS = (
    *(Column("service"), Column("status"), Column("reason")),
    *(Column("instances up", Unit.COUNT), Column("instances", Unit.COUNT)),
)


def _now_table(given: Given) -> Table:
    columns = (*_STATUS_COLUMNS, *(Column(name, unit) for name, unit in _NUMBERS.values()))
    return Table(columns, _table_rows(given, SERVICES, _NUMBERS))


def _table_rows(given: Given, names: Iterable[str], numbers: Iterable[str]) -> tuple[Row, ...]:
    services = (status_of(given, name) for name in names)
    return tuple((*_status_values(given, one), *(_of(given, number, one) for number in numbers)) for one in services)


def _status_values(given: Given, service: ServiceStatus) -> Row:
    """Status and instances; how many are up is unknown where no scrape says so."""
    name = service.name
    known = any(one.value is not None for one in given.vector("up").samples if one.labels.get("job") == name)
    return (name, service.status.value, service.reason, *((service.up, service.instances) if known else (None, None)))


NOW = Widget(
    key="services.now",
    title="Services of the platform",
    help="Status with its reason; requests, share of failed ones and p95 over five minutes at the end of the range; "
    "CPU and memory as a share of what the instances that are up may use; restarts in the whole range. No rate is "
    "shown while no instance is up.",
    source="Prometheus, event store",
    questions={
        **STATUS_QUESTIONS,
        "jobs": JOBS,
        "rate": At(platform.REQUESTS_NOW),
        "cpu": At(_CPU),
        "memory": At(_MEMORY),
        "restarts": _RESTARTS,
    },
    draw=_draw_now,
    table=_now_table,
    metrics=(platform.UP,),
    needed=frozenset({"up", "jobs"}),
    columns=12,
    href="/availability",
)


def infrastructure_jobs(given: Given) -> tuple[str, ...]:
    """What else was scraped in the range, by name."""
    return tuple(sorted(name for name in given.vector("jobs").by("job") if name and name not in SERVICES))


def _draw_infrastructure(given: Given) -> Grid:
    jobs = infrastructure_jobs(given)
    # What is not up comes first, so that the cut never hides it.
    found = sorted((status_of(given, name) for name in jobs), key=lambda one: (-one.status.severity, one.name))
    rows = tuple(_infrastructure_cells(given, one) for one in found[:MOST_ROWS])
    remark = "Nothing else is scraped." if not jobs else ""
    remark = f"{len(rows)} of {len(jobs)} shown, what is not up first." if len(rows) < len(jobs) else remark
    return Grid(("Job", "Status", "Instances up", "CPU", "Memory", "Restarts"), rows, remark)


def _infrastructure_cells(given: Given, service: ServiceStatus) -> tuple[Cell, ...]:
    page = Scope(service.name).href
    return (
        Cell(shown(service.name), href=page),
        Cell(
            "",
            status=service.status,
            note=shown(service.reason.removeprefix(f"{service.name}: ")) if service.reason else "",
        ),
        Cell(f"{service.up} of {service.instances}", numeric=True, href=page),
        _used(given, service, "cpu", lambda limits: limits.cpu_cores),
        _used(given, service, "memory", lambda limits: limits.memory_bytes),
        Cell(_text(_of(given, "restarts", service), Unit.COUNT), numeric=True, href=page),
    )


def _infrastructure_table(given: Given) -> Table:
    names = ("cpu", "memory", "restarts")
    columns = (*_STATUS_COLUMNS, *(Column(*_NUMBERS[name]) for name in names))
    return Table(columns, _table_rows(given, infrastructure_jobs(given), names))


INFRASTRUCTURE = Widget(
    key="services.infrastructure",
    title="Infrastructure",
    help="Everything else that Prometheus has scraped in the range: databases, exporters, itself.",
    source="Prometheus",
    questions={"up": At("up"), "jobs": JOBS, "cpu": At(_CPU), "memory": At(_MEMORY), "restarts": _RESTARTS},
    draw=_draw_infrastructure,
    table=_infrastructure_table,
    metrics=("up",),
    needed=frozenset({"up", "jobs"}),
    columns=12,
)

LATENCY = curves(
    "services.latency",
    "Response time by service (p95)",
    help="95th percentile of response time, by service, interpolated within histogram buckets.",
    what=Curves(
        {"p95": platform.quantile("0.95", "job")}, Unit.SECONDS, {"p95": platform.recorded_quantile("0.95", "job")}
    ),
    metrics=(f"{platform.API_SECONDS}_bucket",),
)

WIDGETS = (NOW, INFRASTRUCTURE, LATENCY)
