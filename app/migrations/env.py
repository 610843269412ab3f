"""What Alembic runs: the revisions, on the connection that `run.migrate` holds the lock with."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="dashboard",
    target_metadata=None,
)
with context.begin_transaction():
    context.run_migrations()
