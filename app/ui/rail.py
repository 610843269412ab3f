"""The navigation: pages in groups beside the stage; on phones a bar with the first four and a sheet for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from app.ui import ids
from app.ui.page import Page

# So many pages have a place in the bar of a phone.
FIRST = 4
# The others by their heading; a page that is not named here stands in the last group.
GROUPS = (
    ("Structure", ("/activity", "/architecture")),
    ("Resources", ("/capacity", "/database", "/external")),
    ("Analysis", ("/explore",)),
    ("Administration", ()),
)


def rail(pages: Sequence[Page]) -> Any:
    """The navigation over the pages that the viewer may see, in the order of the navigation."""
    first, rest = pages[:FIRST], pages[FIRST:]
    return html.Nav(
        [
            html.Div([html.Span("Tamma", className="brand-name"), html.Span("system health")], className="brand"),
            _links(first),
            *([_more(), _rest(rest)] if rest else []),
            _collapse(),
        ],
        className="rail",
        **{"aria-label": "Pages"},
    )


def grouped(pages: Sequence[Page]) -> list[tuple[str, list[Page]]]:
    """The pages under their headings, headings without a page left out."""
    named = {path: title for title, paths in GROUPS for path in paths}
    last = GROUPS[-1][0]
    found = [(title, [page for page in pages if named.get(page.path, last) == title]) for title, _ in GROUPS]
    return [(title, members) for title, members in found if members]


def _links(pages: Sequence[Page]) -> Any:
    return html.Ul([html.Li(_link(page)) for page in pages], className="rail-list")


def _link(page: Page) -> Any:
    return dcc.Link(
        [html.Span(className=f"icon icon-{page.icon}"), html.Span(page.title, className="rail-word")],
        href=page.path,
        className="rail-link",
        title=page.title,
    )


def _rest(pages: Sequence[Page]) -> Any:
    groups = [
        html.Div([html.Div(title, className="rail-title"), _links(members)], className="rail-group")
        for title, members in grouped(pages)
    ]
    return html.Div(groups, id=ids.RAIL_REST, className="rail-rest")


def _more() -> Any:
    """Opens the sheet of a phone; assets/rail.js."""
    return html.Button(
        [html.Span(className="icon icon-pages"), html.Span("More", className="rail-word")],
        type="button",
        className="rail-link rail-more",
        **{"data-rail-more": "", "aria-expanded": "false", "aria-controls": ids.RAIL_REST},
    )


def _collapse() -> Any:
    """Leaves of the navigation its icons, and brings the words back."""
    return html.Button(
        [html.Span(className="icon icon-rail"), html.Span("Narrow", className="rail-word")],
        type="button",
        className="rail-link rail-collapse",
        **{"data-rail-collapse": "", "aria-pressed": "false", "title": "Icons only"},
    )
