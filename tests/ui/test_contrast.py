"""Text and marks can be read on their ground: WCAG's contrast of the tokens in assets/theme.css, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.figures import theme

STYLES = (Path(__file__).parents[2] / "assets" / "theme.css").read_text(encoding="utf-8")
TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
THEMES = {
    name: {token: (light, dark)[at] for token, light, dark in TOKEN.findall(STYLES)}
    for at, name in enumerate(("light", "dark"))
}
GROUNDS = ("page", "card")
TEXTS = ("text", "quiet", "green", "amber", "red", "blue", "grey")
FOR_TEXT, FOR_MARKS = 4.5, 3.0


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, by WCAG 2.2's formula."""
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read(name: str, ground: str, text: str) -> None:
    tokens = THEMES[name]
    assert contrast(tokens[text], tokens[ground]) >= FOR_TEXT


@pytest.mark.parametrize("name", THEMES)
def test_the_word_on_the_sign_in_button_can_be_read(name: str) -> None:
    assert contrast(THEMES[name]["card"], THEMES[name]["blue"]) >= FOR_TEXT


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_edge_of_a_field_can_be_seen(name: str, ground: str) -> None:
    assert contrast(THEMES[name]["edge"], THEMES[name][ground]) >= FOR_MARKS


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("curve", (*theme.PERCENTILE, *theme.OUTCOME))
def test_curves_told_apart_by_shade_can_be_seen(name: str, curve: str) -> None:
    assert contrast(theme.colour(curve, 0), THEMES[name]["card"]) >= FOR_MARKS


@pytest.mark.parametrize("token", ["card", "line", "text", "quiet"])
def test_tokens_that_exports_read_are_registered_as_colours(token: str) -> None:
    assert re.search(rf'@property --{token} {{ syntax: "<color>";', STYLES)
