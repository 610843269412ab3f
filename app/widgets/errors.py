"""Failures by service."""

from __future__ import annotations

from app.figures.units import Unit
from app.widgets import platform
from app.widgets.curves import curves

RATE = curves(
    "errors.rate",
    "Errors by service",
    help="Errors that each service counted, per minute.",
    unit=Unit.PER_MINUTE,
    queries={"errors": f"60 * sum by (job) (rate(tamma_errors_total{{{platform.JOBS}}}[$rate]))"},
    metrics=("tamma_errors_total",),
)

SHARE = curves(
    "errors.share",
    "Failed requests by service",
    help="Share of HTTP requests answered with a status of 500 or more, by service.",
    unit=Unit.SHARE,
    queries={"failed": platform.ERROR_SHARE},
    metrics=(f"{platform.API_SECONDS}_count",),
)

WIDGETS = (RATE, SHARE)
