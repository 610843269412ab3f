"""The dashboard: how is the system, and why."""
