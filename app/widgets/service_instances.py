"""The instances of a service one by one: whether each is up, since when, and what it takes."""

from __future__ import annotations

from app.figures.moments import iso
from app.figures.units import Unit, limit_text, number_text
from app.health.status import Status
from app.sources.questions import At
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.service_http import MOST_ROWS, by_label
from app.widgets.service_scope import Scope, family, shown
from app.widgets.widget import Given, Widget

_UP, _DOWN, _GONE = "up", "not up", "gone"
_STATUS = {_UP: Status.HEALTHY, _DOWN: Status.UNHEALTHY, _GONE: Status.UNKNOWN}
_NAMES = ("seen", "up", "started", "cpu", "memory", "restarts")


def _instances(key: str, scope: Scope) -> Widget:
    where = scope.where()
    return Widget(
        key=key,
        title="Instances",
        help="Every instance that was scraped in the range. Not up: its scrape fails. Gone: it is no longer scraped. "
        "CPU and memory at the end of the range, restarts in the whole of it.",
        source="Prometheus",
        questions={
            "seen": At(f"count by (instance) (last_over_time(up{{{where}}}[$range]))", every_s=60),
            "up": At(f"max by (instance) (up{{{where}}})"),
            "started": At(f"max by (instance) (process_start_time_seconds{{{where}}})"),
            "cpu": At(f"sum by (instance) (rate(process_cpu_seconds_total{{{where}}}[$rate]))"),
            "memory": At(f"sum by (instance) (process_resident_memory_bytes{{{where}}})"),
            "restarts": At(f"sum by (instance) (changes(process_start_time_seconds{{{where}}}[$range]))", every_s=60),
        },
        draw=lambda given: _draw(given, scope),
        table=_table,
        metrics=(f"up{{{where}}}",),
        needed=frozenset({"seen", "up"}),
        columns=12,
    )


InstanceRow = tuple[str, str, float | None, float | None, float | None, float | None]


def instance_rows(given: Given) -> list[InstanceRow]:
    """Instance, state, start (epoch seconds), cores, bytes and restarts; what is not up first, what is gone last."""
    found = {name: by_label(given.vector(name), "instance") for name in _NAMES}
    rows = [_row(found, name) for name in {**found["seen"], **found["up"]}]
    order = (_DOWN, _UP, _GONE)
    return sorted(rows, key=lambda row: (order.index(row[1]), row[0]))


def _row(found: dict[str, dict[str, float | None]], name: str) -> InstanceRow:
    up = found["up"].get(name)
    state = _GONE if name not in found["up"] else _UP if up == 1 else _DOWN
    # What a process said of itself before it went down is no longer so.
    started, cpu, memory = (found[one].get(name) if state == _UP else None for one in ("started", "cpu", "memory"))
    return name, state, started, cpu, memory, found["restarts"].get(name)


def _draw(given: Given, scope: Scope) -> Grid:
    rows = instance_rows(given)
    cells = tuple(_cells(given, scope, row) for row in rows[:MOST_ROWS])
    remark = f"{len(cells)} of {len(rows)} shown." if len(cells) < len(rows) else ""
    return Grid(("Instance", "State", "Up since", "CPU", "Memory", "Restarts"), cells, remark)


def _cells(given: Given, scope: Scope, row: InstanceRow) -> tuple[Cell, ...]:
    name, state, started, cpu, memory, restarts = row
    limits = given.config.limits.of(scope.service)
    return (
        Cell(shown(name), href=scope.with_filter("instance", name).href if name else ""),
        Cell(state, status=_STATUS[state]),
        Cell("", moment=started) if started is not None else Cell("–"),
        Cell("".join(number_text(cpu, Unit.CORES)), numeric=True, note=_of(cpu, limits.cpu_cores, Unit.CORES)),
        Cell("".join(number_text(memory, Unit.BYTES)), numeric=True, note=_of(memory, limits.memory_bytes, Unit.BYTES)),
        Cell("".join(number_text(restarts, Unit.COUNT)), numeric=True),
    )


def _of(value: float | None, limit: float | None, unit: Unit) -> str:
    """How much of the instance's limit that is."""
    return "" if value is None or not limit else f"{value / limit:.0%} of {limit_text(limit, unit)}"


def _table(given: Given) -> Table:
    columns = (
        *(Column("instance"), Column("state"), Column("up since"), Column("cpu", Unit.CORES)),
        *(Column("memory", Unit.BYTES), Column("restarts", Unit.COUNT)),
    )
    return Table(
        columns,
        tuple(
            (name, state, None if started is None else iso(started), *numbers)
            for name, state, started, *numbers in instance_rows(given)
        ),
    )


FAMILIES = (family("service.instances", _instances),)
