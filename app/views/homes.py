"""The first page of each role: is it fine, what is not, then the curves and tables that its people work with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.access import Role
from app.views.view import Place, View, section

# Who only looks: how well it went, made to be exported.
READONLY = View(
    "Home",
    (
        section("status.overall", Place("slo.levels", 8)),
        section("unusual.now", "workflows.failing"),
        section("trends.runs", "trends.work", "trends.api", title="Against as long before"),
        section("availability.strip:30d", title="Availability"),
        section("workflows.ended", "api.latency", "errors.share", title="Trends"),
    ),
)

# On call: what fires, what fails, and where.
OPERATOR = View(
    "Home",
    (
        section("status.overall", "alerts.firing"),
        section("unusual.now", "workflows.failed"),
        section("workflows.counts", "workflows.waiting", "resources.host"),
        section(Place("errors.types", 12), "errors.rate", "errors.share", title="Errors"),
        section(Place("external.summary", 12), Place("services.health", 12), title="Services"),
    ),
)

# Who mends it: what is slow, and what goes wrong.
DEVELOPER = View(
    "Home",
    (
        section("status.overall", "api.now", "workflows.counts"),
        section("unusual.now", "errors.types"),
        section("api.slowest", "workflows.slowest", title="What takes long"),
        section("api.latency", "api.rate", "errors.rate", "errors.share", title="Curves"),
        section("database.status", "external.summary", title="What it depends on"),
    ),
)

# Who runs it: everything in brief. The dashboard's own checks stand below, on the page.
ADMIN = View(
    "Home",
    (
        section("status.overall", "alerts.firing"),
        section("unusual.now", "workflows.failing"),
        section("trends.runs", "api.now", "resources.host"),
        section("database.status", "external.summary", Place("services.health", 12), title="Parts"),
        section("api.latency", "errors.rate", title="Curves"),
    ),
)

HOMES: Mapping[Role, View] = MappingProxyType(
    {Role.READONLY: READONLY, Role.OPERATOR: OPERATOR, Role.DEVELOPER: DEVELOPER, Role.ADMIN: ADMIN}
)
