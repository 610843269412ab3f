"""What is measured of AI providers and Git platforms, as questions, and the externals they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.health.external import External, Measured, Slow, external_of, label_of
from app.health.topology import Kind
from app.sources.questions import At, Question, Tally, Told
from app.widgets.unusual import held
from app.widgets.watched import WATCHED, questions
from app.widgets.widget import Given

_FAILED = "failure|timeout|error"
# How far back the last failure and the last success of a counter are looked for.
_FAILURE_SPAN, _SUCCESS_SPAN, _EVERY = "1d", "1h", "2m"
# A gauge of seconds until a limit resets; a number as large as this is the moment itself.
_EPOCH_FROM_S = 1e9


def _risen(counter: str) -> str:
    """PromQL for the series that rose since the look before, those among them that began with a first call."""
    before = f"{counter} offset {_EVERY}"
    return f"{counter} - ({before}) > 0 or ({counter} unless {before}) > 0"


@dataclass(frozen=True)
class Source:
    """How a kind of external is measured.

    ``calls`` are counters with the label that says how a call ended, ``seconds`` histograms; of several the first that
    has an external counts for it. ``level`` is the name by which recording rules group.
    """

    kind: Kind
    key: str
    label: str
    calls: tuple[tuple[str, str], ...]
    seconds: tuple[str, ...]
    refusals: str
    reset: str
    watched: str

    def each(self, promql: str) -> str:
        """The sum of an expression by external."""
        return f"sum by ({self.label}) ({promql})"

    def rate(self) -> str:
        """Calls a second."""
        return " or ".join(self.each(f"rate({counter}[$rate])") for counter, _ in self.calls)

    def failed(self, where: str = "") -> str:
        """The share of failed calls, of those that say how they ended: none do, none is known."""
        return " or ".join(f"({self._failed(*one, where)})" for one in self.calls)

    def _failed(self, counter: str, ending: str, where: str) -> str:
        comma = f"{where}," if where else ""
        told = self.each(f'rate({counter}{{{comma}{ending}!=""}}[$rate])')
        failed = self.each(f'rate({counter}{{{comma}{ending}=~"{_FAILED}"}}[$rate])')
        return f"({failed} or {told} * 0) / ({told} > 0)"

    def p95(self, where: str = "") -> str:
        """The 95th percentile of seconds."""
        return " or ".join(
            f"histogram_quantile(0.95, sum by (le, {self.label}) (rate({name}_bucket{{{where}}}[$rate])))"
            for name in self.seconds
        )

    def mean(self) -> str:
        """The mean of seconds over a quarter of an hour, of five calls at least, as the alert has it."""
        return " or ".join(
            f"{self.each(f'rate({name}_sum[15m])')} / {self.each(f'rate({name}_count[15m])')}"
            f" and {self.each(f'increase({name}_count[15m])')} >= 5"
            for name in self.seconds
        )

    def last(self, matcher: str, span: str) -> str:
        """When a counter last rose (epoch seconds, to two minutes); ``matcher`` chooses endings by their label."""
        return " or ".join(
            f"max by ({self.label}) (max_over_time((timestamp({one}) and ({_risen(one)}))[{span}:{_EVERY}]))"
            for one in (f"{counter}{{{ending}{matcher}}}" for counter, ending in self.calls)
        )

    def seen(self) -> str:
        """A sample for each external that was measured in the range."""
        return " or ".join(f"count by ({self.label}) (last_over_time({counter}[$range]))" for counter, _ in self.calls)


AI = Source(
    *(Kind.AI_PROVIDER, "ai", "provider"),
    calls=(("tamma_ai_requests_total", "outcome"), ("tamma_provider_messages_total", "status")),
    seconds=("tamma_ai_request_duration_seconds", "tamma_provider_latency_seconds"),
    refusals="tamma_ai_rate_limits_total",
    reset="tamma_ai_rate_limit_reset_seconds",
    watched="aislow",
)
GIT = Source(
    *(Kind.GIT_PLATFORM, "git", "platform"),
    calls=(("tamma_platform_api_calls_total", "status"),),
    seconds=("tamma_platform_api_latency_seconds",),
    refusals="tamma_platform_rate_limits_total",
    reset="tamma_platform_rate_limit_reset_seconds",
    watched="gitslow",
)
SOURCES = (AI, GIT)
METRICS = ("tamma_ai_requests_total", "tamma_platform_api_calls_total", "tamma_provider_messages_total")


def _questions(source: Source) -> dict[str, Question]:
    key = source.key
    return {
        f"{key} seen": At(source.seen()),
        f"{key} rate": At(source.rate()),
        f"{key} failed": At(source.failed()),
        f"{key} p95": At(source.p95()),
        f"{key} mean": At(source.mean()),
        f"{key} refused": At(source.each(f"increase({source.refusals}[$rate])")),
        f"{key} reset": At(f"max by ({source.label}) ({source.reset})"),
        f"{key} failure": At(source.last(f'=~"{_FAILED}"', _FAILURE_SPAN), every_s=60),
        f"{key} success": At(source.last('="success"', _SUCCESS_SPAN), every_s=60),
        **questions([one for one in WATCHED if one.key == source.watched]),
    }


NOW: Mapping[str, Question] = MappingProxyType(
    {**_questions(AI), **_questions(GIT), "failures": Told(Tally.CALLS_FAILED)}
)
NEEDED = frozenset(f"{source.key} {name}" for source in SOURCES for name in ("seen", "rate"))


def externals(given: Given) -> tuple[External, ...]:
    """Every external that was measured in the range, by kind and name, as it is at the range's end."""
    return tuple(external_of(one) for source in SOURCES for one in _measured(given, source))


def _measured(given: Given, source: Source) -> list[Measured]:
    names = ("seen", "rate", "failed", "p95", "mean", "refused", "reset", "failure", "success")
    by = {name: _by(given, source, name) for name in names}
    slow, told = _slow(given, source), _told_failures(given, source)
    as_of = given.vector(f"{source.key} rate").as_of
    return [
        Measured(
            name,
            source.kind,
            rate=by["rate"].get(name),
            failed=by["failed"].get(name),
            p95_s=by["p95"].get(name),
            mean_s=by["mean"].get(name),
            refused=by["refused"].get(name),
            reset_s=_until(by["reset"].get(name), as_of),
            success_ago_s=None if (success := by["success"].get(name)) is None else max(0.0, as_of - success),
            failure_at=max(filter(None, (by["failure"].get(name), told.get(label_of(name)))), default=None),
            slow=slow.get(name),
            reported=any(name in by[one] for one in ("rate", "p95")),
        )
        for name in sorted({*by["seen"], *by["rate"], *by["p95"]})
    ]


def _by(given: Given, source: Source, name: str) -> dict[str, float | None]:
    samples = given.vector(f"{source.key} {name}").samples
    return {one.labels.get(source.label, ""): one.value for one in samples}


def _until(reset_s: float | None, as_of: float) -> float | None:
    """Seconds until a limit resets, whichever way the gauge tells it; never negative."""
    if reset_s is None:
        return None
    return max(0.0, reset_s - as_of if reset_s > _EPOCH_FROM_S else reset_s)


def _slow(given: Given, source: Source) -> dict[str, Slow]:
    watched = next(one for one in WATCHED if one.key == source.watched)
    known = [one for one in given.vector(watched.key).samples if one.value is not None]
    pairs = zip(known, held(given, watched), strict=True)
    return {
        sample.labels.get(source.label, ""): Slow(one.value, one.high, one.reach)
        for sample, one in pairs
        if one.high is not None and one.reach is not None
    }


def _told_failures(given: Given, source: Source) -> dict[str, float]:
    """When events last told of a failed call, by the name that labels have; they tell of providers only."""
    found: dict[str, float] = {}
    for row in given.rows("failures").records() if source is AI else ():
        name = label_of(row["provider"])
        found[name] = max(row["last"], found.get(name, row["last"]))
    return found
