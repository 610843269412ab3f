"""The shell around every page: navigation by role, time range, refresh, theme, connection, person, and the tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import dcc, html

from app.access import Role, permits
from app.sources.windows import PRESETS
from app.ui import ids
from app.ui.page import Page

REFRESH_CHOICES = (("5 s", 5), ("15 s", 15), ("30 s", 30), ("1 min", 60), ("off", 0))
DEFAULT_REFRESH_S = 30


def shell(pages: Sequence[Page], *, name: str, role: Role | None, csrf_token: str) -> Any:
    """The layout for a signed-in person; the page itself goes into Dash's page container."""
    allowed = [page for page in pages if page.in_navigation and permits(role, page.role)]
    return html.Div(
        [
            html.A("Skip to content", href="#content", className="skip-link"),
            dcc.Location(id=ids.ADDRESS, refresh=False),
            dcc.Store(id=ids.ASK),
            dcc.Store(id=ids.PULSE),
            dcc.Interval(id=ids.TICK, interval=DEFAULT_REFRESH_S * 1_000),
            _rail(allowed),
            html.Div(
                [
                    _top_bar(name, role, csrf_token),
                    html.P("", id=ids.RANGE_PROBLEM, className="range-problem", role="alert", hidden=True),
                    html.Main(dash.page_container, id="content", tabIndex=-1),
                ],
                className="stage",
            ),
        ],
        className="shell",
    )


def _rail(pages: Sequence[Page]) -> Any:
    links = [
        html.Li(
            dcc.Link(
                [html.Span(className=f"icon icon-{page.icon}"), html.Span(page.title, className="rail-word")],
                href=page.path,
                className="rail-link",
            )
        )
        for page in pages
    ]
    return html.Nav(
        [
            html.Div([html.Span("Tamma", className="brand-name"), html.Span("system health")], className="brand"),
            html.Ul(links),
        ],
        className="rail",
        **{"aria-label": "Pages"},
    )


def _top_bar(name: str, role: Role | None, csrf_token: str) -> Any:
    return html.Header(
        [
            html.H1("", className="page-title", **{"data-page-title": ""}),
            html.Div([_ranges(), _refresh()], className="time-controls"),
            html.Div([_connection(), _theme(), _person(name, role, csrf_token)], className="top-right"),
        ],
        className="top-bar",
    )


def _ranges() -> Any:
    buttons = [
        html.Button(preset, type="button", className="range-preset", **{"data-range": f"now-{preset}"})
        for preset in PRESETS
    ]
    return html.Div(
        buttons, id=ids.RANGE_PRESETS, className="range-presets", role="group", **{"aria-label": "Time range"}
    )


def _refresh() -> Any:
    options = [{"label": label, "value": str(seconds)} for label, seconds in REFRESH_CHOICES]
    return html.Label(
        [
            html.Span("Refresh", className="refresh-word"),
            dbc.Select(options=options, value=str(DEFAULT_REFRESH_S), id=ids.REFRESH_CHOICE, size="sm"),
        ],
        className="refresh",
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
        html.Span(className="icon icon-theme"),
        type="button",
        className="icon-button",
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
