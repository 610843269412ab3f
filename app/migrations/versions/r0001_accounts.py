"""Accounts: users, sessions, refresh tokens and failed sign-ins."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

USERS = """
CREATE TABLE dashboard.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$'),
    email text,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('readonly', 'operator', 'developer', 'admin')),
    disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    password_changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_lower_name_key ON dashboard.users (lower(name));
"""

# Only digests are stored: who reads the table cannot take over a session.
SESSIONS = """
CREATE TABLE dashboard.sessions (
    id_hash bytea PRIMARY KEY CHECK (octet_length(id_hash) = 32),
    user_id uuid NOT NULL REFERENCES dashboard.users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    address text,
    user_agent text
);
CREATE INDEX sessions_user_id_idx ON dashboard.sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON dashboard.sessions (expires_at);
"""

# A family is one API sign-in and all refresh tokens that follow from it.
REFRESH_TOKENS = """
CREATE TABLE dashboard.refresh_families (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES dashboard.users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX refresh_families_user_id_idx ON dashboard.refresh_families (user_id);
CREATE INDEX refresh_families_expires_at_idx ON dashboard.refresh_families (expires_at);
CREATE TABLE dashboard.refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    family_id uuid NOT NULL REFERENCES dashboard.refresh_families (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_family_id_idx ON dashboard.refresh_tokens (family_id);
"""

# The name is kept as a digest: people type their password into the wrong field.
SIGN_IN_FAILURES = """
CREATE TABLE dashboard.sign_in_failures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_hash bytea NOT NULL,
    address text NOT NULL,
    failed_at timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_account_idx ON dashboard.sign_in_failures (account_hash, failed_at);
CREATE INDEX sign_in_failures_address_idx ON dashboard.sign_in_failures (address, failed_at);
CREATE INDEX sign_in_failures_failed_at_idx ON dashboard.sign_in_failures (failed_at);
"""


def upgrade() -> None:
    for statements in (USERS, SESSIONS, REFRESH_TOKENS, SIGN_IN_FAILURES):
        op.execute(statements)
