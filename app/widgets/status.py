"""Overall status with its reason, and the services one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from app.figures.moments import iso
from app.figures.units import Unit, number_text
from app.health.phrases import percent_text, span_text
from app.health.services import SERVICES, service_name
from app.health.status import ServiceStatus, Status, overall_status, service_status
from app.health.uptime import duration_text, uptime_s
from app.sources.questions import At, Question, Tally, Told
from app.widgets import availability, platform
from app.widgets.availability import available, seconds_of
from app.widgets.content import Badge, Cell, Column, Grid, Number, Table
from app.widgets.service_http import NO_HTTP
from app.widgets.widget import Given, Widget

AVAILABILITY_WINDOWS = ("1h", "24h", "7d", "30d")
UNKNOWN_WORTH_SAYING = 0.01
NOT_KNOWN_ANNOUNCED = "whether that is announced maintenance is not known"
_ABOUT_REQUESTS = {"errors": "failed requests", "p95": "p95"}

# All that ``services`` reads; who says how a service is asks all of it, so that nobody says otherwise.
STATUS_QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "up": At(platform.UP),
        "errors": At(platform.ERROR_SHARE),
        "p95": At(platform.quantile("0.95", "job")),
        "maintenance": availability.QUESTIONS["maintenance"],
    }
)


def services(given: Given) -> tuple[ServiceStatus, ...]:
    """Each service's status at the window's end, from the answers to STATUS_QUESTIONS."""
    instances: dict[str, dict[str, float | None]] = {name: {} for name in SERVICES}
    for sample in given.vector("up").samples:
        instances[sample.labels["job"]][sample.labels.get("instance", "")] = sample.value
    shares, latencies = given.vector("errors").by("job"), given.vector("p95").by("job")
    paused = in_maintenance(given)
    found = (
        service_status(
            name,
            instances[name],
            error_share=shares.get(name),
            p95_s=latencies.get(name),
            maintenance=name in paused,
        )
        for name in SERVICES
    )
    return tuple(doubted(given, one) for one in found)


def doubted(given: Given, found: ServiceStatus) -> ServiceStatus:
    """The status as far as the answers to STATUS_QUESTIONS carry it: what got no answer is not taken for good.

    What is wrong may have been announced while maintenance is unanswered: it stays an alarm, and says so. What answers
    may fail while nobody says how many requests do.
    """
    wrong = found.status in (Status.DEGRADED, Status.UNHEALTHY)
    if wrong and "maintenance" in given.unanswered:
        return replace(found, reason=f"{found.reason}; {NOT_KNOWN_ANNOUNCED}")
    missing = [words for name, words in _ABOUT_REQUESTS.items() if name in given.unanswered]
    if found.status is Status.HEALTHY and missing and found.name in SERVICES and found.name not in NO_HTTP:
        return replace(found, status=Status.UNKNOWN, reason=f"{found.name}: {' and '.join(missing)} not known")
    return found


def in_maintenance(given: Given) -> frozenset[str]:
    """The services that an operator had announced maintenance of for the moment of the scrapes.

    From the answers ``up`` and ``maintenance``; none where the second was not asked for.
    """
    if "maintenance" not in given.answers:
        return frozenset()
    at = given.vector("up").as_of
    running = [one for one in availability.pauses(given) if one.start <= at < one.end]
    return frozenset(name for one in running for name in one.services or SERVICES)


def last_starts(given: Given) -> dict[str, float]:
    """Epoch seconds of each service's last SYSTEM.STARTED, from the answer ``starts``."""
    found: dict[str, float] = {}
    for row in given.rows("starts").records():
        name = service_name(row["service"])
        found[name] = max(row["started"], found.get(name, 0.0))
    return found


def _draw_overall(given: Given) -> Badge:
    overall = overall_status(services(given))
    starts = last_starts(given)
    latest = max(starts, key=lambda name: starts[name], default=None)
    uptime = duration_text(None if latest is None else uptime_s(starts[latest], given.rows("starts").as_of))
    told = "not known" if "starts" in given.unanswered else "no SYSTEM.STARTED event"
    note = told if latest is None else f"of {latest}" if latest else ""
    active, _ = number_text(given.vector("active").scalar(), Unit.COUNT)
    facts = (
        Number("Since the last start", uptime or "–", note=note),
        Number("Active workflows", active, note="as the platform counts them"),
    )
    return Badge(overall.status, overall.reason, f"/services/{overall.about}" if overall.about else "/services", facts)


def _overall_table(given: Given) -> Table:
    overall = overall_status(services(given))
    row = (iso(given.vector("up").as_of), overall.status.value, overall.reason)
    return Table((Column("time"), Column("status"), Column("reason")), (row,))


def _draw_services(given: Given) -> Grid:
    starts = last_starts(given)
    now = given.rows("starts").as_of
    rows = tuple(
        (
            Cell(service.name, href=f"/services/{service.name}"),
            Cell("", status=service.status),
            Cell(f"{service.up} of {service.instances}", numeric=True),
            Cell(_uptime_text(service, starts.get(service.name), now), numeric=True),
            *(_share_cell(given, service.name, window) for window in AVAILABILITY_WINDOWS),
        )
        for service in services(given)
    )
    return Grid(("Service", "Status", "Instances up", "Uptime", *(f"Up {one}" for one in AVAILABILITY_WINDOWS)), rows)


def _services_table(given: Given) -> Table:
    starts = last_starts(given)
    now = given.rows("starts").as_of
    columns = (
        *(Column("service"), Column("status"), Column("instances up", Unit.COUNT), Column("instances", Unit.COUNT)),
        Column("uptime", Unit.SECONDS),
        *(Column(f"availability {one}", Unit.SHARE) for one in AVAILABILITY_WINDOWS),
    )
    rows = tuple(
        (
            *(service.name, service.status.value, *_instances(given, service)),
            uptime_s(starts.get(service.name), now) if service.up else None,
            *_shares(given, service.name),
        )
        for service in services(given)
    )
    return Table(columns, rows)


def _instances(given: Given, service: ServiceStatus) -> tuple[int | None, int | None]:
    """How many instances are up, and how many there are; unknown where no scrape says so."""
    samples = given.vector("up").samples
    known = any(one.value is not None for one in samples if one.labels.get("job") == service.name)
    return (service.up, service.instances) if known else (None, None)


def _shares(given: Given, service: str) -> tuple[float | None, ...]:
    found = (available(given, service, window) for window in AVAILABILITY_WINDOWS)
    return tuple(None if one is None else one.share for one in found)


def _uptime_text(service: ServiceStatus, started: float | None, now: float) -> str:
    if not service.up:
        return "not up"
    return duration_text(uptime_s(started, now)) or "unknown"


def _share_cell(given: Given, service: str, window: str) -> Cell:
    """A share of availability; what of the window counts for nothing is said apart."""
    found = available(given, service, window)
    if found is None or found.share is None:
        return Cell("–", numeric=True, note="unknown")
    length_s = seconds_of(window)
    notes = [f"{percent_text(found.unknown_s / length_s, 0)} unknown"] * (
        found.unknown_s >= UNKNOWN_WORTH_SAYING * length_s
    )
    notes += [f"{span_text(found.maintenance_s)} maintenance"] * (found.maintenance_s >= 1)
    return Cell(percent_text(found.share), numeric=True, note=", ".join(notes))


OVERALL = Widget(
    key="status.overall",
    title="Overall status",
    help="Healthy while every instance answers its scrape, no service fails more than 5 % of its requests and p95 "
    "stays under 2 s. Degraded when a service is not; unhealthy when half of the services do not answer. Services in "
    "maintenance are left out.",
    source="Prometheus, event store",
    questions={
        **STATUS_QUESTIONS,
        "starts": Told(Tally.LAST_STARTS),
        "active": At("sum(tamma_workflows_active_total) or sum(tamma_active_autonomous_loops)"),
    },
    draw=_draw_overall,
    table=_overall_table,
    metrics=(platform.UP,),
    needed=frozenset({"up"}),
    columns=4,
)

SERVICES_HEALTH = Widget(
    key="services.health",
    title="Services",
    help="Instances that answer their scrape, time since the last SYSTEM.STARTED, and availability: of the time in "
    "which at least one instance answered or none did, the share of the first. Maintenance counts for nothing; unknown "
    "time is said apart.",
    source="Prometheus, event store",
    questions={
        **STATUS_QUESTIONS,
        "starts": Told(Tally.LAST_STARTS),
        **availability.QUESTIONS,
    },
    draw=_draw_services,
    table=_services_table,
    metrics=(platform.UP,),
    needed=frozenset({"up"}),
    columns=8,
)

WIDGETS = (OVERALL, SERVICES_HEALTH)
