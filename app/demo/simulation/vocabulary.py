"""The words of the platform that labels, logs and events share: steps, providers, error and event types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

WORKFLOW_NAME = "base-workflow"
WORKFLOW_TYPE = "base_workflow"
STEPS = (
    "ISSUE_ASSIGNMENT",
    "CONTEXT_GATHERING",
    "RESEARCH",
    "AMBIGUITY_CHECK",
    "CODE_GENERATION",
    "BUILD_VALIDATION",
    "TEST_VALIDATION",
    "SECURITY_SCAN",
    "CODE_REVIEW",
    "PR_CREATION",
    "CI_CHECK",
    "APPROVAL_GATE",
    "MERGE",
    "DEPLOYMENT",
)
MODELS: Mapping[str, str] = {
    "anthropic_claude": "claude-sonnet-4",
    "openai": "gpt-5",
    "github_copilot": "copilot-code",
}
PROVIDER_WORDS: Mapping[str, str] = {
    "anthropic_claude": "anthropic-claude",
    "openai": "openai",
    "github_copilot": "github-copilot",
}
TOKEN_RANGE: Mapping[str, str] = {"analysis": "small", "code_review": "medium", "code_generation": "large"}


@dataclass(frozen=True)
class ErrorType:
    """How an error type is labelled in ``tamma_errors_total``, and which services have it."""

    severity: str
    component: str
    jobs: tuple[str, ...]


_ALL = ("orchestrator", "workers", "api", "dashboard")
_LOOP = ("orchestrator", "workers")
ERROR_TYPES: Mapping[str, ErrorType] = {
    "internal_error": ErrorType("high", "http", _ALL),
    "db_timeout": ErrorType("high", "database", _ALL),
    "db_connection": ErrorType("critical", "database", _ALL),
    "network_error": ErrorType("high", "network", _ALL),
    "memory_pressure": ErrorType("high", "system", _ALL),
    "disk_full": ErrorType("critical", "system", _ALL),
    "slow_response": ErrorType("medium", "http", _ALL),
    "provider_unavailable": ErrorType("high", "ai_provider", _LOOP),
    "provider_timeout": ErrorType("medium", "ai_provider", _LOOP),
    "provider_slow": ErrorType("medium", "ai_provider", _LOOP),
    "rate_limit": ErrorType("medium", "git_platform", _LOOP),
    "platform_error": ErrorType("medium", "git_platform", _LOOP),
    "build_failed": ErrorType("medium", "quality_gate", ("workers",)),
    "test_failed": ErrorType("medium", "quality_gate", ("workers",)),
    "scan_failed": ErrorType("high", "quality_gate", ("workers",)),
    "worker_lost": ErrorType("critical", "worker_pool", ("orchestrator",)),
    "step_timeout": ErrorType("high", "workflow_engine", ("orchestrator",)),
    "step_failed": ErrorType("medium", "workflow_engine", _LOOP),
    "retry_exhausted": ErrorType("critical", "workflow_engine", ("orchestrator",)),
    "queue_backlog": ErrorType("high", "task_queue", ("orchestrator",)),
    "orchestrator_lost": ErrorType("critical", "network", ("workers", "api")),
}
_COMMON_EVENTS = (
    "SYSTEM.STARTED",
    "SYSTEM.ERROR.OCCURRED",
    "SYSTEM.RESOURCE.HIGH",
    "SYSTEM.PERFORMANCE.SLOWDOWN",
    "DEPLOY.COMPLETED.SUCCESS",
)
EVENT_TYPES: Mapping[str, tuple[str, ...]] = {
    "orchestrator": (
        *_COMMON_EVENTS,
        "WORKFLOW.STARTED",
        "WORKFLOW.STEP_STARTED",
        "WORKFLOW.STEP_COMPLETED",
        "WORKFLOW.STEP.TIMEOUT",
        "WORKFLOW.COMPLETED",
        "WORKFLOW.FAILED",
        "ISSUE.ASSIGNED",
        "AI.RESPONSE.RECEIVED",
        "AI.PROVIDER.SLOW_RESPONSE",
        "PR.CREATED",
        "PR.MERGED",
        "APPROVAL.REQUESTED",
        "APPROVAL.PROVIDED",
        "ESCALATION.TRIGGERED",
    ),
    "workers": (
        *_COMMON_EVENTS,
        "AI.RESPONSE.RECEIVED",
        "AI.PROVIDER.SLOW_RESPONSE",
        "BRANCH.CREATED",
        "CODE.FILE.WRITTEN",
        "COMMIT.CREATED",
        "TEST.PASSED",
        "TEST.FAILED",
        "BUILD.COMPLETED",
        "BUILD.FAILED",
    ),
    "api": _COMMON_EVENTS,
    "dashboard": _COMMON_EVENTS,
}
_ODD = re.compile(r"[^A-Za-z0-9_]")


def label(value: str) -> str:
    """A label value as Tamma's metrics service writes it: odd characters become ``_``, cut at 200."""
    return _ODD.sub("_", value)[:200]


@dataclass(frozen=True)
class Profile:
    """A kind of issue: who works on it and what it is; ``weight`` is its share of all issues."""

    provider: str
    platform: str
    issue_type: str
    complexity: str
    language: str
    repository: str
    weight: float


PROFILES: tuple[Profile, ...] = (
    Profile("anthropic_claude", "github", "feature", "high", "typescript", "meywd/tamma", 0.20),
    Profile("anthropic_claude", "github", "bug", "medium", "typescript", "meywd/tamma", 0.20),
    Profile("anthropic_claude", "github", "chore", "low", "typescript", "acme/shop-web", 0.09),
    Profile("anthropic_claude", "gitlab", "bug", "medium", "typescript", "acme/billing", 0.11),
    Profile("openai", "github", "feature", "medium", "python", "acme/pricing", 0.16),
    Profile("openai", "gitlab", "bug", "low", "python", "acme/etl", 0.09),
    Profile("github_copilot", "github", "bug", "low", "typescript", "acme/shop-web", 0.15),
)
