"""CPU, memory, disk and network: of the host, and by service."""

from __future__ import annotations

from app.figures.units import Unit, number_text
from app.sources.questions import At
from app.widgets import platform
from app.widgets.content import Column, Number, Numbers, Table
from app.widgets.curves import Curves, curves
from app.widgets.widget import Given, Widget

# From this share in use on, what the host has counts as nearly full.
FULL = 0.9
_DEVICES = 'device!~"lo|veth.*|docker.*|br-.*"'
_ROOT = 'mountpoint="/"'

_HOST = {
    "cpu": ("CPU", Unit.SHARE, 'avg(1 - rate(node_cpu_seconds_total{mode="idle"}[$rate]))'),
    "memory": ("Memory", Unit.SHARE, "avg(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"),
    "disk": (
        "Disk",
        Unit.SHARE,
        f"max(1 - node_filesystem_avail_bytes{{{_ROOT}}} / node_filesystem_size_bytes{{{_ROOT}}})",
    ),
    "network": (
        "Network",
        Unit.BYTES_PER_SECOND,
        f"sum(rate(node_network_receive_bytes_total{{{_DEVICES}}}[$rate]))"
        f" + sum(rate(node_network_transmit_bytes_total{{{_DEVICES}}}[$rate]))",
    ),
}


_DISK = 'resource_type="disk",unit="bytes"'
_NETWORK = 'resource_type="network"'


def _recorded(name: str, more: str = "") -> str:
    """The mean of a recorded gauge over a step, by service."""
    return platform.recorded_gauge(f"{name}{{{','.join(filter(None, (platform.JOBS, more)))}}}", "job")


def _draw_host(given: Given) -> Numbers:
    return Numbers(tuple(_number(given, name) for name in _HOST))


def _number(given: Given, name: str) -> Number:
    label, unit, _ = _HOST[name]
    value = given.vector(name).scalar()
    text, suffix = number_text(value, unit)
    return Number(label, text, suffix, alarming=unit is Unit.SHARE and (value or 0.0) > FULL)


def _host_table(given: Given) -> Table:
    columns = tuple(Column(name, unit) for name, (_, unit, _) in _HOST.items())
    return Table(columns, (tuple(given.vector(name).scalar() for name in _HOST),))


HOST = Widget(
    key="resources.host",
    title="Host, last 5 minutes",
    help="CPU, memory and disk in use as a share of what the host has; bytes received and sent a second.",
    source="Prometheus",
    questions={name: At(promql) for name, (_, _, promql) in _HOST.items()},
    draw=_draw_host,
    table=_host_table,
    metrics=("node_cpu_seconds_total",),
    columns=4,
)


CPU = curves(
    "resources.cpu",
    "CPU by service",
    help="Processor time used by all instances of a service, in cores.",
    what=Curves(
        {"cpu": f"sum by (job) (rate(process_cpu_seconds_total{{{platform.JOBS}}}[$rate]))"},
        Unit.CORES,
        {"cpu": platform.recorded_rate(f"job:process_cpu_seconds:rate5m{{{platform.JOBS}}}", "job")},
    ),
    metrics=("process_cpu_seconds_total",),
)

MEMORY = curves(
    "resources.memory",
    "Memory by service",
    help="Resident memory of all instances of a service.",
    what=Curves(
        {"memory": f"sum by (job) (process_resident_memory_bytes{{{platform.JOBS}}})"},
        Unit.BYTES,
        {"memory": _recorded("job:process_resident_memory_bytes:mean5m")},
    ),
    metrics=("process_resident_memory_bytes",),
)

DISK = curves(
    "resources.disk",
    "Disk by service",
    help="Disk space used by all instances of a service.",
    what=Curves(
        {"disk": f"sum by (job) (tamma_system_resources{{{platform.JOBS},{_DISK}}})"},
        Unit.BYTES,
        {"disk": _recorded("job_resource_type_unit:tamma_system_resources:mean5m", _DISK)},
    ),
    metrics=('tamma_system_resources{resource_type="disk"}',),
)

NETWORK = curves(
    "resources.network",
    "Network by service",
    help="Bytes received and sent a second by all instances of a service.",
    what=Curves(
        {"network": f"sum by (job) (tamma_system_resources{{{platform.JOBS},{_NETWORK}}})"},
        Unit.BYTES_PER_SECOND,
        {"network": _recorded("job_resource_type_unit:tamma_system_resources:mean5m", _NETWORK)},
    ),
    metrics=('tamma_system_resources{resource_type="network"}',),
)

WIDGETS = (HOST, CPU, MEMORY, DISK, NETWORK)
