"""What a page is, and the frame that tells the tick which widgets are on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from app.access import Role
from app.ui import ids
from app.ui.card import card
from app.widgets.widget import Widget


@dataclass(frozen=True)
class Page:
    """A page: its address, title, icon, the lowest role that may see it, and how it is laid out for a viewer."""

    path: str
    title: str
    icon: str
    role: Role
    layout: Callable[[], Any]
    in_navigation: bool = True


def frame(children: Any, *, keys: Sequence[str] = ()) -> Any:
    """Page content with the store that names its widgets. A new visit makes the tick send every picture anew."""
    on_screen = {"keys": list(keys), "visit": str(time.monotonic_ns())}
    return html.Div([dcc.Store(id=ids.PAGE_WIDGETS, data=on_screen), html.Div(children, className="page-content")])


def cards(widgets: Sequence[Widget]) -> Any:
    """A page of widgets on the twelve-column grid."""
    return frame(html.Div([card(one) for one in widgets], className="cards"), keys=[one.key for one in widgets])


def notice(title: str, text: str) -> Any:
    """A page that has nothing to show, and says why."""
    return frame(html.Div([html.H2(title), html.P(text)], className="notice", role="status"))
