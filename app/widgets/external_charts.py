"""Curves of AI providers and of Git platforms: success, p95, calls by outcome, refusals and tokens."""

from __future__ import annotations

from collections.abc import Callable

from app.figures.units import Unit
from app.health.dependencies import P95_LIMITS_S
from app.health.status import ERROR_SHARE_LIMIT
from app.widgets.curves import Curves, curves
from app.widgets.external_measured import AI, GIT, Source
from app.widgets.external_scope import Scope, family
from app.widgets.platform import recorded_rate
from app.widgets.widget import Widget

_NOT_TOLD = "outcome not told"
_WHOSE = {AI: "AI providers", GIT: "Git platforms"}
Of = Callable[[str, Scope], Widget]


def _recorded(source: Source) -> str:
    """The name of the recorded calls, without their level and operation."""
    return source.calls[0][0].removesuffix("_total")


def _metrics(source: Source, scope: Scope) -> tuple[str, ...]:
    return tuple(f"{counter}{{{scope.where(source.label)}}}" for counter, _ in source.calls)


def _success(source: Source) -> Of:
    def of(key: str, scope: Scope) -> Widget:
        ending = source.calls[0][1]
        where = ",".join(filter(None, (scope.where(source.label), f'{ending}!=""')))
        level = f"{source.label}_{ending}:{_recorded(source)}:rate5m"
        told = recorded_rate(f"{level}{{{where}}}", source.label)
        bad = recorded_rate(f'{level}{{{where},{ending}=~"failure|timeout|error"}}', source.label)
        recorded = f"1 - ({bad} or {told} * 0) / ({told} > 0)"
        return curves(
            key,
            f"Successful calls to {_WHOSE[source]}",
            help="Share of calls that did not fail or run out of time, of those that say how they ended.",
            what=Curves(
                {"success": f"1 - ({source.failed(scope.where(source.label))})"},
                Unit.SHARE,
                {"success": recorded},
                by=source.label,
                limits={f"limit {1 - ERROR_SHARE_LIMIT:.0%}": 1 - ERROR_SHARE_LIMIT},
            ),
            metrics=_metrics(source, scope),
        )

    return of


def _latency(source: Source) -> Of:
    def of(key: str, scope: Scope) -> Widget:
        where, label, limit_s = scope.where(source.label), source.label, P95_LIMITS_S[source.kind]
        level = f"{label}_le:{source.seconds[0]}_bucket:rate5m"
        recorded = f"histogram_quantile(0.95, {recorded_rate(f'{level}{{{where}}}', f'le, {label}')})"
        return curves(
            key,
            f"Response time of {_WHOSE[source]} (p95)",
            help="95th percentile of how long they take to answer, interpolated within histogram buckets.",
            what=Curves(
                {"p95": source.p95(where)},
                Unit.SECONDS,
                {"p95": recorded},
                by=label,
                usual=bool(scope.name),
                limits={f"limit {limit_s:g} s": limit_s},
            ),
            metrics=tuple(f"{name}_bucket{{{where}}}" for name in source.seconds),
        )

    return of


def _outcomes(source: Source) -> Of:
    def of(key: str, scope: Scope) -> Widget:
        where, (counter, ending) = scope.where(source.label), source.calls[0]
        level = f"{source.label}_{ending}:{_recorded(source)}:rate5m"
        return curves(
            key,
            f"Calls to {_WHOSE[source]} by outcome",
            help="Calls per minute by how they ended; calls that do not say so stand together.",
            what=Curves(
                {_NOT_TOLD: f"60 * ({_by_ending(source, where)})"},
                Unit.PER_MINUTE,
                {_NOT_TOLD: f"60 * {recorded_rate(f'{level}{{{where}}}', ending)}"},
                by=ending,
                stacked=True,
            ),
            metrics=tuple(f"{name}{{{where}}}" for name, _ in ((counter, ending), *source.calls[1:])),
        )

    return of


def _by_ending(source: Source, where: str) -> str:
    """Calls a second by how they ended; the other counters count for those whom the first does not have."""
    label, (counter, ending) = source.label, source.calls[0]
    rates = f"sum by ({label}, {ending}) (rate({counter}{{{where}}}[$rate]))"
    for other, its in source.calls[1:]:
        named = f'label_replace(rate({other}{{{where}}}[$rate]), "{ending}", "$1", "{its}", "(.*)")'
        first = source.each(f"rate({counter}{{{where}}}[$rate])")
        rates += f" or (sum by ({label}, {ending}) ({named}) unless on ({label}) {first})"
    return f"sum by ({ending}) ({rates})"


def _refusals(source: Source) -> Of:
    def of(key: str, scope: Scope) -> Widget:
        where = scope.where(source.label)
        level = f"{source.label}:{source.refusals.removesuffix('_total')}:rate5m"
        return curves(
            key,
            f"Calls refused by {_WHOSE[source]}",
            help="Calls per minute that were refused because of a rate limit.",
            what=Curves(
                {"refused": f"60 * {source.each(f'rate({source.refusals}{{{where}}}[$rate])')}"},
                Unit.PER_MINUTE,
                {"refused": f"60 * {recorded_rate(f'{level}{{{where}}}', source.label)}"},
                by=source.label,
            ),
            metrics=(f"{source.refusals}{{{where}}}",),
        )

    return of


def _tokens(key: str, scope: Scope) -> Widget:
    where, metric = scope.where(AI.label), "tamma_ai_tokens_total"
    return curves(
        key,
        "Tokens by AI provider",
        help="Tokens sent and received per minute.",
        what=Curves({"tokens": f"60 * {AI.each(f'rate({metric}{{{where}}}[$rate])')}"}, Unit.PER_MINUTE, by=AI.label),
        metrics=(f"{metric}{{{where}}}",),
    )


FAMILIES = (
    family("external.aisuccess", _success(AI)),
    family("external.ailatency", _latency(AI)),
    family("external.aioutcomes", _outcomes(AI)),
    family("external.airefusals", _refusals(AI)),
    family("external.tokens", _tokens),
    family("external.gitsuccess", _success(GIT)),
    family("external.gitlatency", _latency(GIT)),
    family("external.gitoutcomes", _outcomes(GIT)),
    family("external.gitrefusals", _refusals(GIT)),
)
