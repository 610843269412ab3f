"""What a page is, and the frame that tells the tick which widgets are on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dash import dcc, html
from flask_login import current_user

from app.access import Role, permits
from app.push.topics import topics_of
from app.ui import ids
from app.ui.card import card
from app.views.view import Place, Section, View
from app.widgets.marks import MARKS
from app.widgets.registry import FAMILIES, find
from app.widgets.widget import Widget


@dataclass(frozen=True)
class Page:
    """A page: its address, title, icon, the lowest role that may see it, and how it is laid out for a viewer.

    ``variable`` is what the address names: ``service`` when the path ends in ``<service>``. ``filters`` are parameters
    of the query string. The layout is given the text of each by its name, empty where there is none.
    """

    path: str
    title: str
    icon: str
    role: Role
    layout: Callable[..., Any]
    in_navigation: bool = True
    variable: str = ""
    filters: tuple[str, ...] = ()


def frame(children: Any, *, keys: Sequence[str] = ()) -> Any:
    """Page content with the store that names its widgets, and of which topics each is to be asked for when news come.

    A new visit makes the tick send every picture anew.
    """
    shown = [*keys, MARKS.key] if keys else []
    topics = {key: found for key in shown if (found := _topics(key))}
    on_screen = {"keys": shown, "topics": topics, "visit": str(time.monotonic_ns())}
    return html.Div([dcc.Store(id=ids.PAGE_WIDGETS, data=on_screen), html.Div(children, className="page-content")])


def _topics(key: str) -> list[str]:
    widget = find(key)
    return sorted(topics_of(widget.questions.values())) if widget else []


def laid_out(view: View, argument: str = "", *, before: Any = (), after: Any = (), role: Role | None = None) -> Any:
    """A view's widgets on the twelve-column grid, section by section; families are given the argument.

    Widgets above the viewer's ``role`` are left out. ``before`` and ``after`` are the page's own parts.
    """
    placed = [(one, _placed(one, argument, role)) for one in view.sections]
    sections = [_section(one, found) for one, found in placed if found]
    keys = [widget.key for _, found in placed for widget in found]
    return frame([*before, *sections, *after], keys=keys)


def viewing(view: View) -> Callable[..., Any]:
    """The layout of a page that is a view and nothing else, for the caller's role."""

    def layout() -> Any:
        return laid_out(view, role=current_user.role)

    return layout


def _placed(part: Section, argument: str, role: Role | None) -> list[Widget]:
    found = [_sized(place, argument) for place in part.places]
    return [widget for widget in found if role is None or permits(role, widget.role)]


def _sized(place: Place, argument: str) -> Widget:
    """The widget of a place. Raises KeyError when there is none of that name."""
    widget = find(f"{place.key}:{argument}") if place.key in FAMILIES else find(place.key)
    if widget is None:
        raise KeyError(place.key)
    return replace(widget, columns=place.columns) if place.columns else widget


def _section(part: Section, widgets: Sequence[Widget]) -> Any:
    heading = [html.H2(part.title, className="section-title")] if part.title else []
    return html.Section([*heading, html.Div([card(one) for one in widgets], className="cards")], className="section")


def notice(title: str, text: str) -> Any:
    """A page that has nothing to show, and says why."""
    return frame(html.Div([html.H2(title), html.P(text)], className="notice", role="status"))
