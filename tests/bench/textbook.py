"""The reference: a Dash page as the documentation teaches it, a callback and a ``go.Figure`` for each chart.

Its data costs it nothing: the product's own series lie in a file named by BENCH_CHARTS and are read once at start.
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

OUTPUT = "chart-{}.figure"
INTERVAL_MS = 5_000


def create(charts: list[dict[str, Any]], *, shown: int) -> Dash:
    """The page with the first ``shown`` charts, and a callback for each of ``charts``."""
    app = Dash(__name__, suppress_callback_exceptions=True)
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


def server() -> Any:
    """What gunicorn serves, after one page: a cold Dash answers its own scripts with 500."""
    charts = json.loads(Path(os.environ["BENCH_CHARTS"]).read_text())
    app = create(charts, shown=int(os.environ["BENCH_SHOWN"]))
    app.server.test_client().get("/")
    return app.server
