"""Log lines and events about calls to AI providers and Git platforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.demo.simulation.activity import Activity
from app.demo.simulation.pino import failure
from app.demo.simulation.runs import Run
from app.demo.simulation.vocabulary import MODELS, PROVIDER_WORDS

COST_PER_TOKEN = 6e-6
SLOW_S = 50.0
# Shares of AI lines that hold a value which looks secret, so that redaction has something to do.
TOKEN_SHARE = 0.004
ADDRESS_SHARE = 0.008


@dataclass(frozen=True)
class Call:
    """Who called whom for what; without a run it is a probe or a poll."""

    caller: str
    target: str
    what: str
    run: Run | None = None

    def fields(self, component: str, t: float, **more: Any) -> dict[str, Any]:
        """The fields of its log line."""
        if self.run is not None:
            return self.run.fields(component, **more)
        return {"component": component, "correlationId": f"probe-{self.target}-{int(t)}", **more}

    def tags(self, **more: str) -> dict[str, str]:
        """The tags of its event."""
        return more if self.run is None else self.run.tags(**more)


@dataclass(frozen=True)
class Answer:
    """How a call ended; ``error`` is a declared error type, empty when it went well."""

    seconds: float
    error: str = ""
    code: str = ""


def ai_answered(out: Activity, t: float, call: Call, answer: Answer, *, tokens: tuple[int, int], chance: float) -> None:
    """Tell of a call to an AI provider; a probe is told of only when it fails. ``chance`` plants fake secrets."""
    if call.run is None and not answer.error:
        return
    _ai_line(out, t, call, answer, tokens=tokens, chance=chance)
    data = {
        "performance": {"latency": round(answer.seconds * 1000)},
        "cost": {"totalCost": round(sum(tokens) * COST_PER_TOKEN, 5)},
        "quality": {"success": not answer.error, "errorCode": answer.code or None},
        "actualTokens": sum(tokens),
    }
    success = "false" if answer.error else "true"
    tags = call.tags(provider=PROVIDER_WORDS[call.target], model=MODELS[call.target], success=success)
    out.event(call.caller, t, "AI.RESPONSE.RECEIVED", tags, data)
    if answer.seconds > SLOW_S and not answer.error:
        out.event(call.caller, t, "AI.PROVIDER.SLOW_RESPONSE", tags, data)
        out.error(call.caller, t, "provider_slow")


def git_failed(out: Activity, t: float, call: Call, answer: Answer) -> None:
    """Tell of a call that a Git platform refused or lost."""
    out.error(call.caller, t, answer.error)
    limited = answer.error == "rate_limit"
    if limited:
        out.count(call.caller, t, "tamma_platform_rate_limits_total", call.target)
    fields = call.fields("git-platform", t, platform=call.target, operation=call.what)
    fields["durationMs"] = round(answer.seconds * 1000)
    fields["step"] = "PLATFORM_RATE_LIMIT" if limited else "PLATFORM_API_ERROR"
    text = "API rate limit exceeded" if limited else f"answered {answer.code}"
    fields["error"] = failure("PlatformError", f"{call.target} {text}", answer.code, "GitPlatformClient.request")
    message = f"{call.target} {call.what} call failed: {text}"
    out.line(call.caller, t, "warn" if limited else "error", message, fields)


def _ai_line(out: Activity, t: float, call: Call, answer: Answer, *, tokens: tuple[int, int], chance: float) -> None:
    word = PROVIDER_WORDS[call.target]
    fields = call.fields("ai-provider", t, provider=word, model=MODELS[call.target], requestType=call.what)
    fields["durationMs"] = round(answer.seconds * 1000)
    if answer.error:
        fields["step"] = "PROVIDER_RATE_LIMIT" if answer.code == "429" else "PROVIDER_REQUEST_ERROR"
        text = f"{word} answered {answer.code}" if answer.code.isdigit() else f"{word} did not answer in time"
        fields["error"] = failure("ProviderError", text, answer.code, "AIProviderClient.send")
        out.line(call.caller, t, "error", f"AI request failed: {text}", fields)
        return
    fields |= {"step": "PROVIDER_REQUEST_COMPLETE", "inputTokens": tokens[0], "outputTokens": tokens[1]}
    # These values open nothing.
    if chance < TOKEN_SHARE:
        fields["authorization"] = f"Bearer {chance * 1e9:030.0f}".replace("0", "q")
    elif chance < ADDRESS_SHARE:
        fields["requestedBy"] = f"jordan.smith{int(chance * 5000)}@example.com"
    out.line(call.caller, t, "info", f"AI request completed by {word}", fields)
