"""Content of a card as the JSON that the browser is sent: drawn once, then shared as bytes."""

from __future__ import annotations

from functools import singledispatch
from typing import Any
from zlib import crc32

import orjson
from dash import dcc, html
from plotly.io.json import to_json_plotly

from app.figures.moments import iso
from app.figures.sparkline import sparkline
from app.health.status import Status
from app.widgets.content import Badge, Cell, Chart, Content, Grid, Mark, Marks, Number, Numbers, Strip, StripRow

Markup = Any


def render(content: Content) -> bytes:
    """The JSON of a chart's figure, or of the components in a card's body."""
    if isinstance(content, Chart):
        return orjson.dumps(content.figure)
    if isinstance(content, Marks):
        remark = [{"kind": "remark", "text": content.remark}] if content.remark else []
        return orjson.dumps([*(_mark(one) for one in content.items), *remark])
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
            dcc.Link(content.reason, href=content.href, className="badge-reason"),
            html.Dl([_number(item) for item in content.facts], className="numbers"),
        ],
        className="badge-card",
    )


@_markup.register
def table(content: Grid) -> Markup:
    """A table that scrolls sideways where it does not fit."""
    head = html.Tr([_heading(content, at) for at in range(len(content.columns))])
    rows = [
        html.Tr([_cell(cell, content.columns[at]) for at, cell in enumerate(row)], **{"data-row": _name(row)})
        for row in content.rows
    ]
    whole = html.Table([html.Thead(head), html.Tbody(rows)], className="grid-table")
    return html.Div(
        [*([whole] if rows else []), *([html.P(content.remark, className="grid-remark")] if content.remark else [])],
        className="grid-scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": "Table, scrolls sideways"},
    )


def _name(row: tuple[Cell, ...]) -> str:
    """A row is the same as long as its words are: numbers and statuses change in place."""
    words = [f"{cell.text} {cell.moment}" for cell in row if not cell.numeric and cell.status is None]
    return f"{crc32('|'.join(words).encode()):08x}"


def _number(item: Number) -> Markup:
    value = [html.Span(item.text, className="number-value"), html.Span(item.suffix, className="number-unit")]
    note = item.note or ("above its limit" if item.alarming else "")
    return html.Div(
        [
            html.Dt(dcc.Link(item.label, href=item.href) if item.href else item.label),
            html.Dd(value, className="number-alarming" if item.alarming else ""),
            *([_change(item)] if item.change else []),
            *([html.Dd(note, className="number-note")] if note else []),
            *([html.Dd(_spark(item.spark), className="number-spark")] if item.spark else []),
        ],
        className="number",
    )


def _change(item: Number) -> Markup:
    """The change with its sign, and what it means as word and colour together."""
    meaning = {True: "better", False: "worse", None: ""}[item.better]
    return html.Dd(
        f"{item.change}, {meaning}" if meaning else item.change,
        className=" ".join(["number-change", *([f"change-{meaning}"] if meaning else [])]),
        title="Against as long before",
    )


def _spark(values: tuple[float | None, ...]) -> Markup:
    """The course of a number, for those who see it: the number beside it says the same in words."""
    return html.Img(src=sparkline(values), alt="", className="spark")


def _heading(content: Grid, at: int) -> Markup:
    """A column's name, above its numbers on the right or its words on the left."""
    numeric = any(row[at].numeric for row in content.rows)
    return html.Th(content.columns[at], scope="col", className="numeric" if numeric else "")


def _cell(cell: Cell, column: str) -> Markup:
    content = status_mark(cell.status, cell.text or None) if cell.status else _text(cell)
    linked = dcc.Link(content, href=cell.href) if cell.href else content
    parts = [linked, html.Span(cell.note, className="cell-note")] if cell.note else linked
    return html.Td(parts, className="numeric" if cell.numeric else "", **{"data-column": column})


def _text(cell: Cell) -> Markup:
    """The cell's text; a moment is put into words by assets/moments.js, in the viewer's time zone."""
    if cell.moment is None:
        return cell.text
    return html.Time(cell.text or iso(cell.moment), dateTime=iso(cell.moment), **{"data-moment": ""})


@_markup.register
def _strip(content: Strip) -> Markup:
    return html.Div([_strip_row(row) for row in content.rows], className="strips")


def _strip_row(row: StripRow) -> Markup:
    cells = [html.Span(className=f"strip-cell strip-{status.value}", title=words) for status, words in row.cells]
    name = dcc.Link(row.name, href=row.href) if row.href else row.name
    return html.Div(
        [
            html.Div([html.Span(name, className="strip-name"), html.Span(row.note, className="strip-note")]),
            html.Div(cells, className="strip", role="img", **{"aria-label": f"{row.name}: {row.note}"}),
        ],
        className="strip-row",
    )


def _mark(one: Mark) -> dict[str, Any]:
    """A mark as assets/charts.js reads it: times in milliseconds."""
    return {
        "at": int(one.start * 1_000),
        "end": None if one.end is None else int(one.end * 1_000),
        "kind": one.kind,
        "text": one.text,
        "href": one.href,
    }
