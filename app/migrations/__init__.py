"""The database's schema and how it grows; imported by the migrate and check commands only, never by a server."""
