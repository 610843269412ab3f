"""Readiness checks: run at once, bounded in time, shared by all who ask within a moment."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass

from app.sources.errors import BadQuery, SourceError, TimedOut

TIMEOUT_S = 3.0
SHARED_S = 1.0
log = logging.getLogger(__name__)


class Degraded(Exception):
    """Something is wanting, and the dashboard serves all the same. The message is for anybody."""

    def __init__(self, message: str, details: str = "") -> None:
        self.details = details
        super().__init__(message)


@dataclass(frozen=True)
class Check:
    """One readiness check: ``run`` returns, or raises SourceError, RuntimeError or OSError saying what is wrong.

    It raises Degraded where that is no reason to send people elsewhere.
    """

    name: str
    run: Callable[[], None]


@dataclass(frozen=True)
class CheckResult:
    """The outcome of a check: ``healthy``, ``degraded`` or ``unhealthy``.

    ``message`` is for anybody and names nothing inside; ``details`` are for those who run the dashboard.
    """

    name: str
    status: str
    message: str
    details: str = ""

    @property
    def healthy(self) -> bool:
        """Whether nothing was found wanting."""
        return self.status == "healthy"

    @property
    def serving(self) -> bool:
        """Whether requests may come all the same."""
        return self.status != "unhealthy"


class Checks:
    """Runs checks on threads of its own. Strangers may ask as often as they like: an answer is shared for a second."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = {check.name: check for check in checks}
        self._threads = ThreadPoolExecutor(2 * len(checks), thread_name_prefix="check")
        # One lock for each set of names: who asks for the database alone does not wait for a hanging Prometheus.
        self._guards: dict[frozenset[str], threading.Lock] = {}
        self._kept: dict[frozenset[str], tuple[float, tuple[CheckResult, ...]]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all checks, in their order."""
        return tuple(self._checks)

    def run(self, names: frozenset[str] = frozenset()) -> tuple[CheckResult, ...]:
        """The results of the named checks (none: all), in the order of the checks; at most a second old."""
        with self._guards.setdefault(names, threading.Lock()):
            until, results = self._kept.get(names, (0.0, ()))
            if time.monotonic() > until:
                results = self._run([check for name, check in self._checks.items() if not names or name in names])
                self._kept[names] = time.monotonic() + SHARED_S, results
            return results

    def _run(self, checks: Sequence[Check]) -> tuple[CheckResult, ...]:
        """Every check at once: one that hangs must not hide the others."""
        deadline = time.monotonic() + TIMEOUT_S
        futures = [(check.name, self._threads.submit(check.run)) for check in checks]
        return tuple(_outcome(name, future.result, deadline) for name, future in futures)


def _outcome(name: str, wait: Callable[..., None], deadline: float) -> CheckResult:
    try:
        wait(timeout=max(0.0, deadline - time.monotonic()))
    except Late:
        return CheckResult(name, "unhealthy", f"no answer within {TIMEOUT_S:g} s")
    except Degraded as found:
        return CheckResult(name, "degraded", str(found), found.details)
    except (SourceError, RuntimeError, OSError) as error:
        log.warning("check %s: %s", name, error)
        return CheckResult(name, "unhealthy", _word(error), str(error))
    return CheckResult(name, "healthy", "OK")


def _word(error: Exception) -> str:
    """What a stranger may read: no address, no path, no words of a driver."""
    if isinstance(error, TimedOut):
        return "no answer in time"
    if isinstance(error, BadQuery):
        return "refuses the question"
    return "does not answer, or not as it should" if isinstance(error, SourceError) else "beyond its limit"
