"""The parts of the platform and who calls whom, as declared: the measured world is laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.health.services import SERVICES


class Kind(StrEnum):
    """What a node is."""

    INGRESS = "ingress"
    SERVICE = "service"
    MONITORING = "monitoring"
    AI_PROVIDER = "ai-provider"
    GIT_PLATFORM = "git-platform"
    DATABASE = "database"
    QUEUE = "queue"


KIND_WORDS = {
    Kind.INGRESS: "ingress",
    Kind.SERVICE: "service",
    Kind.MONITORING: "monitoring",
    Kind.AI_PROVIDER: "AI provider",
    Kind.GIT_PLATFORM: "Git platform",
    Kind.DATABASE: "database",
    Kind.QUEUE: "queue",
}


class Need(StrEnum):
    """What becomes of the caller when the callee is gone."""

    REQUIRED = "required"  # it cannot do its work
    FALLBACK = "fallback"  # it has another way
    NONE = "none"  # it does not notice: a push or a scrape


@dataclass(frozen=True)
class Link:
    """A declared connection: ``caller`` opens it to ``callee``."""

    caller: str
    callee: str
    need: Need = Need.REQUIRED


POSTGRES, REDIS, PROMETHEUS, INGRESS, ALERTS = "postgres", "redis", "prometheus", "ingress", "alert engine"
ORCHESTRATOR, WORKERS, API, DASHBOARD = SERVICES
NODES: Mapping[str, Kind] = {
    INGRESS: Kind.INGRESS,
    API: Kind.SERVICE,
    DASHBOARD: Kind.SERVICE,
    ORCHESTRATOR: Kind.SERVICE,
    WORKERS: Kind.SERVICE,
    ALERTS: Kind.MONITORING,
    PROMETHEUS: Kind.MONITORING,
    POSTGRES: Kind.DATABASE,
    REDIS: Kind.QUEUE,
}
LINKS = (
    *(Link(INGRESS, API), Link(INGRESS, ORCHESTRATOR)),
    *(Link(API, POSTGRES), Link(API, REDIS, Need.FALLBACK), Link(API, ORCHESTRATOR)),
    *(Link(WORKERS, ORCHESTRATOR), Link(WORKERS, POSTGRES), Link(WORKERS, REDIS, Need.FALLBACK)),
    *(Link(ORCHESTRATOR, WORKERS), Link(ORCHESTRATOR, POSTGRES), Link(ORCHESTRATOR, REDIS, Need.FALLBACK)),
    *(Link(DASHBOARD, PROMETHEUS), Link(DASHBOARD, POSTGRES)),
    *(Link(ALERTS, PROMETHEUS), Link(ALERTS, POSTGRES)),
    *(Link(PROMETHEUS, service, Need.NONE) for service in SERVICES),
)
# Who calls what is outside; a Git platform also calls the api, with webhooks.
EXTERNAL_CALLERS = (ORCHESTRATOR, WORKERS)
EXTERNAL_KINDS = (Kind.AI_PROVIDER, Kind.GIT_PLATFORM)

# The 14 steps of a workflow in their order, and those that call an AI provider, a Git platform, or run on a worker.
STEPS = (
    *("ISSUE_ASSIGNMENT", "CONTEXT_GATHERING", "RESEARCH", "AMBIGUITY_CHECK", "CODE_GENERATION", "BUILD_VALIDATION"),
    *("TEST_VALIDATION", "SECURITY_SCAN", "CODE_REVIEW", "PR_CREATION", "CI_CHECK", "APPROVAL_GATE", "MERGE"),
    "DEPLOYMENT",
)
AI_STEPS = frozenset({"CONTEXT_GATHERING", "RESEARCH", "AMBIGUITY_CHECK", "CODE_GENERATION", "CODE_REVIEW"})
GIT_STEPS = frozenset({"ISSUE_ASSIGNMENT", "CONTEXT_GATHERING", "CODE_GENERATION", "PR_CREATION", "CI_CHECK", "MERGE"})
WORKER_STEPS = frozenset({"CODE_GENERATION", "BUILD_VALIDATION", "TEST_VALIDATION", "SECURITY_SCAN", "DEPLOYMENT"})


def steps_affected(name: str, kind: Kind) -> tuple[str, ...]:
    """The workflow steps that cannot be done while ``name`` is down, in their order.

    Every step is assigned by the orchestrator and recorded in the database. With several providers or platforms only
    the runs that use this one are held up.
    """
    if kind is Kind.DATABASE or (name, kind) == (ORCHESTRATOR, Kind.SERVICE):
        return STEPS
    wanted = {Kind.AI_PROVIDER: AI_STEPS, Kind.GIT_PLATFORM: GIT_STEPS}.get(kind, frozenset())
    if (name, kind) == (WORKERS, Kind.SERVICE):
        wanted = WORKER_STEPS
    return tuple(step for step in STEPS if step in wanted)
