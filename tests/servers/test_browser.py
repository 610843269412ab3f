"""The browser of the tests is Debian's Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.browser
def test_chromium_shows_a_page(page: Page) -> None:
    page.set_content("<h1>Hello</h1>")
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
