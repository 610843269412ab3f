"""Every page is free of what axe-core can tell to be against WCAG 2.2 AA, in both themes, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.access import Role
from tests.browser.addresses import ADDRESSES, expect_drawn
from tests.browser.conftest import OpenAs

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"], "resultTypes": ["violations"]}
# Another theme changes nothing but colours.
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}


def violations(page: Page, options: Mapping[str, Any] = RULES) -> list[str]:
    """Each rule that is broken, with the first elements that break it."""
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {[node['html'][:200] for node in one['nodes'][:3]]}" for one in found]


@pytest.mark.parametrize("address", [*ADDRESSES, "/no/such/page"])
def test_a_page_is_accessible(open_as: OpenAs, address: str) -> None:
    page = open_as(Role.ADMIN, address, viewport=DESK, color_scheme="light", reduced_motion="reduce")
    expect_drawn(page)
    assert violations(page) == [], "light"
    page.emulate_media(color_scheme="dark")
    assert violations(page, CONTRAST) == [], "dark"
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # width and height
    assert violations(page) == [], "dark, on a phone"


@pytest.mark.parametrize("role", [Role.READONLY, Role.OPERATOR, Role.DEVELOPER], ids=lambda role: role.word)
def test_each_home_is_accessible(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/", viewport=DESK)
    expect_drawn(page)
    assert violations(page) == []


def test_the_sign_in_page_is_accessible(stranger: Page) -> None:
    stranger.goto("/login")
    for scheme in ("light", "dark"):
        stranger.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        assert violations(stranger) == []
