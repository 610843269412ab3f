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
# How often the rules were evaluated in a step; all of them as often, and this one whatever was there to record.
EVALUATIONS = "scalar(count_over_time(all:up:count5m[$step]))"


def recorded_rate(series: str, by: str = "") -> str:
    """PromQL for a recorded rate (a second) over ``$step``, summed over all of its series or by labels.

    A series that was there for a part of the step counts for that part, as in ``rate`` over raw samples; its own mean
    would count it for the whole: an instance that was replaced twice, a rare status as if it were common.
    """
    return f"({_sum(by)} (sum_over_time({series}[$step])) / {EVALUATIONS})"


def recorded_gauge(series: str, by: str = "") -> str:
    """PromQL for the mean over ``$step`` of the sum of recorded gauges, of all or by labels.

    Added up before the mean is taken, as a raw chart adds up what is there at a moment: what comes and goes counts for
    its time, and a time in which nothing was measured is left out instead of counted as zero.
    """
    return gauge_mean(series, by, every="5m")


def gauge_mean(series: str, by: str = "", *, of: str = "sum", every: str = "1m") -> str:
    """PromQL for the mean over ``$step`` of a sum (or what ``of`` names) of gauges, looked at ``every`` so often."""
    # A second later: a subquery has both of its ends, and the first is of the step before.
    return f"avg_over_time(({_sum(by, of)} ({series}))[$step:{every}] offset -1s)"


def _sum(by: str, of: str = "sum") -> str:
    return f"{of} by ({by})" if by else of


# The same from recording rules, for long steps.
RECORDED_REQUESTS = recorded_rate(f"job:{API_SECONDS}_count:rate5m{{{JOBS}}}", "job")
RECORDED_SHARE = (
    f"{recorded_rate(f'job:{API_SECONDS}_count:failed_rate5m{{{JOBS}}}', 'job')} / ({RECORDED_REQUESTS} > 0)"
)


def recorded_quantile(share: str, by: str = "") -> str:
    """As ``quantile``, from recording rules."""
    group = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, {recorded_rate(f'job_le:{API_SECONDS}_bucket:rate5m{{{JOBS}}}', group)})"


def quantile(share: str, by: str = "") -> str:
    """PromQL for a quantile of the API's latency in seconds, over all requests or by a label."""
    group = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({group}) (rate({API_SECONDS}_bucket{{{JOBS}}}[$rate])))"
