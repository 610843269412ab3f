"""The database: is it fine, what is not, who uses it, and its course."""

from __future__ import annotations

from app.views.view import View, section

DATABASE = View(
    "Database",
    (
        section("database.status", "database.concerns"),
        section("database.pools", "database.operations"),
        section("database.connections", "database.poolshare", "database.waiting", "database.size", title="Room"),
        section("database.durations", "database.kinds", "database.transactions", "database.hits", title="Work"),
        section(
            *("database.deadlocks", "database.longest", "database.locks", "database.temporary"),
            title="Trouble inside",
        ),
        section("database.statements", title="Statements"),
    ),
)
