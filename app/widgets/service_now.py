"""A service's numbers at the end of the range: what it answers, what it takes, how often it began anew."""

from __future__ import annotations

from app.figures.units import Unit, number_text
from app.health.services import SERVICES
from app.health.status import ERROR_SHARE_LIMIT, P95_LIMIT_S
from app.health.topology import WORKERS
from app.sources.questions import At, Question
from app.widgets.content import Column, Number, Numbers, Table
from app.widgets.resources import FULL
from app.widgets.service_http import NO_HTTP, NONE_UP, failed_share, quantile, requests
from app.widgets.service_resources import Limit, allowed, cpu, instances_up, memory, of_text
from app.widgets.service_scope import Scope, family
from app.widgets.widget import Given, Widget

# What looks back five minutes.
_RATES = frozenset({"requests", "failed", "p95", "errors", "cpu"})


def _now(key: str, scope: Scope) -> Widget:
    return Widget(
        key=key,
        title="At the end of the range",
        help="Requests, failures, latency and errors over five minutes; CPU and memory as a share of what "
        "the instances that are up may use, in absolute numbers where no limit is known; restarts in the whole range. "
        "No rate is shown while no instance is up.",
        source="Prometheus",
        questions=_questions(scope),
        draw=lambda given: Numbers(_now_numbers(given, scope)),
        table=_now_table,
        metrics=(f"process_cpu_seconds_total{{{scope.where()}}}",),
    )


def _questions(scope: Scope) -> dict[str, Question]:
    """What every process says of itself, and what only the platform's services do."""
    where = scope.where("instance")
    questions: dict[str, Question] = {}
    if scope.service in SERVICES and scope.service not in NO_HTTP:
        questions["requests"] = At(requests(scope))
        questions["failed"] = At(failed_share(scope))
        questions["p95"] = At(quantile(scope, "0.95"))
    if scope.service == WORKERS:
        questions["tasks"] = At(f"sum(tamma_worker_current_task{{{where}}})")
    if scope.service in SERVICES:
        questions["errors"] = At(f"60 * sum(rate(tamma_errors_total{{{scope.where('instance', 'error')}}}[$rate]))")
    return questions | {
        "cpu": At(cpu(scope)),
        "memory": At(memory(scope)),
        "instances": At(instances_up(scope)),
        "restarts": At(f"sum(changes(process_start_time_seconds{{{where}}}[$range]))", every_s=60),
    }


def _now_numbers(given: Given, scope: Scope) -> tuple[Number, ...]:
    return (
        *(_answered(given) if "requests" in given.answers else ()),
        *((_number(given, "tasks", "Tasks in hand", Unit.COUNT),) if "tasks" in given.answers else ()),
        *((_number(given, "errors", "Errors", Unit.PER_MINUTE),) if "errors" in given.answers else ()),
        _used(given, scope, "cpu", lambda limits: limits.cpu_cores),
        _used(given, scope, "memory", lambda limits: limits.memory_bytes),
        _number(given, "restarts", "Restarts", Unit.COUNT, note="in this range"),
    )


def _value(given: Given, name: str) -> float | None:
    """A number; no rate while no instance is up: what was done before would fade in it for minutes."""
    return None if _gone(given, name) else given.vector(name).scalar()


def _gone(given: Given, name: str) -> bool:
    return name in _RATES and not given.vector("instances").scalar()


def _number(given: Given, name: str, label: str, unit: Unit, *, limit: float | None = None, note: str = "") -> Number:
    value = _value(given, name)
    alarming = limit is not None and value is not None and value > limit
    note = NONE_UP if _gone(given, name) else note if value is not None else ""
    return Number(label, *number_text(value, unit), note=note, alarming=alarming)


def _answered(given: Given) -> tuple[Number, ...]:
    return (
        _number(given, "requests", "Requests", Unit.PER_SECOND),
        _number(given, "failed", "Failed", Unit.SHARE, limit=ERROR_SHARE_LIMIT),
        _number(given, "p95", "p95", Unit.SECONDS, limit=P95_LIMIT_S),
    )


_USED = {"cpu": ("CPU", Unit.CORES), "memory": ("Memory", Unit.BYTES)}


def _used(given: Given, scope: Scope, name: str, limit: Limit) -> Number:
    """Use as a share of what is allowed, the absolute number below it."""
    label, unit = _USED[name]
    value, most = _value(given, name), allowed(given, scope, limit)
    if value is None or most is None:
        return Number(label, *number_text(value, unit), note=NONE_UP if _gone(given, name) else "")
    note, alarming = of_text(value, most, unit), value / most > FULL
    return Number(label, *number_text(value / most, Unit.SHARE), note=note, alarming=alarming)


_COLUMNS = {
    "requests": Unit.PER_SECOND,
    "failed": Unit.SHARE,
    "p95": Unit.SECONDS,
    "tasks": Unit.COUNT,
    "errors": Unit.PER_MINUTE,
    "cpu": Unit.CORES,
    "memory": Unit.BYTES,
    "instances": Unit.COUNT,
    "restarts": Unit.COUNT,
}


def _now_table(given: Given) -> Table:
    names = [name for name in _COLUMNS if name in given.answers]
    columns = tuple(Column(name, _COLUMNS[name]) for name in names)
    return Table(columns, (tuple(_value(given, name) for name in names),))


FAMILIES = (family("service.now", _now),)
