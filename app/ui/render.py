"""Content of a card as the JSON that the browser is sent: drawn once, then shared as bytes."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import orjson
from dash import html
from plotly.io.json import to_json_plotly

from app.health.status import Status
from app.widgets.content import Badge, Cell, Chart, Content, Grid, Number, Numbers

Markup = Any


def render(content: Content) -> bytes:
    """The JSON of a chart's figure, or of the components in a card's body."""
    if isinstance(content, Chart):
        return orjson.dumps(content.figure)
    return bytes(to_json_plotly(_markup(content)).encode())


def status_mark(status: Status, text: str | None = None) -> Markup:
    """A status as word, shape and colour together."""
    return html.Span(text or status.value, className=f"status status-{status.value}")


@singledispatch
def _markup(content: object) -> Markup:
    raise TypeError(f"{type(content).__name__} has no markup")


@_markup.register
def _numbers(content: Numbers) -> Markup:
    return html.Dl([_number(item) for item in content.items], className="numbers")


@_markup.register
def _badge(content: Badge) -> Markup:
    return html.Div(
        [
            html.Div(status_mark(content.status), className="badge-status"),
            html.A(content.reason, href=f"#{anchor(content.target)}", className="badge-reason"),
            html.Dl([_number(item) for item in content.facts], className="numbers"),
        ],
        className="badge-card",
    )


@_markup.register
def table(content: Grid) -> Markup:
    """A table that scrolls sideways where it does not fit."""
    head = html.Tr([_heading(content, at) for at in range(len(content.columns))])
    rows = [html.Tr([_cell(cell, content.columns[at]) for at, cell in enumerate(row)]) for row in content.rows]
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(rows)], className="grid-table"),
        className="grid-scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": "Table, scrolls sideways"},
    )


def anchor(key: str) -> str:
    """The fragment that leads to a widget's card."""
    return f"card-{key.replace('.', '-')}"


def _number(item: Number) -> Markup:
    value = [html.Span(item.text, className="number-value"), html.Span(item.suffix, className="number-unit")]
    note = item.note or ("above its limit" if item.alarming else "")
    return html.Div(
        [
            html.Dt(item.label),
            html.Dd(value, className="number-alarming" if item.alarming else ""),
            *([html.Dd(note, className="number-note")] if note else []),
        ],
        className="number",
    )


def _heading(content: Grid, at: int) -> Markup:
    """A column's name, above its numbers on the right or its words on the left."""
    numeric = any(row[at].numeric for row in content.rows)
    return html.Th(content.columns[at], scope="col", className="numeric" if numeric else "")


def _cell(cell: Cell, column: str) -> Markup:
    content = status_mark(cell.status) if cell.status else _with_note(cell)
    return html.Td(content, className="numeric" if cell.numeric else "", **{"data-column": column})


def _with_note(cell: Cell) -> Markup:
    return [cell.text, html.Span(cell.note, className="cell-note")] if cell.note else cell.text
