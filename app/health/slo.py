"""Service levels: what was attained, how much of the error budget is left, and how fast it burns.

Burn rates over two windows each, and the form of the alerts, follow "Alerting on SLOs" in Google's Site Reliability
Workbook (chapter 5, "Multiwindow, Multi-Burn-Rate Alerts"); the factors 14 and 2 are the data dictionary's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.health.phrases import percent_text, span_text

FAST = 14.0
SLOW = 2.0
# 1.4 % of failures against a target of 99.9 % is 14 times the budget, whatever floats make of it.
_TOLERANCE = 1e-9
# A forecast beyond this says more than the rate can know.
LONGEST_FORECAST_S = 365 * 86_400


class Measure(StrEnum):
    """What good and bad are counted in."""

    SECONDS = "seconds"
    REQUESTS = "requests"


@dataclass(frozen=True)
class Amounts:
    """Good and bad, in seconds or requests; neither below zero."""

    good: float
    bad: float

    @property
    def total(self) -> float:
        """Both."""
        return self.good + self.bad


@dataclass(frozen=True)
class Standing:
    """Where a service level stands over its window; every field but ``target`` is None when nothing was measured.

    ``attained`` is the share of good. ``budget`` is how much may be bad: ``1 - target`` of what was measured, so that
    unknown time and maintenance grant nothing. ``left`` is what of it is left, below zero when overspent, and
    ``left_share`` the same as a share of the budget.
    """

    target: float
    attained: float | None
    budget: float | None
    left: float | None
    left_share: float | None

    @property
    def met(self) -> bool | None:
        """Whether the target is attained."""
        return None if self.left_share is None else self.left_share >= -_TOLERANCE


class Alarm(StrEnum):
    """How urgently a budget burns."""

    NONE = ""
    SLOW = "slow burn"
    FAST = "fast burn"


@dataclass(frozen=True)
class Burn:
    """Burn rates over the last hour, five minutes, six hours and half an hour; None without traffic.

    1 spends the budget exactly within the service level's window.
    """

    hour: float | None
    five_minutes: float | None
    six_hours: float | None
    half_hour: float | None

    @property
    def alarm(self) -> Alarm:
        """The long window says that it matters, the short one that it still goes on."""
        if _reaches(self.hour, FAST) and _reaches(self.five_minutes, FAST):
            return Alarm.FAST
        if _reaches(self.six_hours, SLOW) and _reaches(self.half_hour, SLOW):
            return Alarm.SLOW
        return Alarm.NONE

    @property
    def rate(self) -> float | None:
        """The rate to go by: of the hour when it burns fast, else of six hours, else of the hour."""
        return self.hour if self.alarm is Alarm.FAST or self.six_hours is None else self.six_hours


def standing(amounts: Amounts | None, target: float) -> Standing:
    """Where a target (a share above 0 and below 1) stands. Nothing measured is nothing to judge, not 100 %."""
    if amounts is None or amounts.total <= 0:
        return Standing(target, None, None, None, None)
    budget = (1 - target) * amounts.total
    left = budget - amounts.bad
    return Standing(target, amounts.good / amounts.total, budget, left, left / budget)


def burn_rate(amounts: Amounts | None, target: float) -> float | None:
    """The share of bad as a multiple of what the target allows; None when nothing was measured."""
    if amounts is None or amounts.total <= 0:
        return None
    return amounts.bad / amounts.total / (1 - target)


def gone_in_s(level: Standing, burn: Burn, window_s: float) -> float | None:
    """Seconds until the budget is spent at the present rate, 0 when it is; None when it lasts or nothing is known.

    A rate of 1 or less can go on for ever in a rolling window: as much leaves the window as comes into it.
    """
    if level.left_share is None:
        return None
    if level.left_share <= _TOLERANCE:
        return 0.0
    if burn.rate is None or burn.rate <= 1 + _TOLERANCE:
        return None
    return level.left_share * window_s / burn.rate


def verdict(level: Standing, burn: Burn, *, window_s: float) -> str:
    """One line: how long the budget lasts, led by the alarm when there is one. ``window_s`` is the level's window."""
    if level.left_share is None:
        return "nothing to judge: nothing was measured"
    gone = gone_in_s(level, burn, window_s)
    said = _outlook(level, burn, gone)
    return f"{burn.alarm}: {said}" if burn.alarm else said


def _outlook(level: Standing, burn: Burn, gone: float | None) -> str:
    assert level.left_share is not None  # noqa: S101 - the caller has looked
    if gone == 0:
        return f"budget gone, {percent_text(max(1.0, 1 - level.left_share), 0)} of it used"
    left = f"{percent_text(level.left_share, 0)} of the budget left"
    if burn.rate is None:
        return f"{left}; no traffic to judge the rate by"
    if gone is None:
        return f"{left}; it lasts at this rate"
    if gone > LONGEST_FORECAST_S:
        return f"{left}; at this rate it lasts over a year"
    return f"budget gone in {_roughly(gone)} at this rate"


def left_text(level: Standing, measure: Measure) -> str:
    """What is left in minutes or requests, as in ``31 min left`` or ``12 requests over``; a dash for nothing known."""
    if level.left is None:
        return "–"
    over = level.left < 0
    amount = abs(level.left)
    if measure is Measure.SECONDS:
        return f"{span_text(amount)} {'over' if over else 'left'}"
    whole = int(amount + _TOLERANCE)
    return f"{whole:,} request{'' if whole == 1 else 's'} {'over' if over else 'left'}"


def _roughly(seconds: float) -> str:
    """A forecast in its largest unit: more digits than the rate deserves would look like knowledge."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            whole = int(seconds / size)
            return f"{whole} {unit}{'' if whole == 1 else 's'}"
    return "a minute"


def _reaches(rate: float | None, factor: float) -> bool:
    return rate is not None and rate >= factor * (1 - _TOLERANCE)
