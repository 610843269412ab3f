"""What is measured of parts and connections, as questions and as the architecture they answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from app.health.dependencies import Architecture, Calls, architecture
from app.health.topology import API, INGRESS, POSTGRES, PROMETHEUS, REDIS, Kind
from app.sources.questions import At, Question
from app.widgets import platform
from app.widgets.status import STATUS_QUESTIONS, services
from app.widgets.widget import Given

_AI, _AI_SECONDS = "tamma_ai_requests_total", "tamma_ai_request_duration_seconds_bucket"
_GIT, _GIT_SECONDS = "tamma_platform_api_calls_total", "tamma_platform_api_latency_seconds_bucket"
_DB_SECONDS = "tamma_db_query_duration_seconds"


def _rate(metric: str, by: str, more: str = "") -> str:
    matchers = f"{platform.JOBS},{more}" if more else platform.JOBS
    return f"sum by ({by}) (rate({metric}{{{matchers}}}[$rate]))"


def _failing(metric: str, by: str, outcome: str, bad: str) -> str:
    """The share that failed. Calls that do not say how they ended have none, those that all went well one of zero."""
    failed, told = _rate(metric, by, f'{outcome}=~"{bad}"'), _rate(metric, by, f'{outcome}!=""')
    return f"({failed} or {told} * 0) / ({told} > 0)"


def _p95(metric: str, by: str) -> str:
    return f"histogram_quantile(0.95, {_rate(metric, f'le, {by}')})"


# What the services' own status is judged by, then what is measured by callers, then what exporters say.
QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        **STATUS_QUESTIONS,
        "requests": At(platform.REQUESTS_NOW),
        "ai": At(_rate(_AI, "job, provider")),
        "ai failing": At(_failing(_AI, "job, provider", "outcome", "failure|timeout")),
        "ai p95": At(_p95(_AI_SECONDS, "job, provider")),
        "git": At(_rate(_GIT, "job, platform")),
        "git failing": At(_failing(_GIT, "job, platform", "status", "failure|timeout|error")),
        "git p95": At(_p95(_GIT_SECONDS, "job, platform")),
        "db": At(_rate(f"{_DB_SECONDS}_count", "job")),
        "db p95": At(_p95(f"{_DB_SECONDS}_bucket", "job")),
        "postgres up": At("min(pg_up)"),
        "redis up": At("min(redis_up)"),
    }
)


def measured(given: Given) -> Architecture:
    """The whole platform at the end of the range."""
    calls = [
        *_calls(given, "ai", "provider", Kind.AI_PROVIDER),
        *_calls(given, "git", "platform", Kind.GIT_PLATFORM),
        *_database(given),
        *_ingress(given),
    ]
    up = {
        POSTGRES: given.vector("postgres up").scalar(),
        REDIS: given.vector("redis up").scalar(),
        PROMETHEUS: 1.0,  # it has just answered
    }
    return architecture(services(given), calls=calls, up=up)


def _calls(given: Given, name: str, label: str, kind: Kind) -> Iterable[Calls]:
    """Calls to what is outside, by caller and callee."""
    found = {part: _pairs(given, part, label) for part in (name, f"{name} failing", f"{name} p95")}
    rates, shares, p95s = found.values()
    for caller, callee in sorted({pair for one in found.values() for pair in one}):
        pair = (caller, callee)
        yield Calls(caller, callee, kind, rates.get(pair), shares.get(pair), p95s.get(pair))


def _pairs(given: Given, name: str, label: str) -> dict[tuple[str, str], float | None]:
    samples = given.vector(name).samples
    return {(one.labels.get("job", ""), one.labels.get(label, "")): one.value for one in samples}


def _database(given: Given) -> Iterable[Calls]:
    rates, p95s = given.vector("db").by("job"), given.vector("db p95").by("job")
    for caller in sorted({*rates, *p95s}):
        yield Calls(caller, POSTGRES, Kind.DATABASE, rates.get(caller), None, p95s.get(caller))


def _ingress(given: Given) -> Iterable[Calls]:
    """What the api answers comes through the ingress, scrapes and webhooks aside; it is measured where it arrives."""
    rate, share, p95 = (given.vector(name).by("job").get(API) for name in ("requests", "errors", "p95"))
    if rate is not None or share is not None or p95 is not None:
        yield Calls(INGRESS, API, Kind.SERVICE, rate, share, p95)
