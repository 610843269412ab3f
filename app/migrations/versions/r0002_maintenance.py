"""Maintenance windows: time that operators take out of availability."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# No services: all of them. Accounts by name, because an entry outlives the account that made it.
MAINTENANCE = """
CREATE TABLE dashboard.maintenance (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    services text[] NOT NULL DEFAULT '{}'
        CHECK (cardinality(services) <= 50 AND array_position(services, NULL) IS NULL),
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_by text,
    changed_at timestamptz,
    cancelled_by text,
    cancelled_at timestamptz,
    CHECK (ends_at > starts_at AND ends_at - starts_at <= interval '720 hours'),
    CHECK ((changed_at IS NULL) = (changed_by IS NULL)),
    CHECK ((cancelled_at IS NULL) = (cancelled_by IS NULL))
);
CREATE INDEX maintenance_starts_at_idx ON dashboard.maintenance (starts_at DESC, id);
CREATE INDEX maintenance_ends_at_idx ON dashboard.maintenance (ends_at) WHERE cancelled_at IS NULL;
"""


def upgrade() -> None:
    op.execute(MAINTENANCE)
