"""AI providers and Git platforms; ``name`` in the address narrows the page to one of them."""

from __future__ import annotations

import json
from typing import Any

from dash import dcc, html
from flask_login import current_user

from app.access import Role
from app.ui.page import Page, laid_out, notice
from app.views.external import EXTERNAL
from app.widgets.external import NO_SUCH
from app.widgets.external_scope import PAGE as PATH
from app.widgets.external_scope import Scope, fits
from app.widgets.service_scope import shown


def layout(name: str = "") -> Any:
    """The cards of all externals or of one; whether there is one of that name is said by its first card."""
    if not fits(name):
        return notice(NO_SUCH, "No external service has such a name. Choose one from the page of all.")
    scope = Scope(name)
    return laid_out(EXTERNAL, scope.argument, before=_head(scope), role=current_user.role)


def _head(scope: Scope) -> list[Any]:
    """Where one is, and the filter, which is a link to the page without it; of all, what Back and Forward compare."""
    said = {"data-filters": json.dumps({"name": scope.name})}
    if not scope.name:
        return [html.Div(hidden=True, **said)]
    name = shown(scope.name)
    trail = html.Nav(
        [dcc.Link("External services", href=PATH), html.Span("/"), html.Span(name, className="trail-end")],
        className="trail",
        **{"aria-label": "Where you are"},
    )
    chip = dcc.Link(
        [html.Span("name", className="chip-name"), html.Span(name, className="chip-value"), html.Span("×")],
        href=PATH,
        className="chip",
        title=f"Remove the filter name {name}",
    )
    filters = html.Div([html.Span("Only"), chip], className="chips", role="group", **{"aria-label": "Filters"})
    return [html.Div([trail, filters], className="service-head external-one", **said)]


PAGE = Page(path=PATH, title="External services", icon="external", role=Role.READONLY, layout=layout, filters=("name",))
