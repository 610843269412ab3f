"""Data access: Prometheus, log files, event store. Knows no web framework."""
