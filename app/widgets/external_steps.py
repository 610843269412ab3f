"""The workflow steps that AI providers and Git platforms are failing, as far as metrics and events can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.figures.units import Unit, number_text
from app.health.external import External, blames, label_of, needs
from app.health.topology import AI_STEPS, KIND_WORDS, STEPS, Kind
from app.sources.questions import At
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.external import chosen
from app.widgets.external_measured import METRICS, NOW
from app.widgets.external_scope import Scope, family
from app.widgets.service_scope import shown
from app.widgets.widget import Given, Widget

_ERRORS = "tamma_workflow_step_errors_total"
# The step's label has had three names.
_STEP_LABELS = ("step_name", "step", "workflow_step")
_MOST_NAMES = 3


@dataclass(frozen=True)
class FailingStep:
    """A step that calls outside: its errors in the range by type, and the runs that failed in it after a failed call.

    ``runs`` are by provider, ``last`` (epoch seconds) is the last of those calls. ``held_by`` are the externals of the
    kinds it needs that are not fine at the end of the range.
    """

    step: str
    kinds: tuple[Kind, ...]
    errors: Mapping[str, float] = field(default_factory=dict)
    runs: Mapping[str, int] = field(default_factory=dict)
    last: float | None = None
    held_by: tuple[External, ...] = ()

    @property
    def failing(self) -> bool:
        """Whether there is something to say of it."""
        return bool(self.runs or self.held_by or any(round(number) for number in self.errors.values()))


def failing_steps(given: Given, scope: Scope) -> tuple[FailingStep, ...]:
    """The steps with something to say, in the order of the workflow."""
    found = chosen(given, scope)
    kinds = {one.kind for one in found}
    every = (_of(given, step, tuple(kind for kind in needs(step) if kind in kinds), found) for step in STEPS)
    return tuple(one for one in every if one.kinds and one.failing)


def _of(given: Given, step: str, kinds: tuple[Kind, ...], found: Iterable[External]) -> FailingStep:
    told = [row for row in given.rows("failures").records() if row["step"] == step and step in AI_STEPS and row["runs"]]
    names = {label_of(one.name) for one in found if one.kind is Kind.AI_PROVIDER}
    mine = [row for row in told if label_of(row["provider"]) in names]
    return FailingStep(
        step,
        kinds,
        _errors(given, step, kinds),
        {label_of(row["provider"]): row["runs"] for row in mine},
        max((row["last"] for row in mine), default=None),
        tuple(one for one in found if one.fails and one.kind in kinds),
    )


def _errors(given: Given, step: str, kinds: tuple[Kind, ...]) -> dict[str, float]:
    """Errors of the step whose type speaks of these kinds of externals, by type."""
    found: dict[str, float] = {}
    for one in given.vector("errors").samples:
        name = next((one.labels[label] for label in _STEP_LABELS if one.labels.get(label)), "")
        kind = one.labels.get("error_type", "")
        if name == step and one.value is not None and any(blames(kind, each) for each in kinds):
            found[kind] = found.get(kind, 0.0) + one.value
    return found


def _draw(given: Given, scope: Scope) -> Grid:
    steps = failing_steps(given, scope)
    rows = tuple(_cells(one) for one in steps)
    remark = "" if rows else "No step has failed in this range because of what it calls outside."
    return Grid(("Step", "Needs", "Errors", "Runs failed after a failed call", "Last", "Held up by"), rows, remark)


def _cells(one: FailingStep) -> tuple[Cell, ...]:
    number = sum(one.errors.values())
    types = sorted(name for name, errors in one.errors.items() if round(errors))
    first = one.held_by[0] if one.held_by else None
    return (
        Cell(one.step),
        Cell(" and ".join(KIND_WORDS[kind] for kind in one.kinds)),
        Cell("".join(number_text(number if one.errors else None, Unit.COUNT)), numeric=True, note=_names(types)),
        Cell(f"{sum(one.runs.values()):,}" if one.runs else "–", numeric=True, note=_names(sorted(one.runs))),
        Cell("", moment=one.last) if one.last is not None else Cell("–"),
        Cell(shown(first.name), status=first.status, href=Scope(first.name).href, note=_names(_others(one)))
        if first
        else Cell("–"),
    )


def _others(one: FailingStep) -> list[str]:
    return [f"and {shown(other.name)}" for other in one.held_by[1:]]


def _names(names: list[str]) -> str:
    """A few names, and how many there are besides."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(shown(name) for name in names[:_MOST_NAMES]) + more


def _table(given: Given, scope: Scope) -> Table:
    columns = (
        *(Column("step"), Column("needs"), Column("errors", Unit.COUNT), Column("error types")),
        *(Column("runs failed", Unit.COUNT), Column("providers"), Column("last", Unit.SECONDS), Column("held up by")),
    )
    rows = tuple(
        (
            *(one.step, ", ".join(kind.value for kind in one.kinds), sum(one.errors.values()) if one.errors else None),
            *(", ".join(sorted(one.errors)), sum(one.runs.values()) if one.runs else None, ", ".join(sorted(one.runs))),
            *(one.last, ", ".join(other.name for other in one.held_by)),
        )
        for one in failing_steps(given, scope)
    )
    return Table(columns, rows)


def _steps(key: str, scope: Scope) -> Widget:
    return Widget(
        key=key,
        title="Workflow steps that fail outside",
        help="Errors of steps in the range whose type speaks of a provider, a platform, a network or a rate limit; "
        "they do not say which one. Runs that failed in the step after a failed call to a provider, as events tell. "
        "Held up by: what is not fine at the end of the range and is needed by the step.",
        source="Prometheus, event store",
        questions={
            **NOW,
            "errors": At(f"sum by ({', '.join(_STEP_LABELS)}, error_type) (increase({_ERRORS}[$range]))", every_s=60),
        },
        draw=lambda given: _draw(given, scope),
        table=lambda given: _table(given, scope),
        metrics=(_ERRORS, *METRICS),
        needed=frozenset({"errors", "ai seen", "git seen"}),
        columns=12,
        href="/architecture",
    )


FAMILIES = (family("external.steps", _steps, examples=("", "openai", "github")),)
