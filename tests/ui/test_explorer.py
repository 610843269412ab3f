"""What stands below the explorer's form for any text, and what the form offers each role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from plotly.io.json import to_json_plotly

from app.access import Role
from app.explore.beginnings import BEGINNINGS
from app.ui import ids
from app.ui.explorer import explored, explorer, limits

HOSTILE = '<img src=x onerror="alert(1)">'


def parts(component: Any) -> Iterator[Any]:
    """The component and all within."""
    yield component
    children = getattr(component, "children", None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if hasattr(child, "to_plotly_json"):
            yield from parts(child)


def keys(component: Any) -> list[str]:
    """The keys of the cards that a page's tick asks for."""
    (store,) = [one for one in parts(component) if getattr(one, "id", None) == ids.PAGE_WIDGETS]
    found: list[str] = store.data["keys"]
    return found


def words(component: Any) -> str:
    found: str = to_json_plotly(component)
    return found


def test_without_a_text_there_are_beginnings_and_nothing_is_asked() -> None:
    page = explored("")
    assert keys(page) == []
    links = [one for one in parts(page) if getattr(one, "href", None)]
    assert [one.to_plotly_json()["props"]["data-explore"] for one in links] == [one.text for one in BEGINNINGS]


def test_a_text_in_any_order_is_the_card_of_the_one_exploration() -> None:
    assert keys(explored("agg=sum&metric=up"))[0] == "explore.chart:metric=up&agg=sum"
    assert keys(explored("agg=sum&metric=up")) == keys(explored("metric=up&agg=sum"))


@pytest.mark.parametrize("written", ["nonsense", "metric=", "metric=%7B", "metric=up&top=999", f"metric={HOSTILE}"])
def test_a_text_that_is_none_is_refused_in_words_and_asks_nothing(written: str) -> None:
    page = explored(written)
    assert keys(page) == []
    (told,) = [one for one in parts(page) if getattr(one, "role", None) == "alert"]
    assert "allowed" in told.children


def test_what_is_in_a_text_is_never_markup() -> None:
    page = words(explored("metric=up&where=job,eq,%3Cimg%20src%3Dx%20onerror%3D%22alert%281%29%22%3E"))
    assert "dangerously" not in page
    assert all(type(one).__name__ != "Markdown" for one in parts(explored("metric=up")))


def test_the_form_offers_what_the_role_may_ask() -> None:
    for role in (None, Role.READONLY, Role.OPERATOR):
        assert limits(role) == {**limits(role), "raw": False, "top": 20, "days": 7, "everybodys": False}
    for role in (Role.DEVELOPER, Role.ADMIN):
        assert limits(role) == {**limits(role), "raw": True, "top": 100, "days": None}
    assert limits(Role.ADMIN)["everybodys"]
    assert not limits(Role.DEVELOPER)["everybodys"]


def test_the_browser_is_told_which_text_the_page_was_made_for() -> None:
    (store,) = [one for one in parts(explorer("metric=up", Role.READONLY)) if getattr(one, "id", None) == ids.EXPLORER]
    assert store.data["text"] == "metric=up"
