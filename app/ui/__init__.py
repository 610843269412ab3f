"""Markup shared by pages."""
