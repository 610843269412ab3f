"""Calls to AI providers and Git platforms: how each ends, and what is counted."""

from __future__ import annotations

import random

from app.demo.simulation import reports
from app.demo.simulation.activity import Activity
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.reports import Answer, Call
from app.demo.simulation.runs import Run
from app.demo.simulation.vocabulary import MODELS, TOKEN_RANGE, label

AI_MEDIAN_S = {"analysis": 3.2, "code_review": 7.5, "code_generation": 17.0}
AI_TOKENS = {"analysis": (2400, 500), "code_review": (9000, 1200), "code_generation": (14000, 3800)}
PROVIDER_PACE = {"anthropic_claude": 1.0, "openai": 1.15, "github_copilot": 0.8}
GIT_MEDIAN_S = {"issues": 0.18, "pulls": 0.32, "checks": 0.24, "push": 0.85}
SLOW_FACTOR = 6.0
TIMEOUT_S = 30.0


class Calls:
    """Makes calls under given conditions."""

    def __init__(self, rng: random.Random, conditions: Conditions) -> None:
        self._rng = rng
        self._conditions = conditions

    def ai(self, out: Activity, t: float, *, caller: str, provider: str, kind: str, run: Run | None = None) -> Answer:
        """One call to an AI provider that ends at ``t``."""
        answer = self._ask_provider(t, caller, provider, kind)
        model = label(MODELS[provider])
        outcome = {"": "success", "provider_timeout": "timeout"}.get(answer.error, "failure")
        out.count(caller, t, "tamma_ai_requests_total", provider, model, kind, outcome)
        labels = (provider, model, kind, TOKEN_RANGE[kind])
        out.observe(caller, t, "tamma_ai_request_duration_seconds", *labels, value=answer.seconds)
        tokens = (0, 0)
        if not answer.error:
            tokens = self._spend(out, t, caller, provider, kind, small=run is None)
        else:
            out.error(caller, t, answer.error)
        if answer.code == "429":
            out.count(caller, t, "tamma_ai_rate_limits_total", provider)
        reports.ai_answered(out, t, Call(caller, provider, kind, run), answer, tokens=tokens, chance=self._rng.random())
        return answer

    def git(
        self, out: Activity, t: float, *, caller: str, platform: str, operation: str, run: Run | None = None
    ) -> Answer:
        """One call to a Git platform that ends at ``t``."""
        answer = self._ask_platform(t, caller, platform, operation)
        status = "failure" if answer.error else "success"
        out.count(caller, t, "tamma_platform_api_calls_total", platform, operation, status)
        out.observe(caller, t, "tamma_platform_api_latency_seconds", platform, operation, value=answer.seconds)
        if answer.error:
            reports.git_failed(out, t, Call(caller, platform, operation, run), answer)
        elif run is not None:
            fields = run.fields("git-platform", platform=platform, operation=operation)
            fields["durationMs"] = round(answer.seconds * 1000)
            out.line(caller, t, "debug", f"{platform} {operation} call completed", fields)
        return answer

    def _ask_provider(self, t: float, caller: str, provider: str, kind: str) -> Answer:
        rng, at = self._rng, self._conditions.at
        usual = AI_MEDIAN_S[kind] * PROVIDER_PACE[provider] * rng.lognormvariate(0, 0.5)
        if at(t, "network-loss", caller):
            return Answer(TIMEOUT_S, "network_error", "ETIMEDOUT")
        if at(t, "ai-provider-outage", provider) and rng.random() < 0.96:
            if rng.random() < 0.3:
                return Answer(TIMEOUT_S + rng.random(), "provider_timeout", "ETIMEDOUT")
            return Answer(0.2 + rng.random(), "provider_unavailable", "503")
        if at(t, "ai-provider-slow", provider):
            usual *= SLOW_FACTOR
        chance = rng.random()
        if chance < 0.003:
            return Answer(0.3 + rng.random(), "provider_unavailable", "429")
        if chance < 0.010:
            return Answer(
                0.5 + rng.random(), "provider_unavailable", "529" if provider == "anthropic_claude" else "500"
            )
        return Answer(usual)

    def _ask_platform(self, t: float, caller: str, platform: str, operation: str) -> Answer:
        rng, at = self._rng, self._conditions.at
        usual = GIT_MEDIAN_S[operation] * rng.lognormvariate(0, 0.45)
        if at(t, "network-loss", caller):
            return Answer(10.0, "network_error", "ETIMEDOUT")
        if at(t, "git-rate-limit", platform) and rng.random() < 0.93:
            return Answer(0.08 + rng.random() * 0.05, "rate_limit", "403")
        if rng.random() < 0.006:
            return Answer(usual * 3, "platform_error", "502")
        return Answer(usual)

    def _spend(self, out: Activity, t: float, caller: str, provider: str, kind: str, *, small: bool) -> tuple[int, int]:
        scale = (0.02 if small else 1.0) * self._rng.lognormvariate(0, 0.4)
        sent, received = (int(base * scale) + 1 for base in AI_TOKENS[kind])
        model = label(MODELS[provider])
        out.count(caller, t, "tamma_ai_tokens_total", provider, model, "input", by=sent)
        out.count(caller, t, "tamma_ai_tokens_total", provider, model, "output", by=received)
        return sent, received
