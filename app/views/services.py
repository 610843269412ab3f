"""The services: side by side, and one by one as each kind of service has something to show."""

from __future__ import annotations

from app.health.services import SERVICES
from app.health.topology import ORCHESTRATOR, WORKERS
from app.views.view import Place, Section, View, section

SERVICES_VIEW = View(
    "Services",
    (
        section("services.now"),
        section("services.infrastructure"),
        section("api.rate", "errors.share", "services.latency", "errors.rate", title="Compared"),
        section("resources.cpu", "resources.memory", title="Resources"),
    ),
)

_GLANCE = section("service.header", "service.now")
_WRONG = section("service.alerts", "service.errortypes")
_REQUESTS = section("service.rate", "service.failed", "service.latency", "service.errors", title="Requests")
_RESOURCES = section(
    *("service.cpu", "service.memory", "service.disk", "service.network", "service.lag", "service.descriptors"),
    title="Resources",
)
_PARTS = section("service.instances", "service.dependencies", title="Instances and dependencies")
_EVENTS = section("service.events", title="Events")
_CALLS = ("service.calls", "service.callfailures", "service.callduration")


def _view(*sections: Section) -> View:
    return View("Service", (_GLANCE, *sections))


HTTP = _view(_WRONG, _REQUESTS, _RESOURCES, section("service.endpoints", title="Endpoints"), _PARTS, _EVENTS)
ORCHESTRATING = _view(
    *(_WRONG, _REQUESTS),
    section(*(Place(key, 4) for key in _CALLS), Place("service.steps", 12), title="Work"),
    *(_RESOURCES, section("service.endpoints", title="Endpoints"), _PARTS, _EVENTS),
)
WORKING = _view(
    _WRONG,
    section(*_CALLS, "service.errors", "service.tasks", "service.steps", title="Work"),
    *(_RESOURCES, _PARTS, _EVENTS),
)
# Whatever else Prometheus scrapes: what every process says of itself.
OTHER = _view(
    section(Place("service.alerts", 12)),
    section("service.instances", title="Instances"),
    section("service.cpu", "service.memory", "service.descriptors", title="Resources"),
)


def view_of(service: str) -> View:
    """What the page of a service shows."""
    own = {ORCHESTRATOR: ORCHESTRATING, WORKERS: WORKING}
    return own.get(service, HTTP if service in SERVICES else OTHER)
