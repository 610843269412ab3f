"""How an AI provider or a Git platform is, from what its callers measured, and which step errors speak of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.health.dependencies import BROKEN_SHARE, P95_LIMITS_S
from app.health.phrases import span_text
from app.health.status import ERROR_SHARE_LIMIT, Status
from app.health.topology import AI_STEPS, GIT_STEPS, Kind

# Rates, shares and refusals are of five minutes: the span of the alerts (docs/rules.md) and of instant questions.
SPAN_S = 300
# Fewer failures than this say nothing: of the alerts TammaAiProviderFailing and TammaGitPlatformFailing.
LEAST_FAILED = 3
# Refusals that count as a limit: for Git the alert TammaGitRateLimited, which one is enough for. Providers refuse a
# call in a few hundred when nothing is wrong.
LEAST_REFUSED = {Kind.GIT_PLATFORM: 1, Kind.AI_PROVIDER: 3}
NOT_TOLD = "calls do not say how they ended"
GONE = "measured earlier in this range, and no longer"
# The mean of a provider's answers over a quarter of an hour: of the alert TammaAiProviderSlow.
MEAN_LIMITS_S = {Kind.AI_PROVIDER: 20.0}
# Error types of workflow steps that speak of what is outside; the platform's documents give no list of them.
_BLAMED = {
    Kind.AI_PROVIDER: re.compile(r"provider|rate_?limit|network|(?<![a-z])(ai|llm|model)(?![a-z])"),
    Kind.GIT_PLATFORM: re.compile(r"platform|rate_?limit|network|(?<![a-z])git"),
}
_NEEDED = {Kind.AI_PROVIDER: AI_STEPS, Kind.GIT_PLATFORM: GIT_STEPS}
_NO_LABEL = re.compile(r"[^A-Za-z0-9_]")
_LONGEST_LABEL = 200


@dataclass(frozen=True)
class Slow:
    """The p95 of half an hour held against its own usual: ``usual_s`` is where the usual band ends.

    ``reach`` is how far the value is from usual as a share of how far is worth a mark: unusual above 1.
    """

    p95_s: float
    usual_s: float
    reach: float


@dataclass(frozen=True)
class Measured:
    """What was measured of an external, over five minutes; None where nothing was.

    ``rate`` in calls a second, ``failed`` as a share (0 to 1), ``mean_s`` over 15 minutes, ``refused`` in calls,
    ``reset_s`` in seconds until its rate limit resets, ``success_ago_s`` in seconds since a call succeeded,
    ``failure_at`` in epoch seconds.
    ``reported`` is False when there were calls in the range but there is no series of them any more.
    """

    name: str
    kind: Kind
    rate: float | None = None
    failed: float | None = None
    p95_s: float | None = None
    mean_s: float | None = None
    refused: float | None = None
    reset_s: float | None = None
    success_ago_s: float | None = None
    failure_at: float | None = None
    slow: Slow | None = None
    reported: bool = True

    @property
    def limited(self) -> bool:
        """Whether enough calls were refused to speak of a limit."""
        return self.refused is not None and round(self.refused) >= LEAST_REFUSED[self.kind]


@dataclass(frozen=True)
class External:
    """An external with its status; ``reason`` is empty when it is healthy."""

    measured: Measured
    status: Status
    reason: str

    @property
    def name(self) -> str:
        """Its name as telemetry has it."""
        return self.measured.name

    @property
    def kind(self) -> Kind:
        """Whether it is an AI provider or a Git platform."""
        return self.measured.kind

    @property
    def fails(self) -> bool:
        """Whether it is known not to be fine."""
        return self.status in (Status.DEGRADED, Status.UNHEALTHY)


def external_of(one: Measured) -> External:
    """The status: unhealthy above half of the calls failing, degraded above 5 %, when refused, or when slow.

    Slow is a p95 at the limit of its kind, a mean over its own, or a p95 above its own usual.
    Unknown, and never healthy, is what nobody called, what failed too few times to tell, and what does not say how its
    calls end.
    """
    return External(one, *_status(one))


def _status(one: Measured) -> tuple[Status, str]:
    if not one.reported:
        return Status.UNKNOWN, GONE
    if one.rate is None and one.failed is None and one.p95_s is None:
        return Status.UNKNOWN, "not measured"
    if one.rate == 0:
        return Status.UNKNOWN, "no calls in 5 min" + (f", {limit_words(one)}" if one.reset_s else "")
    return _failing(one) or _held_back(one) or _slow(one) or _well(one)


def _failing(one: Measured) -> tuple[Status, str] | None:
    if one.failed is None or one.failed <= ERROR_SHARE_LIMIT:
        return None
    number = round(one.failed * (one.rate or 0.0) * SPAN_S)
    if number < LEAST_FAILED:
        return (Status.UNKNOWN, f"{number or 'few'} calls, all failed: too few to tell") if one.failed == 1 else None
    words = [f"{one.failed:.1%} of calls fail (limit {ERROR_SHARE_LIMIT:.0%})"]
    if one.limited:
        words.append(limit_words(one) if one.reset_s else "calls refused")
    if one.success_ago_s is not None and one.success_ago_s >= SPAN_S:
        words.append(f"last success {span_text(one.success_ago_s)} ago")
    return Status.UNHEALTHY if one.failed > BROKEN_SHARE else Status.DEGRADED, ", ".join(words)


def _held_back(one: Measured) -> tuple[Status, str] | None:
    return (Status.DEGRADED, limit_words(one)) if one.limited else None


def _slow(one: Measured) -> tuple[Status, str] | None:
    limit_s = P95_LIMITS_S[one.kind]
    if one.p95_s is not None and one.p95_s >= limit_s:
        return Status.DEGRADED, f"p95 {one.p95_s:.1f} s (limit {limit_s:g} s)"
    mean_limit_s = MEAN_LIMITS_S.get(one.kind)
    if one.mean_s is not None and mean_limit_s is not None and one.mean_s > mean_limit_s:
        return Status.DEGRADED, f"calls take {one.mean_s:.1f} s on average over 15 min (limit {mean_limit_s:g} s)"
    if one.slow is not None and one.slow.reach > 1:
        return Status.DEGRADED, f"p95 {_span(one.slow.p95_s)} over half an hour, usual up to {_span(one.slow.usual_s)}"
    return None


def _well(one: Measured) -> tuple[Status, str]:
    return (Status.UNKNOWN, NOT_TOLD) if one.failed is None else (Status.HEALTHY, "")


def _span(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def limit_words(one: Measured) -> str:
    """The state of its rate limit; empty where nothing of it is measured.

    Some platforms always say when they would reset: that alone is no limit.
    """
    resets = f"resets in {span_text(one.reset_s)}" if one.reset_s else ""
    if one.refused is None:
        return resets
    if one.limited and resets:
        return f"limited, {resets}"
    if round(one.refused) > 0:
        return f"{round(one.refused)} refused in 5 min" + (f", {resets}" if resets else "")
    if one.rate == 0 and resets:
        return f"rate limit {resets}"
    return "not limited"


def worst_first(found: Iterable[External]) -> tuple[External, ...]:
    """By severity, then by the share of failed calls, then by kind and name."""
    return tuple(
        sorted(found, key=lambda one: (-one.status.severity, -(one.measured.failed or 0.0), one.kind, one.name))
    )


def label_of(name: str) -> str:
    """A name as the platform writes it into labels: ``anthropic-claude`` of events is ``anthropic_claude`` there."""
    return _NO_LABEL.sub("_", name)[:_LONGEST_LABEL]


def needs(step: str) -> tuple[Kind, ...]:
    """The kinds of externals that a workflow step calls."""
    return tuple(kind for kind, steps in _NEEDED.items() if step in steps)


def blames(error_type: str, kind: Kind) -> bool:
    """Whether the type of a step's error speaks of that kind of external; it never names which one."""
    return _BLAMED[kind].search(error_type.lower()) is not None
