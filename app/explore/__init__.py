"""Explorations: a question that somebody puts together, checked, written as text, and turned into PromQL."""
