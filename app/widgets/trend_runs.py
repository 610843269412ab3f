"""Workflow runs that ended in the range, against as long before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.figures.sparkline import MOST_POINTS
from app.figures.units import Unit, number_text
from app.sources.questions import Tally, Told
from app.widgets.changes import change_text, meaning
from app.widgets.content import Column, Number, Numbers, Table
from app.widgets.widget import Given, Widget


def _draw_runs(given: Given) -> Numbers:
    (row,) = given.rows("runs").records()
    done, failed, done_before, failed_before = (row[name] for name in given.rows("runs").columns[:4])
    if not kept(given, row):
        done_before = failed_before = None
    share, share_before = _success(done, failed), _success(done_before, failed_before)
    ended = {status: _slots(given, status) for status in ("success", "failed")}
    return Numbers(
        (
            _count("Runs completed", done, done_before, more=True, spark=ended["success"]),
            _count("Runs failed", failed, failed_before, more=False, spark=ended["failed"]),
            Number(
                "Success rate",
                *number_text(share, Unit.SHARE),
                note="" if share is not None else "no run ended",
                change=change_text(share, share_before, Unit.SHARE),
                better=meaning(share, share_before, more=True, unit=Unit.SHARE),
                href="/activity",
            ),
        )
    )


def kept(given: Given, row: Mapping[str, Any]) -> bool:
    """Whether the event store goes back to as long before the range as the range is."""
    return row["first"] is not None and row["first"] <= 2 * given.window.start - given.window.end


def _success(done: int | None, failed: int | None) -> float | None:
    return done / (done + failed) if done is not None and failed is not None and done + failed else None


def _count(label: str, now: int, before: int | None, *, more: bool, spark: tuple[float, ...]) -> Number:
    change = change_text(now, before, Unit.COUNT)
    better = meaning(now, before, more=more, unit=Unit.COUNT)
    note = "" if before is not None else "as long before is not known"
    return Number(label, f"{now:,}", note=note, href="/activity", spark=spark, change=change, better=better)


def _slots(given: Given, status: str) -> tuple[float, ...]:
    """Runs that ended so, a number for each of MOST_POINTS parts of the range at most."""
    window = given.window
    parts = min(MOST_POINTS, max(1, window.seconds // window.step))
    counts = [0.0] * parts
    for row in given.rows("ended").records():
        if row["status"] == status:
            at = (row["slot"] - window.step / 2 - window.start) / max(1, window.seconds) * parts
            counts[min(parts - 1, max(0, int(at)))] += row["runs"]
    return tuple(counts)


def _runs_table(given: Given) -> Table:
    rows = given.rows("runs")
    (row,) = rows.records()
    values = rows.rows[0][:4] if kept(given, row) else (*rows.rows[0][:2], None, None)
    return Table(tuple(Column(name, Unit.COUNT) for name in rows.columns[:4]), (values,))


RUNS = Widget(
    key="trends.runs",
    title="Workflow runs against before",
    help="Runs that completed and failed in the range, as the event store has them, against as long before.",
    source="Event store",
    questions={"runs": Told(Tally.RUNS_COMPARED), "ended": Told(Tally.RUNS_ENDED)},
    draw=_draw_runs,
    table=_runs_table,
    needed=frozenset(),
    columns=4,
)
