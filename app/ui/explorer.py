"""The explorer's parts: the room for its form, and what an exploration's text leads to."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dash import dcc, html

from app.access import Role, permits
from app.explore.beginnings import BEGINNINGS, Beginning
from app.explore.exploration import (
    LONGEST_PROMQL,
    LONGEST_VALUE,
    MOST_BY,
    MOST_FILTERS,
    MOST_TOP,
    OPEN_RANGE_S,
    OPEN_TOP,
)
from app.explore.text import text
from app.sources.explorations import LONGEST_NAME
from app.ui import ids
from app.ui.page import frame, laid_out
from app.views.explore import EXPLORER
from app.widgets.explore import widget_for
from app.widgets.widget import BadArgument


def explorer(written: str, role: Role | None) -> Any:
    """The page with the chart of an exploration's text; assets/explore.js builds the form and keeps the address."""
    return html.Div(
        [
            dcc.Store(id=ids.EXPLORER, data={"text": written, **limits(role)}),
            dcc.Store(id=ids.EXPLORER_ASKED),
            html.Div(id=ids.EXPLORER_FORM, className="explorer-form"),
            html.Div(explored(written), id=ids.EXPLORED, className="explored"),
        ],
        className="explorer",
    )


def limits(role: Role | None) -> dict[str, Any]:
    """What the form offers somebody of that role; the server holds everyone to it again."""
    free = permits(role, Role.DEVELOPER)
    return {
        **{"raw": free, "top": MOST_TOP if free else OPEN_TOP, "days": None if free else OPEN_RANGE_S // 86_400},
        **{"filters": MOST_FILTERS, "by": MOST_BY, "promql": LONGEST_PROMQL, "value": LONGEST_VALUE},
        **{"name": LONGEST_NAME, "everybodys": permits(role, Role.ADMIN)},
    }


def explored(written: str) -> Any:
    """What stands below the form: the exploration's chart, what is wrong with its text, or where to start."""
    if not written:
        return frame(_beginnings())
    try:
        widget = widget_for(written)
    except BadArgument as error:
        return frame(html.P(str(error), className="explorer-refused", role="alert"))
    # A chart of its own for each exploration: none inherits the zoom or the curves of another.
    return html.Div(laid_out(EXPLORER, text(widget.exploration)), key=widget.key)


def _beginnings() -> Any:
    return html.Section(
        [
            html.H2("Where to start", className="section-title"),
            html.Ul([_beginning(one) for one in BEGINNINGS], className="beginnings"),
        ]
    )


def _beginning(one: Beginning) -> Any:
    address = f"/explore?q={quote(one.text, safe='')}"
    words = [html.Span(one.question), html.Span(one.metric, className="beginning-metric")]
    return html.Li(html.A(words, href=address, className="beginning", **{"data-explore": one.text}))
