"""A widget's card: title, age, menu, body and a quiet footer. Its state is set by assets/cards.js."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from plotly.io.json import to_json_plotly

from app.ui import ids
from app.widgets.widget import Widget, anchor

GRAPH_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "displayModeBar": False,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["sendChartToCloud"],
    "responsive": True,
}
_PICTURE = "the picture"


def card(widget: Widget) -> Any:
    """The card as it stands before its first answer: a skeleton of the final size."""
    kind = "chart" if widget.chart else "facts"
    return html.Section(
        [
            html.Header(
                [
                    html.H2(widget.title, className="card-title", title=widget.help),
                    html.Button("", type="button", className="held", hidden=True, **{"data-held": ""}),
                    html.Span("loading", className="age", **{"data-age": ""}),
                    _menu(widget),
                ],
                className="card-head",
            ),
            html.P("", className="card-message", role="status", **{"data-message": ""}),
            html.Div(_body(widget), className="card-body-area"),
            html.Footer([html.Span(widget.source), html.Span("", **{"data-window": ""})], className="card-foot"),
        ],
        id=anchor(widget.key),
        className=f"card widget widget-{kind} span-{widget.columns}",
        **{"data-widget": widget.key, "data-state": "loading", "data-as-of": "", "data-title": widget.title},
    )


def mounting(widget: Widget) -> tuple[bytes, bytes]:
    """The JSON of a chart's graph before and after its figure: a graph that comes with its picture is drawn once."""
    graph = dcc.Graph(
        id=ids.figure(widget.key),
        figure=_PICTURE,
        config=GRAPH_CONFIG,
        responsive=True,
        className="graph",
        style={"height": widget.height},
    )
    before, _, after = to_json_plotly(graph).encode().partition(f'"{_PICTURE}"'.encode())
    return before, after


def _body(widget: Widget) -> Any:
    """A skeleton of the final size; a chart's graph comes with its first picture."""
    style = {"height": widget.height} if widget.chart else None
    return html.Div(className="skeleton", id=ids.body(widget.key), style=style)


def _menu(widget: Widget) -> Any:
    images = [("png", "Image (PNG)"), ("svg", "Image (SVG)")] if widget.chart else []
    return html.Details(
        [
            html.Summary(
                html.Span(className="icon icon-menu"),
                className="icon-button",
                **{"aria-label": f"Menu of {widget.title}"},
            ),
            html.Div(
                [
                    *([dcc.Link("More about this", href=widget.href, className="menu-item")] if widget.href else []),
                    html.Button("Table", type="button", className="menu-item", **{"data-table": ""}),
                    *(_item(form, label) for form, label in [*images, ("csv", "Data (CSV)"), ("json", "Data (JSON)")]),
                    html.P(widget.help, className="card-help"),
                ],
                className="card-menu",
            ),
        ],
        className="menu",
    )


def _item(form: str, label: str) -> Any:
    return html.Button(label, type="button", className="menu-item", **{"data-export": form})
