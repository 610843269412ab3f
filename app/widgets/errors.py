"""Failures by service."""

from __future__ import annotations

from app.figures.units import Unit
from app.widgets import platform
from app.widgets.curves import Curves, curves

RATE = curves(
    "errors.rate",
    "Errors by service",
    help="Errors that each service counted, per minute.",
    what=Curves(
        {"errors": f"60 * sum by (job) (rate(tamma_errors_total{{{platform.JOBS}}}[$rate]))"},
        Unit.PER_MINUTE,
        {"errors": f"60 * {platform.recorded_rate(f'job:tamma_errors:rate5m{{{platform.JOBS}}}', 'job')}"},
        usual=True,
    ),
    metrics=("tamma_errors_total",),
)

SHARE = curves(
    "errors.share",
    "Failed requests by service",
    help="Share of HTTP requests answered with a status of 500 or more, by service.",
    what=Curves({"failed": platform.ERROR_SHARE}, Unit.SHARE, {"failed": platform.RECORDED_SHARE}, usual=True),
    metrics=(f"{platform.API_SECONDS}_count",),
)

WIDGETS = (RATE, SHARE)
