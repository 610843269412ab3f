"""Every widget by its key; the only list of them."""

from __future__ import annotations

from types import MappingProxyType

from app.widgets import api, errors, resources, status, workflows

WIDGETS = MappingProxyType(
    {widget.key: widget for module in (status, workflows, api, errors, resources) for widget in module.WIDGETS}
)
