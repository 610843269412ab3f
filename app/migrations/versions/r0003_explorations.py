"""Explorations that people have saved."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# ``text`` is the text form of app/explore/text.py.
EXPLORATIONS = """
CREATE TABLE dashboard.explorations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_id uuid NOT NULL REFERENCES dashboard.users (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    text text NOT NULL CHECK (octet_length(text) BETWEEN 1 AND 16384),
    shared boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX explorations_owner_name_key ON dashboard.explorations (owner_id, lower(name));
CREATE INDEX explorations_shared_idx ON dashboard.explorations (lower(name)) WHERE shared;
"""


def upgrade() -> None:
    op.execute(EXPLORATIONS)
