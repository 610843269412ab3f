"""Every widget by its key, and every family of widgets; the only list of them."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from app.widgets import (
    activity,
    alerts,
    api,
    architecture,
    availability,
    capacity,
    database,
    database_status,
    database_tables,
    errors,
    explore,
    external,
    external_charts,
    external_steps,
    levels,
    marks,
    resources,
    service_dependencies,
    service_errors,
    service_events,
    service_header,
    service_http,
    service_instances,
    service_now,
    service_resources,
    service_work,
    services,
    slow,
    status,
    trends,
    unusual,
    workflows,
    workflows_failed,
)
from app.widgets.widget import BadArgument, Family, Widget

LONGEST_KEY = 7_100
_MODULES = (
    marks,
    status,
    workflows,
    api,
    errors,
    resources,
    explore,
    services,
    *(service_header, service_now, service_http, service_errors, service_resources, service_instances),
    *(service_dependencies, service_work, service_events),
    *(activity, architecture),
    *(availability, levels),
    *(capacity, database, database_status, database_tables),
    *(external, external_charts, external_steps),
    *(alerts, unusual, slow, trends, workflows_failed),
)
WIDGETS = MappingProxyType({widget.key: widget for module in _MODULES for widget in getattr(module, "WIDGETS", ())})
FAMILIES: MappingProxyType[str, Family] = MappingProxyType(
    {family.key: family for module in _MODULES for family in getattr(module, "FAMILIES", ())}
)


def find(key: str) -> Widget | None:
    """The widget of a key as a browser names it: ``subject.measure`` or ``subject.measure:argument``."""
    return WIDGETS.get(key) or (_member(key) if len(key) <= LONGEST_KEY else None)


@lru_cache(maxsize=256)
def _member(key: str) -> Widget | None:
    name, colon, argument = key.partition(":")
    family = FAMILIES.get(name)
    if family is None or not colon:
        return None
    try:
        return family.of(argument)
    except BadArgument:
        return None
