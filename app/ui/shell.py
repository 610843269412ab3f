"""The shell around every page: navigation by role, time range, refresh, theme, connection, person, and the tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash
from dash import dcc, html

from app.access import Role, permits
from app.ui import ids
from app.ui.page import Page
from app.ui.rail import rail
from app.ui.time_controls import DEFAULT_REFRESH_S, time_controls


def shell(pages: Sequence[Page], *, name: str, role: Role | None, csrf_token: str) -> Any:
    """The layout for a signed-in person; the page itself goes into Dash's page container."""
    allowed = [page for page in pages if page.in_navigation and permits(role, page.role)]
    return html.Div(
        [
            html.A("Skip to content", href="#content", className="skip-link"),
            dcc.Location(id=ids.ADDRESS, refresh=False),
            dcc.Store(id=ids.ASK),
            dcc.Store(id=ids.PULSE),
            dcc.Store(id=ids.NUDGE),
            dcc.Store(id=ids.MOVED),
            dcc.Store(id=ids.READING),
            dcc.Store(id=ids.MARKS),
            dcc.Interval(id=ids.TICK, interval=DEFAULT_REFRESH_S * 1_000),
            rail(allowed),
            html.Div(
                [
                    _top_bar(name, role, csrf_token),
                    html.P("", id=ids.RANGE_PROBLEM, className="range-problem", role="alert", hidden=True),
                    html.Div(id=ids.MARKS_TOGGLES, className="marks-toggles"),
                    html.Main(dash.page_container, id="content", tabIndex=-1),
                ],
                className="stage",
            ),
        ],
        className="shell",
    )


def _top_bar(name: str, role: Role | None, csrf_token: str) -> Any:
    return html.Header(
        [
            html.H1("", className="page-title", **{"data-page-title": ""}),
            time_controls(),
            html.Div([_connection(), _theme(), _person(name, role, csrf_token)], className="top-right"),
        ],
        className="top-bar",
    )


def _connection() -> Any:
    """The chip counts seconds, so what is read aloud stands beside it and changes only with the mode."""
    return html.Span(
        [
            html.Span("connecting", className="connection", **{"data-connection": "connecting"}),
            html.Span("", className="visually-hidden", role="status", **{"data-announce": ""}),
        ]
    )


def _theme() -> Any:
    return html.Button(
        [
            html.Span(className="icon icon-theme"),
            *(html.Span(word, className=f"theme-word theme-{word.lower()}") for word in ("System", "Light", "Dark")),
        ],
        type="button",
        className="icon-button theme-button",
        **{"data-theme-toggle": "", "aria-label": "Theme: light, dark or as the system"},
    )


def _person(name: str, role: Role | None, csrf_token: str) -> Any:
    return html.Details(
        [
            html.Summary([html.Span(className="icon icon-person"), html.Span(name, className="person-name")]),
            html.Div(
                [
                    html.P([html.Strong(name), html.Br(), role.word if role is not None else "no role"]),
                    dcc.Link("Profile", href="/profile", className="menu-item"),
                    html.Form(
                        [
                            dcc.Input(type="hidden", name="csrf_token", value=csrf_token),
                            html.Button("Sign out", type="submit", className="menu-item"),
                        ],
                        action="/logout",
                        method="POST",
                    ),
                ],
                className="card-menu",
            ),
        ],
        className="menu person",
    )
