"""Who is signed in, and what they may do."""

from __future__ import annotations

from typing import Any

from dash import html
from flask_login import current_user

from app.access import PERMISSIONS, Role
from app.ui.page import Page, frame


def layout() -> Any:
    """Name, role and permissions of the caller."""
    role = current_user.role
    rows = [
        html.Tr([html.Td(name), html.Td("yes" if role >= needed else f"needs {needed.word} or above")])
        for name, needed in PERMISSIONS.items()
    ]
    return frame(
        html.Section(
            [
                html.Header(html.H2(current_user.name, className="card-title"), className="card-head"),
                html.P(["Role: ", html.Strong(role.word)]),
                html.Table(
                    [html.Thead(html.Tr([html.Th("Permission"), html.Th("Granted")])), html.Tbody(rows)],
                    className="grid-table",
                ),
            ],
            className="card",
        )
    )


PAGE = Page(path="/profile", title="Profile", icon="person", role=Role.READONLY, layout=layout, in_navigation=False)
