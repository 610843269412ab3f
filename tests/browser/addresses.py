"""An address of every page, and when it has drawn all that it can."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from pages.registry import PAGES

# What the addresses of pages about one thing name in these tests.
EXAMPLES = {"<service>": "api"}
DRAWN_MS = 30_000


def address(path: str) -> str:
    """The path with an example in the place of its variable."""
    for variable, example in EXAMPLES.items():
        path = path.replace(variable, example)
    return path


ADDRESSES = tuple(address(page.path) for page in PAGES)


def expect_drawn(page: Page) -> None:
    """The page is there, and none of its cards is still loading."""
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator('[data-widget][data-state="loading"]')).to_have_count(0, timeout=DRAWN_MS)
