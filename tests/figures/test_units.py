"""Numbers in words: a readable scale, a dash for the unknown, and never a rounder number than is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.figures.units import Unit, limit_text, number_text, scale_for


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, Unit.COUNT, ("–", "")),
        (None, Unit.SHARE, ("–", "")),
        (0.0, Unit.COUNT, ("0", "")),
        (12_345.0, Unit.COUNT, ("12,345", "")),
        (0.0, Unit.SECONDS, ("0.00", " ms")),
        (0.0423, Unit.SECONDS, ("42.3", " ms")),
        (0.4236, Unit.SECONDS, ("424", " ms")),
        (1.0, Unit.SECONDS, ("1.00", " s")),
        (75.5, Unit.SECONDS, ("75.5", " s")),
        (0.0, Unit.SHARE, ("0.00", "%")),
        (0.25, Unit.SHARE, ("25.0", "%")),
        (1.0, Unit.SHARE, ("100", "%")),
        (0.9999, Unit.SHARE, ("99.9", "%")),
        (0.999999, Unit.SHARE, ("99.9", "%")),
        (0.0004, Unit.SHARE, ("0.04", "%")),
        (1023.0, Unit.BYTES, ("1,023", " B")),
        (1024.0, Unit.BYTES, ("1.00", " KiB")),
        (1536.0 * 1024**2, Unit.BYTES, ("1.50", " GiB")),
        (5.0 * 1024**6, Unit.BYTES, ("5,120", " PiB")),
        (2048.0, Unit.BYTES_PER_SECOND, ("2.00", " KiB/s")),
        (6.666, Unit.PER_SECOND, ("6.67", "/s")),
        (24.0, Unit.PER_MINUTE, ("24.0", "/min")),
        (0.3, Unit.CORES, ("0.30", " cores")),
    ],
)
def test_numbers_in_words(value: float | None, unit: Unit, text: tuple[str, str]) -> None:
    assert number_text(value, unit) == text


@pytest.mark.parametrize(
    ("limit", "unit", "text"),
    [
        (1.0, Unit.CORES, "1 core"),
        (1.5, Unit.CORES, "1.5 cores"),
        (1024.0**3, Unit.BYTES, "1 GiB"),
        (0.8, Unit.SHARE, "80%"),
        (1500.0, Unit.COUNT, "1,500"),
    ],
)
def test_limits_in_words(limit: float, unit: Unit, text: str) -> None:
    assert limit_text(limit, unit) == text


@given(st.floats(0, 1, exclude_max=True))
def test_less_than_all_is_never_written_as_all(share: float) -> None:
    assert float(number_text(share, Unit.SHARE)[0]) < 100


@given(st.floats(0, 10**15), st.sampled_from([unit for unit in Unit if unit is not Unit.COUNT]))
def test_the_words_are_true_within_half_a_digit(value: float, unit: Unit) -> None:
    text, suffix = number_text(value, unit)
    scale = scale_for(unit, value)
    assert suffix == scale.suffix
    digits = len(text.partition(".")[2])
    allowed = 0.1 if unit is Unit.SHARE else 0.501 * 10**-digits
    assert abs(float(text.replace(",", "")) - value * scale.factor) <= allowed + value * scale.factor * 1e-12


@pytest.mark.parametrize("unit", list(Unit))
def test_every_unit_has_a_scale(unit: Unit) -> None:
    for largest in (0, 0.5, 1, 5_000, 10**18):
        assert scale_for(unit, largest).factor > 0
    assert scale_for(unit, -3_000) == scale_for(unit, 3_000)
