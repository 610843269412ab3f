"""Workflow runs that failed: which, and at which step."""

from __future__ import annotations

from app.access import Role
from app.figures.moments import iso
from app.figures.units import Unit, number_text
from app.sources.questions import At, Tally, Told
from app.widgets.content import Cell, Column, Grid, Number, Numbers, Table
from app.widgets.newest import shown_of
from app.widgets.service_scope import shown
from app.widgets.widget import Given, Widget

MOST_ROWS = 6
ORCHESTRATOR = "/services/orchestrator"
NONE_FAILED = "No run failed in this range."


def _draw_runs(given: Given) -> Grid:
    records = given.rows("runs").records()
    rows = tuple(
        (
            Cell("", moment=row["ended"]),
            Cell(shown(row["id"]), note=f"issue {shown(row['issue'])}" if row["issue"] else ""),
            Cell(shown(row["step"]) if row["step"] else "–"),
            Cell(_lasted(row["started"], row["ended"]), numeric=True),
        )
        for row in records[:MOST_ROWS]
    )
    remark = shown_of(len(rows), len(records), Tally.RUNS_FAILED) if records else NONE_FAILED
    return Grid(("Failed", "Run", "At step", "After"), rows, remark)


def _lasted(started: float | None, ended: float | None) -> str:
    return "–" if started is None or ended is None else f"{round((ended - started) / 60):,} min"


def _runs_table(given: Given) -> Table:
    rows = tuple((*row[:4], *(None if one is None else iso(one) for one in row[4:])) for row in given.rows("runs").rows)
    return Table(tuple(Column(name) for name in given.rows("runs").columns), rows)


def _draw_steps(given: Given) -> Grid:
    rows = tuple(
        (
            Cell(shown(row["step"])),
            Cell(f"{row['runs']:,}", numeric=True),
            Cell("–") if row["last"] is None else Cell("", moment=row["last"]),
        )
        for row in given.rows("steps").records()[:MOST_ROWS]
    )
    found = len(given.rows("steps").rows)
    remark = shown_of(len(rows), found, Tally.STEPS_FAILING, what="steps", order="those with the most failed runs")
    return Grid(("Step", "Runs failed", "Last"), rows, remark if found else NONE_FAILED)


def _steps_table(given: Given) -> Table:
    rows = tuple((step, runs, None if last is None else iso(last)) for step, runs, last in given.rows("steps").rows)
    return Table((Column("step"), Column("runs", Unit.COUNT), Column("last")), rows)


_WAITING = {
    "queue": ("Queue depth", "sum(tamma_queue_depth)", "items waiting for a workflow"),
    "approvals": ("Pending approvals", "sum(tamma_pending_approvals)", "waiting for a person"),
}


def _draw_waiting(given: Given) -> Numbers:
    items = [
        Number(label, *number_text(given.vector(name).scalar(), Unit.COUNT), note=note, href=ORCHESTRATOR)
        for name, (label, _, note) in _WAITING.items()
    ]
    return Numbers(tuple(items))


def _waiting_table(given: Given) -> Table:
    columns = tuple(Column(name, Unit.COUNT) for name in _WAITING)
    return Table(columns, (tuple(given.vector(name).scalar() for name in _WAITING),))


RUNS = Widget(
    key="workflows.failed",
    title="Failed workflow runs",
    help="Runs that failed in the page's range, the newest first, with the step they stood at.",
    source="Event store",
    questions={"runs": Told(Tally.RUNS_FAILED)},
    draw=_draw_runs,
    table=_runs_table,
    needed=frozenset(),
    role=Role.OPERATOR,
    columns=6,
    href=ORCHESTRATOR,
)

STEPS = Widget(
    key="workflows.failing",
    title="Steps at which runs fail",
    help="Runs that failed in the page's range by the step they stood at, the most first.",
    source="Event store",
    questions={"steps": Told(Tally.STEPS_FAILING)},
    draw=_draw_steps,
    table=_steps_table,
    needed=frozenset(),
    columns=6,
    href=ORCHESTRATOR,
)

WAITING = Widget(
    key="workflows.waiting",
    title="Waiting work",
    help="Items in the queue and approvals that wait for a person, at the end of the range.",
    source="Prometheus",
    questions={name: At(promql) for name, (_, promql, _) in _WAITING.items()},
    draw=_draw_waiting,
    table=_waiting_table,
    metrics=("tamma_queue_depth", "tamma_pending_approvals"),
    columns=4,
    href=ORCHESTRATOR,
)

WIDGETS = (RUNS, STEPS, WAITING)
