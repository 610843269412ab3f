"""PromQL pieces that say which series belong to the platform."""

from __future__ import annotations

from app.health.services import SERVICES

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
