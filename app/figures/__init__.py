"""Results to figures as plain dicts. Pure."""
