"""The clock on the wall, held against the standard library moment by moment."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pytest

from app.health.local_time import local_seconds

YEAR = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
)
def test_every_half_hour_of_a_year_is_that_of_the_wall(zone: str) -> None:
    moments = np.arange(YEAR + 450, YEAR + 366 * 86_400, 1_800, dtype=np.float64)
    clock = ZoneInfo(zone)
    walls = [datetime.fromtimestamp(moment, clock).replace(tzinfo=UTC).timestamp() for moment in moments]
    np.testing.assert_array_equal(local_seconds(moments, zone), walls)


def test_no_moments_are_no_moments() -> None:
    assert not len(local_seconds(np.empty(0), "Europe/Berlin"))


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        local_seconds(np.array([0.0]), "Europe/Atlantis")
