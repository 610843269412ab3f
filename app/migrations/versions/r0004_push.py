"""What live connections need: tickets, and notices of what changes in our own tables."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Unlogged: after a crash people ask for another one.
TICKETS = """
CREATE UNLOGGED TABLE dashboard.tickets (
    ticket_hash bytea PRIMARY KEY CHECK (octet_length(ticket_hash) = 32),
    session_hash bytea,
    family_id uuid,
    user_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((session_hash IS NULL) <> (family_id IS NULL))
);
CREATE INDEX tickets_expires_at_idx ON dashboard.tickets (expires_at);
"""

# Who may still be here is looked up by those who hear of it: a notice has no room for names.
NOTICES = """
CREATE FUNCTION dashboard.tell_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tamma_dashboard', json_build_object(
        'table', TG_ARGV[0], 'at', round(extract(epoch FROM clock_timestamp())::numeric, 3))::text);
    RETURN NULL;
END $$;
CREATE FUNCTION dashboard.tell_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM gone) THEN
        PERFORM pg_notify('tamma_dashboard', json_build_object(
            'table', 'access', 'at', round(extract(epoch FROM clock_timestamp())::numeric, 3))::text);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_maintenance AFTER INSERT OR UPDATE OR DELETE ON dashboard.maintenance
    FOR EACH STATEMENT EXECUTE FUNCTION dashboard.tell_own('maintenance');
CREATE TRIGGER tell_users AFTER UPDATE OF role, disabled ON dashboard.users
    FOR EACH STATEMENT EXECUTE FUNCTION dashboard.tell_own('access');
CREATE TRIGGER tell_families AFTER UPDATE OF ended_at ON dashboard.refresh_families
    FOR EACH STATEMENT EXECUTE FUNCTION dashboard.tell_own('access');
CREATE TRIGGER tell_sessions AFTER DELETE ON dashboard.sessions REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION dashboard.tell_ended();
"""


def upgrade() -> None:
    op.execute(TICKETS)
    op.execute(NOTICES)
