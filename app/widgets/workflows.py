"""Workflow runs: exact counts from the event store, and how many end."""

from __future__ import annotations

from app.figures.series import Line, time_series
from app.figures.units import Unit, number_text
from app.sources.questions import Tally, Told
from app.widgets.content import Chart, Column, Number, Numbers, Table
from app.widgets.curves import grid_table
from app.widgets.widget import Given, Widget

_OUTCOMES = {"success": "completed", "failed": "failed"}


def _draw_counts(given: Given) -> Numbers:
    (counts,) = given.rows("counts").records()
    ended = counts["completed"] + counts["failed"]
    share = counts["completed"] / ended if ended else None
    text, suffix = number_text(share, Unit.SHARE)
    return Numbers(
        (
            Number("Running", f"{counts['running']:,}", note="now"),
            Number("Completed", f"{counts['completed']:,}", note="ended in this range"),
            Number("Failed", f"{counts['failed']:,}", note="ended in this range"),
            Number("Success rate", text, suffix, note="of runs that ended" if ended else "no run ended"),
        )
    )


def _counts_table(given: Given) -> Table:
    rows = given.rows("counts")
    return Table(tuple(Column(name, Unit.COUNT) for name in rows.columns), rows.rows)


def _ended_lines(given: Given) -> tuple[Line, ...]:
    """Runs that ended in the step before each point; none is a true zero here: the event store is complete."""
    times = given.window.times[1:]  # the first point ends no step of the range
    found = {(row["status"], row["slot"]): float(row["runs"]) for row in given.rows("ended").records()}
    return tuple(
        Line(name, (None, *(found.get((status, at), 0.0) for at in times))) for status, name in _OUTCOMES.items()
    )


def _draw_ended(given: Given) -> Chart:
    return Chart(
        time_series(_ended_lines(given), given.window.times, revision="workflows.ended", unit=Unit.COUNT, stacked=True)
    )


def _ended_table(given: Given) -> Table:
    return grid_table(_ended_lines(given), given.window.times, Unit.COUNT)


COUNTS = Widget(
    key="workflows.counts",
    title="Workflow runs",
    help="Runs as the event store has them: running now, and completed or failed within the page's range.",
    source="Event store",
    questions={"counts": Told(Tally.RUN_COUNTS)},
    draw=_draw_counts,
    table=_counts_table,
    needed=frozenset(),
    columns=4,
)

ENDED = Widget(
    key="workflows.ended",
    title="Workflow runs ended",
    help="How many runs completed and failed in the step before each point; since the last whole step, none yet.",
    source="Event store",
    questions={"ended": Told(Tally.RUNS_ENDED)},
    draw=_draw_ended,
    table=_ended_table,
    chart=True,
    needed=frozenset(),
    columns=12,
)

WIDGETS = (COUNTS, ENDED)
