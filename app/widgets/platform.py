"""PromQL pieces that say which series belong to the platform."""

from __future__ import annotations

from app.health.services import SERVICES
from app.sources.windows import UNITS_S

JOBS = f'job=~"{"|".join(SERVICES)}"'
UP = f"up{{{JOBS}}}"
# Requests answered, from the histogram that the data dictionary names for latency and HTTP errors.
API_SECONDS = "tamma_api_response_duration_seconds"
REQUESTS_NOW = f"sum by (job) (rate({API_SECONDS}_count{{{JOBS}}}[$rate]))"
FAILED_NOW = f'sum by (job) (rate({API_SECONDS}_count{{{JOBS},status_code=~"5.."}}[$rate]))'
# A service that answers requests but had no failed one has a share of zero, not an unknown one.
ERROR_SHARE = f"({FAILED_NOW} or {REQUESTS_NOW} * 0) / ({REQUESTS_NOW} > 0)"
# The same from recording rules, for long steps.
RECORDED_REQUESTS = f"sum by (job) (avg_over_time(job:{API_SECONDS}_count:rate5m{{{JOBS}}}[$step]))"
RECORDED_SHARE = (
    f"sum by (job) (avg_over_time(job:{API_SECONDS}_count:failed_rate5m{{{JOBS}}}[$step])) / ({RECORDED_REQUESTS} > 0)"
)


def recorded_quantile(share: str, by: str = "") -> str:
    """As ``quantile``, from recording rules."""
    group = f"le, {by}" if by else "le"
    buckets = f"avg_over_time(job_le:{API_SECONDS}_bucket:rate5m{{{JOBS}}}[$step])"
    return f"histogram_quantile({share}, sum by ({group}) ({buckets}))"


def quantile(share: str, by: str = "") -> str:
    """PromQL for a quantile of the API's latency in seconds, over all requests or by a label."""
    group = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({group}) (rate({API_SECONDS}_bucket{{{JOBS}}}[$rate])))"


def availability(window: str) -> str:
    """PromQL for the share of a window (0 to 1) in which at least one instance answered its scrapes, by ``job``.

    The window is cut into minutes; a minute counts as the mean of the best instance's scrapes in it. A minute without
    a scrape counts as not up: unknown time is not up. A subquery includes both its ends, so it is a second shorter
    than the window to count each minute once.
    """
    return _share_of_minutes("sum_over_time", window)


def known(window: str) -> str:
    """PromQL for the share of a window's minutes (0 to 1) in which there was a scrape at all, by ``job``."""
    return _share_of_minutes("count_over_time", window)


def _share_of_minutes(over_time: str, window: str) -> str:
    seconds = int(window[:-1]) * UNITS_S[window[-1]]
    minutes = f"(max by (job) (avg_over_time({UP}[1m])))[{seconds - 1}s:1m]"
    return f"{over_time}({minutes}) / {seconds // 60}"
