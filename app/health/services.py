"""The services of the platform and the names they go by."""

from __future__ import annotations

SERVICES = ("orchestrator", "workers", "api", "dashboard")

# Logs and event tags call the workers by the singular.
_ALIASES = {"worker": "workers"}


def service_name(name: str) -> str:
    """The service's name as Prometheus's ``job`` has it."""
    return _ALIASES.get(name, name)
