"""Status of each service and of the whole, each with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ERROR_SHARE_LIMIT = 0.05
P95_LIMIT_S = 2.0


class Status(StrEnum):
    """The words for health, best first."""

    HEALTHY = "healthy"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"

    @property
    def severity(self) -> int:
        """0 for healthy; larger is worse."""
        return list(Status).index(self)


def above(value: float | None, limit: float) -> Status | None:
    """DEGRADED for a value beyond its limit; None for any other, and for what is unknown."""
    return Status.DEGRADED if value is not None and value > limit else None


@dataclass(frozen=True)
class ServiceStatus:
    """One service: ``up`` of ``instances`` answer their scrape; ``reason`` is empty when it is healthy."""

    name: str
    status: Status
    up: int
    instances: int
    reason: str


@dataclass(frozen=True)
class Overall:
    """The whole platform; ``reason`` names the worst indicator, ``about`` the service it belongs to."""

    status: Status
    reason: str
    about: str | None


def service_status(
    name: str,
    instances: Mapping[str, float | None],
    *,
    error_share: float | None = None,
    p95_s: float | None = None,
    maintenance: bool = False,
) -> ServiceStatus:
    """Status from scrapes (instance -> 1 or 0), the share of failed requests (0 to 1) and p95 latency in seconds.

    A service that Prometheus has no series for counts as unhealthy. An unknown share or latency says nothing. While
    ``maintenance`` runs nothing else is judged.
    """
    up, known = sum(value == 1 for value in instances.values()), len(instances)
    if maintenance:
        return ServiceStatus(name, Status.MAINTENANCE, up, known, f"{name}: in maintenance, {up} of {known} up")
    if known == 0:
        return ServiceStatus(name, Status.UNHEALTHY, 0, 0, f"{name}: no instance is known to Prometheus")
    if up < known:
        status = Status.UNHEALTHY if up == 0 else Status.DEGRADED
        return ServiceStatus(name, status, up, known, f"{name}: {up} of {known} instances up")
    if error_share is not None and error_share > ERROR_SHARE_LIMIT:
        reason = f"{name}: {error_share:.1%} of requests fail (limit {ERROR_SHARE_LIMIT:.0%})"
        return ServiceStatus(name, Status.DEGRADED, up, known, reason)
    if p95_s is not None and p95_s > P95_LIMIT_S:
        reason = f"{name}: p95 {p95_s:.1f} s (limit {P95_LIMIT_S:g} s)"
        return ServiceStatus(name, Status.DEGRADED, up, known, reason)
    return ServiceStatus(name, Status.HEALTHY, up, known, "")


def overall_status(services: tuple[ServiceStatus, ...]) -> Overall:
    """None unhealthy: healthy; fewer than half: degraded; else unhealthy. A degraded service degrades the whole.

    Services in maintenance are left out; the whole is in maintenance when all of them are.
    """
    paused = [service.name for service in services if service.status is Status.MAINTENANCE]
    services = tuple(service for service in services if service.status is not Status.MAINTENANCE)
    if not services:
        reason = "every service is in maintenance" if paused else "nothing is known about any service"
        return Overall(Status.MAINTENANCE if paused else Status.UNKNOWN, reason, None)
    worst = max(services, key=lambda service: service.status.severity)
    unhealthy = sum(service.status is Status.UNHEALTHY for service in services)
    if unhealthy and unhealthy * 2 >= len(services):
        return Overall(Status.UNHEALTHY, worst.reason, worst.name)
    if worst.status in (Status.UNHEALTHY, Status.DEGRADED):
        return Overall(Status.DEGRADED, worst.reason, worst.name)
    if worst.status is Status.UNKNOWN:
        return Overall(Status.UNKNOWN, worst.reason, worst.name)
    others = f"{', '.join(paused)} in maintenance; all others answer"
    return Overall(Status.HEALTHY, others if paused else f"all {len(services)} services answer", None)
