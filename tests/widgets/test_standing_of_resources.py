"""A resource at its limit stands as its verdict says, unless the limit only caps what runs at once."""

from __future__ import annotations

import pytest

from app.health.capacity import Exhaustion, Outlook, Verdict
from app.health.status import Status
from app.widgets.capacity_standing import Standing
from app.widgets.capacity_subjects import SUBJECTS

NOW, DAY = 1_790_000_000.0, 86_400
QUEUE = next(one for one in SUBJECTS if not one.caps)
CAPPED = next(one for one in SUBJECTS if one.caps)
REACHED = Outlook(Verdict.AT_LIMIT, "already at its limit")


@pytest.mark.parametrize("used", [None, 10.0, 95.0, 100.0, 120.0])
def test_what_is_called_at_its_limit_is_unhealthy(used: float | None) -> None:
    one = Standing(QUEUE, used, 100.0, REACHED, NOW)
    assert (one.status, one.words) == (Status.UNHEALTHY, "already at its limit")


@pytest.mark.parametrize("used", [None, 10.0, 100.0])
def test_a_cap_that_was_reached_is_no_failure(used: float | None) -> None:
    assert Standing(CAPPED, used, 100.0, REACHED, NOW).status is Status.HEALTHY


def test_what_is_at_its_limit_stands_before_what_will_be() -> None:
    full = Outlook(Verdict.FULL, "full", exhaustion=Exhaustion(NOW, NOW + 3 * DAY, None))
    soon, calm = (
        Standing(QUEUE, 50.0, 100.0, found, NOW) for found in (full, Outlook(Verdict.NOT_GROWING, "not growing"))
    )
    reached, capped = Standing(QUEUE, 20.0, 100.0, REACHED, NOW), Standing(CAPPED, 100.0, 100.0, REACHED, NOW)
    assert sorted([calm, soon, capped, reached], key=lambda one: one.rank) == [reached, soon, capped, calm]
