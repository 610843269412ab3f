"""The words for externals: from what was measured, with nothing made up where nothing was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.health.external import (
    GONE,
    NOT_TOLD,
    Measured,
    Slow,
    blames,
    external_of,
    label_of,
    limit_words,
    needs,
    worst_first,
)
from app.health.status import Status
from app.health.topology import Kind

AI, GIT = Kind.AI_PROVIDER, Kind.GIT_PLATFORM
# A call a second: three hundred in five minutes.
FINE = Measured("openai", AI, rate=1.0, failed=0.01, p95_s=20.0, refused=0.0, reset_s=0.0)


def words(**changes: object) -> tuple[Status, str]:
    found = external_of(replace(FINE, **changes))  # type: ignore[arg-type]
    return found.status, found.reason


def test_what_is_fine_needs_no_reason() -> None:
    assert words() == (Status.HEALTHY, "")


@pytest.mark.parametrize(
    ("failed", "status"),
    [(0.05, Status.HEALTHY), (0.051, Status.DEGRADED), (0.5, Status.DEGRADED), (0.501, Status.UNHEALTHY)],
)
def test_failures_degrade_above_a_twentieth_and_break_above_half(failed: float, status: Status) -> None:
    assert words(failed=failed)[0] is status


def test_fewer_than_three_failures_tell_nothing() -> None:
    assert words(rate=10 / 300, failed=0.2) == (Status.HEALTHY, ""), "two of ten"
    assert words(rate=10 / 300, failed=0.3) == (Status.DEGRADED, "30.0% of calls fail (limit 5%)")
    assert words(rate=2 / 300, failed=1.0) == (Status.UNKNOWN, "2 calls, all failed: too few to tell")


def test_an_outage_says_since_when_nothing_succeeded() -> None:
    assert words(failed=1.0, success_ago_s=700.0) == (
        Status.UNHEALTHY,
        "100.0% of calls fail (limit 5%), last success 11 min 40 s ago",
    )


def test_calls_that_do_not_say_how_they_ended_are_not_all_well() -> None:
    assert words(failed=None) == (Status.UNKNOWN, NOT_TOLD)


def test_nothing_called_and_nothing_measured_are_unknown() -> None:
    assert words(rate=0.0, failed=None) == (Status.UNKNOWN, "no calls in 5 min")
    assert words(rate=None, failed=None, p95_s=None) == (Status.UNKNOWN, "not measured")
    assert words(reported=False) == (Status.UNKNOWN, GONE)
    assert words(rate=0.0, failed=None, reset_s=240.0)[1] == "no calls in 5 min, rate limit resets in 4 min"


def test_one_refusal_limits_a_platform_and_three_a_provider() -> None:
    assert words(refused=2.0) == (Status.HEALTHY, "")
    assert words(refused=3.1, reset_s=240.0) == (Status.DEGRADED, "limited, resets in 4 min")
    assert words(kind=GIT, p95_s=0.3, refused=1.05) == (Status.DEGRADED, "1 refused in 5 min")


def test_slow_is_above_its_own_usual_or_the_limit_of_its_kind() -> None:
    assert words(slow=Slow(41.0, 22.0, 1.4)) == (
        Status.DEGRADED,
        "p95 41.0 s over half an hour, usual up to 22.0 s",
    )
    assert words(slow=Slow(23.0, 22.0, 0.9)) == (Status.HEALTHY, "")
    assert words(slow=Slow(0.2, 22.0, -3.0)) == (Status.HEALTHY, ""), "quick is well"
    assert words(mean_s=20.0) == (Status.HEALTHY, "")
    assert words(mean_s=20.1) == (Status.DEGRADED, "calls take 20.1 s on average over 15 min (limit 20 s)")
    assert words(p95_s=60.0) == (Status.DEGRADED, "p95 60.0 s (limit 60 s)")
    assert words(kind=GIT, p95_s=4.9)[0] is Status.HEALTHY


def test_a_limit_is_not_made_up_of_a_moment_of_reset() -> None:
    assert limit_words(replace(FINE, reset_s=3_000.0)) == "not limited"
    assert limit_words(replace(FINE, refused=None, reset_s=None)) == ""
    assert limit_words(replace(FINE, refused=None, reset_s=60.0)) == "resets in 1 min"
    assert limit_words(replace(FINE, refused=2.0)) == "2 refused in 5 min"


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    found = [
        external_of(replace(FINE, name=name, failed=failed))
        for name, failed in (("b", 0.0), ("a", 0.0), ("half", 0.6), ("all", 0.9), ("mute", None))
    ]
    assert [one.name for one in worst_first(found)] == ["all", "half", "mute", "a", "b"]


def test_names_of_events_are_written_as_labels_are() -> None:
    assert label_of("anthropic-claude") == "anthropic_claude"
    assert label_of("z.ai") == "z_ai"
    assert len(label_of("x" * 300)) == 200


def test_step_errors_are_blamed_by_their_type() -> None:
    assert blames("provider_timeout", AI)
    assert not blames("provider_timeout", GIT)
    assert blames("PlatformError", GIT)
    assert blames("rate_limit", AI)
    assert blames("rate_limit", GIT)
    assert blames("ai_error", AI)
    assert not blames("failed_plaintext", AI), "ai within a word"
    assert not any(blames(other, kind) for other in ("test_failed", "worker_lost", "") for kind in (AI, GIT))
    assert needs("CONTEXT_GATHERING") == (AI, GIT)
    assert needs("DEPLOYMENT") == ()
