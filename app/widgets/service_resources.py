"""What a service takes of processor, memory, disk and network, against what its instances are allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.config import InstanceLimits
from app.figures.units import Unit, limit_text, number_text, scale_for
from app.sources.questions import At
from app.widgets.content import Content
from app.widgets.curves import Curves, curves
from app.widgets.platform import recorded_gauge, recorded_rate
from app.widgets.service_scope import Scope, family
from app.widgets.widget import Given, Widget

Limit = Callable[[InstanceLimits], float | None]
RESOURCES = "tamma_system_resources"
_DISK, _NETWORK = 'resource_type="disk",unit="bytes"', 'resource_type="network"'


def cpu(scope: Scope) -> str:
    """PromQL for the cores in use by all instances, or by the chosen one."""
    return f"sum(rate(process_cpu_seconds_total{{{scope.where('instance')}}}[$rate]))"


def memory(scope: Scope) -> str:
    """PromQL for the resident bytes of all instances, or of the chosen one."""
    return f"sum(process_resident_memory_bytes{{{scope.where('instance')}}})"


def instances_up(scope: Scope) -> str:
    """PromQL for how many instances answer, of all or of the chosen one."""
    return f"sum(up{{{scope.where('instance')}}})"


def allowed(given: Given, scope: Scope, limit: Limit) -> float | None:
    """What the instances that are up may use together, from the answer ``instances``; None where none is known."""
    each, instances = limit(given.config.limits.of(scope.service)), given.vector("instances").scalar()
    return each * instances if each and instances else None


def of_text(value: float, limit: float, unit: Unit) -> str:
    """How much of a limit is in use, in absolute numbers: ``0.47 of 1 core``, ``861 MiB of 2 GiB``."""
    number, suffix = number_text(value, unit)
    return f"{number}{'' if scale_for(unit, limit).suffix == suffix else suffix} of {limit_text(limit, unit)}"


def _limited(key: str, scope: Scope, title: str, *, help: str, what: Curves, metric: str, limit: Limit) -> Widget:
    """A chart with a line for what the instances that are up may use together."""

    def limited_by(value: float | None) -> Widget:
        limits = {} if value is None else {f"limit {limit_text(value, what.unit)}": value}
        return curves(key, title, help=help, what=replace(what, limits=limits), metrics=(metric,))

    def draw(given: Given) -> Content:
        return limited_by(allowed(given, scope, limit)).draw(given)

    base = limited_by(None)
    return replace(base, draw=draw, questions={**base.questions, "instances": At(instances_up(scope))})


def _cpu(key: str, scope: Scope) -> Widget:
    recorded = recorded_rate(f"{_level(scope)}:process_cpu_seconds:rate5m{{{scope.where('instance')}}}")
    return _limited(
        key,
        scope,
        "CPU",
        help="Processor time used, in cores, with the limit of the instances that are up.",
        what=Curves({"used": cpu(scope)}, Unit.CORES, {"used": recorded}, usual=True),
        metric=f"process_cpu_seconds_total{{{scope.where()}}}",
        limit=lambda limits: limits.cpu_cores,
    )


def _memory(key: str, scope: Scope) -> Widget:
    recorded = recorded_gauge(f"{_level(scope)}:process_resident_memory_bytes:mean5m{{{scope.where('instance')}}}")
    return _limited(
        key,
        scope,
        "Memory",
        help="Resident memory, with the limit of the instances that are up.",
        what=Curves({"used": memory(scope)}, Unit.BYTES, {"used": recorded}, usual=True),
        metric=f"process_resident_memory_bytes{{{scope.where()}}}",
        limit=lambda limits: limits.memory_bytes,
    )


def _level(scope: Scope) -> str:
    """The level of the recorded series: of the service, or of the chosen instance."""
    return "job_instance" if scope.narrowed("instance") else "job"


def _system(scope: Scope, matchers: str) -> tuple[str, dict[str, str]]:
    """A reading of the spec'd resource metric: its query, and the same on recorded series where there are any."""
    raw = f"sum({RESOURCES}{{{scope.where('instance', more=matchers)}}})"
    level = f"job_resource_type_unit:{RESOURCES}:mean5m{{{scope.where(more=matchers)}}}"
    return raw, {} if scope.narrowed("instance") else {"used": recorded_gauge(level)}


def _disk(key: str, scope: Scope) -> Widget:
    raw, recorded = _system(scope, _DISK)
    return _limited(
        key,
        scope,
        "Disk",
        help="Disk space used, with the limit of the instances that are up where one is configured.",
        what=Curves({"used": raw}, Unit.BYTES, recorded, usual=True),
        metric=f"{RESOURCES}{{{scope.where(more=_DISK)}}}",
        limit=lambda limits: limits.disk_bytes,
    )


def _network(key: str, scope: Scope) -> Widget:
    raw, recorded = _system(scope, _NETWORK)
    return curves(
        key,
        "Network",
        help="Bytes received and sent per second.",
        what=Curves({"used": raw}, Unit.BYTES_PER_SECOND, recorded, usual=True),
        metrics=(f"{RESOURCES}{{{scope.where(more=_NETWORK)}}}",),
    )


def _lag(key: str, scope: Scope) -> Widget:
    metric = "nodejs_eventloop_lag_seconds"
    level = f"job:{metric}:mean5m{{{scope.where()}}}"
    recorded = {} if scope.narrowed("instance") else {"lag": f"max(avg_over_time({level}[$step]))"}
    raw = f"max({metric}{{{scope.where('instance')}}})"
    return curves(
        key,
        "Event loop lag",
        help="How late the event loop runs what is due, at the slowest instance.",
        what=Curves({"lag": raw}, Unit.SECONDS, recorded, usual=True),
        metrics=(f"{metric}{{{scope.where()}}}",),
    )


def _descriptors(key: str, scope: Scope) -> Widget:
    where = scope.where("instance")
    return curves(
        key,
        "Open files and sockets",
        help="File descriptors in use by all instances.",
        what=Curves({"open": f"sum(process_open_fds{{{where}}})"}, Unit.COUNT, usual=True),
        metrics=(f"process_open_fds{{{scope.where()}}}",),
    )


FAMILIES = (
    family("service.cpu", _cpu),
    family("service.memory", _memory),
    family("service.disk", _disk),
    family("service.network", _network),
    family("service.lag", _lag),
    family("service.descriptors", _descriptors),
)
