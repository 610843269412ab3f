"""Maintenance windows: what people do with them, through the page's form or the API."""
