"""The explorer's chart, whose argument is an exploration."""

from __future__ import annotations

from app.views.view import View, section
from app.widgets.explore import KEY

EXPLORER = View("Explore", (section(KEY),))
