"""What will run full and when: the verdict, all resources ranked, the trend of each."""

from __future__ import annotations

from app.health.services import SERVICES
from app.views.view import View, section

CAPACITY = View(
    "Capacity",
    (
        section("capacity.verdict"),
        section("capacity.ranking"),
        section(*(f"capacity.{service}memory" for service in SERVICES), title="Memory of services"),
        section(*(f"capacity.{service}disk" for service in SERVICES), title="Disk of services"),
        section("capacity.hostmemory", "capacity.hostdisk", title="Host"),
        section("capacity.databasesize", "capacity.connections", title="Database"),
        section("capacity.queue", "capacity.workflows", title="Work"),
    ),
)
