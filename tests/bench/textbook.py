"""The reference: a Dash page as the documentation teaches it, a callback and a ``go.Figure`` for each chart.

Its data costs it nothing: the product's own series lie in a file named by BENCH_CHARTS and are read once at start.
BENCH_SHOWN says how many charts the page at ``/`` shows, and after commas those at ``/2/``, ``/3/`` and so on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from dash import Dash, Input, Output, dcc, html
from flask import Flask

OUTPUT = "chart-{}.figure"
INTERVAL_MS = 5_000


def address(place: int) -> str:
    """Where the page at that place of BENCH_SHOWN is, counted from zero."""
    return f"/{place + 1}/" if place else "/"


def create(server: Flask, charts: list[dict[str, Any]], *, shown: int, at: str) -> Dash:
    """The page with the first ``shown`` charts, and a callback for each of ``charts``."""
    app = Dash(__name__, server=server, url_base_pathname=at, suppress_callback_exceptions=True)
    app.layout = html.Div(
        [
            html.H1("Textbook page"),
            dcc.Interval(id="interval", interval=INTERVAL_MS),
            *(dcc.Graph(id=f"chart-{number}", style={"height": "240px"}) for number in range(shown)),
        ]
    )
    for number, chart in enumerate(charts):
        app.callback(Output(f"chart-{number}", "figure"), Input("interval", "n_intervals"))(_drawing(chart))
    return app


def _drawing(chart: dict[str, Any]) -> Callable[[int | None], go.Figure]:
    lines = chart["lines"]
    index = pd.to_datetime(chart["times_ms"], unit="ms")
    frame = pd.DataFrame({line["name"]: line["values"] for line in lines}, index=index)

    def draw(_intervals: int | None) -> go.Figure:
        figure = go.Figure()
        for name in frame.columns:
            if chart["bars"]:
                figure.add_trace(go.Bar(x=frame.index, y=frame[name], name=name))
            else:
                figure.add_trace(go.Scatter(x=frame.index, y=frame[name], name=name, mode="lines"))
        figure.update_layout(title=chart["title"], margin={"l": 56, "r": 12, "t": 40, "b": 28}, hovermode="x unified")
        figure.update_yaxes(rangemode="tozero", nticks=5)
        return figure

    return draw


def server() -> Flask:
    """What gunicorn serves, after one page: a cold Dash answers its own scripts with 500."""
    charts = json.loads(Path(os.environ["BENCH_CHARTS"]).read_text())
    made = Flask(__name__)
    places = [address(place) for place in range(len(os.environ["BENCH_SHOWN"].split(",")))]
    for at, shown in zip(places, os.environ["BENCH_SHOWN"].split(","), strict=True):
        create(made, charts, shown=int(shown), at=at)
    for at in places:
        made.test_client().get(at)
    return made
