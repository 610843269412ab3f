"""A service at a glance: its status with the reason, how long it has been up, its version, and its numbers of now."""

from __future__ import annotations

import re

from app.figures.units import Unit
from app.health.services import SERVICES, service_name
from app.health.status import ServiceStatus, Status, service_status
from app.health.uptime import duration_text, uptime_s
from app.sources.questions import At, Question, Tally, Told
from app.widgets.content import Badge, Cell, Column, Grid, Number, Table
from app.widgets.service_scope import Scope, family, shown
from app.widgets.status import STATUS_QUESTIONS, doubted, in_maintenance
from app.widgets.widget import Given, Widget, anchor

# Every job that was scraped in the range.
JOBS = At("count by (job) (last_over_time(up[$range]))", every_s=60)
NO_SUCH_SERVICE = "No service of that name"
_VERSION = re.compile(r"v?\d+(_\d+)+")


def _header(key: str, scope: Scope) -> Widget:
    name = scope.service
    return Widget(
        key=key,
        title="Status",
        help="Healthy while every instance answers its scrape, at most 5 % of requests fail and p95 stays under 2 s; "
        "in announced maintenance nothing of it is judged. Up since the last SYSTEM.STARTED event, or the start of the "
        "youngest process where there is none.",
        source="Prometheus, event store" if name in SERVICES else "Prometheus",
        questions=_questions(scope),
        draw=lambda given: _draw_header(given, name),
        table=lambda given: _header_table(given, name),
        metrics=("up",),
        needed=frozenset({"up", "jobs"}),
        columns=6,
        href="/availability",
    )


def _questions(scope: Scope) -> dict[str, Question]:
    """What the status needs; of the platform's services the very questions that the overview asks."""
    ours, where = scope.service in SERVICES, scope.where()
    questions: dict[str, Question] = {
        "up": At(f"up{{{where}}}"),
        "jobs": JOBS,
        "started": At(f"max(process_start_time_seconds{{{where}}})"),
        "version": At(f"count by (version) (tamma_build_info{{{where}}})"),
    }
    if not ours:
        return questions
    return questions | {**STATUS_QUESTIONS, "starts": Told(Tally.LAST_STARTS)}


def jobs_of(given: Given) -> tuple[str, ...]:
    """The services there are: the platform's, and every job that Prometheus has scraped in the range."""
    scraped = {sample.labels.get("job", "") for sample in given.vector("jobs").samples} - {"", *SERVICES}
    return (*SERVICES, *sorted(scraped))


def status_of(given: Given, name: str) -> ServiceStatus:
    """The service's status from the answers ``up``, ``jobs``, and of the platform's services STATUS_QUESTIONS."""
    instances = {
        sample.labels.get("instance", ""): sample.value
        for sample in given.vector("up").samples
        if sample.labels.get("job") == name
    }
    share, p95_s = (
        given.vector(one).by("job").get(name) if one in given.answers else None for one in ("errors", "p95")
    )
    paused = name in in_maintenance(given)
    found = service_status(name, instances, error_share=share, p95_s=p95_s, maintenance=paused)
    if paused or found.instances or name not in given.vector("jobs").by("job"):
        return doubted(given, found)
    gone = f"{name}: scraped earlier in this range, and no longer"
    return doubted(given, ServiceStatus(name, Status.UNHEALTHY, 0, 0, gone))


def _draw_header(given: Given, name: str) -> Badge | Grid:
    jobs = jobs_of(given)
    if name not in jobs:
        return _no_such(jobs)
    status = status_of(given, name)
    reason = shown(status.reason.removeprefix(f"{name}: ")) if status.reason else "every instance answers"
    version = version_text(given) or ("unknown" if name in SERVICES else "")
    facts = (
        Number("Instances up", f"{status.up} of {status.instances}"),
        Number("Up for", duration_text(_uptime_s(given, name, status)) or ("not up" if not status.up else "unknown")),
        *((Number("Version", version),) if version else ()),
    )
    return Badge(status.status, reason, _where_to_look(status), facts)


def _where_to_look(status: ServiceStatus) -> str:
    """The card of the page that shows what the reason is about; availability while nothing is wrong."""
    if status.status is not Status.DEGRADED and status.status is not Status.UNHEALTHY:
        return "/availability"
    subject = "instances" if status.up < status.instances else "latency" if ": p95 " in status.reason else "errortypes"
    page = Scope(status.name).href
    return f"{page}#{anchor(f'service.{subject}:{Scope(status.name).argument}')}" if page else "/services"


def _no_such(jobs: tuple[str, ...]) -> Grid:
    """What there is instead; assets/services.css hides the cards that would have nothing to show."""
    rows = tuple((Cell(shown(job), href=Scope(job).href),) for job in jobs)
    return Grid((f"{NO_SUCH_SERVICE}. There are:",), rows)


def _uptime_s(given: Given, name: str, status: ServiceStatus) -> float | None:
    if not status.up:
        return None
    return uptime_s(_started(given, name), given.vector("up").as_of)


def _started(given: Given, name: str) -> float | None:
    """Epoch seconds of the last SYSTEM.STARTED, else of the youngest process."""
    rows = given.rows("starts").records() if "starts" in given.answers else []
    starts = [row["started"] for row in rows if service_name(row["service"]) == name]
    return max(starts) if starts else given.vector("started").scalar()


def version_text(given: Given) -> str:
    """The versions that run, more than one while a deploy is under way; empty where none is known.

    Labels hold ``1_8_0`` where the platform runs 1.8.0.
    """
    found = sorted(given.vector("version").by("version"))
    return ", ".join(shown(one.replace("_", ".") if _VERSION.fullmatch(one) else one) for one in found if one)


def _header_table(given: Given, name: str) -> Table:
    columns = (
        *(Column("service"), Column("status"), Column("reason"), Column("instances up", Unit.COUNT)),
        *(Column("instances", Unit.COUNT), Column("uptime", Unit.SECONDS), Column("version")),
    )
    if name not in jobs_of(given):
        return Table(columns, ((name, None, NO_SUCH_SERVICE, None, None, None, None),))
    status = status_of(given, name)
    known = status.instances or None
    up = status.up if known and not given.vector("up").empty else None
    row = (name, status.status.value, status.reason, up, known if up is not None else None)
    return Table(columns, ((*row, _uptime_s(given, name, status), version_text(given) or None),))


FAMILIES = (family("service.header", _header),)
