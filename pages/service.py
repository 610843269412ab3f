"""One service: requests, errors, duration, resources, instances, dependencies and events, narrowed by filters."""

from __future__ import annotations

import json
from typing import Any

from dash import dcc, html
from flask_login import current_user

from app.access import Role
from app.health.services import service_name
from app.ui.page import Page, laid_out, notice
from app.views.services import view_of
from app.widgets.service_scope import FILTERS, Scope, fits, shown


def layout(service: str, **filters: str) -> Any:
    """The cards of a service; whether there is one of that name is said by its first card, as long as one looks."""
    scope = Scope(service_name(service), {name: value for name, value in filters.items() if value})
    if not scope.service or not fits(scope):
        return notice("No service of that name", "No service has such a name. Choose one from the services page.")
    return laid_out(view_of(scope.service), scope.argument, before=_head(scope), role=current_user.role)


def _head(scope: Scope) -> list[Any]:
    """Where one is, and the filters that are set, each a link to the page without it."""
    chips = [_chip(scope, name) for name in FILTERS if name in scope.filters]
    trail = html.Nav(
        [
            dcc.Link("Services", href="/services"),
            html.Span("/"),
            html.Span(shown(scope.service), className="trail-end"),
        ],
        className="trail",
        **{"aria-label": "Where you are"},
    )
    filters = html.Div([html.Span("Only"), *chips], className="chips", role="group", **{"aria-label": "Filters"})
    shown_filters = json.dumps({name: scope.filters.get(name, "") for name in FILTERS})
    parts = [trail, *([filters] if chips else [])]
    return [html.Div(parts, className="service-head", **{"data-filters": shown_filters})]


def _chip(scope: Scope, name: str) -> Any:
    value = shown(scope.filters[name])
    return dcc.Link(
        [html.Span(name, className="chip-name"), html.Span(value, className="chip-value"), html.Span("×")],
        href=scope.with_filter(name, "").href,
        className="chip",
        title=f"Remove the filter {name} {value}",
    )


PAGE = Page(
    path="/services/<service>",
    title="Service",
    icon="services",
    role=Role.READONLY,
    layout=layout,
    in_navigation=False,
    variable="service",
    filters=tuple(FILTERS),
)
