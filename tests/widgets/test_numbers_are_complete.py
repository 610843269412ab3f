"""No number reaches a page that some test has not worked out another way."""

from __future__ import annotations

import importlib
import pkgutil

from app.widgets.registry import FAMILIES, WIDGETS
from tests import widgets


def compared() -> set[str]:
    """The keys of widgets and families that the modules of this folder compare, as their ``COMPARED`` says."""
    names = [one.name for one in pkgutil.iter_modules(widgets.__path__, f"{widgets.__name__}.")]
    return set().union(*(getattr(importlib.import_module(name), "COMPARED", ()) for name in names))


def test_every_widget_and_family_is_compared_somewhere() -> None:
    assert compared() == set(WIDGETS) | set(FAMILIES)
