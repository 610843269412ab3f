"""Registers pages with Dash, each behind the check of its role."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

import dash

from app.access import Role, permits
from app.telemetry import PAGE_VIEWS
from app.ui.page import Page, notice

LONGEST_TEXT = 500
PRODUCT = "Tamma system health"


def register_pages(pages: Sequence[Page], role: Callable[[], Role | None]) -> None:
    """Registers each page once, in the given order; Dash keeps them in a list of the process, emptied first."""
    dash.page_registry.clear()
    for order, page in enumerate(pages):
        dash.register_page(
            page.path,
            **({"path_template": page.path} if page.variable else {"path": page.path}),
            title=_titled(page),
            name=page.title,
            order=order,
            layout=guarded(page, role),
        )
    dash.register_page("not_found_404", title=f"Not found · {PRODUCT}", layout=_not_found)


def _titled(page: Page) -> str | Callable[..., str]:
    """The title of the tab, and of the page: the name of what it is about, where it is about something."""
    if not page.variable:
        return f"{page.title} · {PRODUCT}"
    return lambda **named: f"{unquote(named.get(page.variable) or '')[:LONGEST_TEXT] or page.title} · {PRODUCT}"


def guarded(page: Page, role: Callable[[], Role | None]) -> Callable[..., Any]:
    """The page's layout for those who may see it, and a word for those who may not."""

    def layout(**named: str) -> Any:
        if not permits(role(), page.role):
            return notice("Not permitted", f"{page.title} needs the role {page.role.word} or above.")
        PAGE_VIEWS.labels(page=page.path).inc()
        # Whatever the query string holds arrives here: only what the page declares is passed on.
        given = {name: (named.get(name) or "")[:LONGEST_TEXT] for name in page.filters}
        if page.variable:
            given[page.variable] = unquote(named.get(page.variable) or "")[:LONGEST_TEXT]
        return page.layout(**given)

    return layout


def _not_found(**_query: str) -> Any:
    return notice("No such page", "Nothing lives at this address. Choose a page from the navigation.")
