"""One module an interaction."""
