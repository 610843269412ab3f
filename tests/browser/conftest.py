"""One running product for all browser tests, a browser signed in for each role, and an eye on its console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.access import Role
from tests.browser.scene import Scene, log_folder, past_now, samples, write_past
from tests.browser.watch import Watch
from tests.conftest import PrometheusWith
from tests.servers.ports import LOOPBACK
from tests.servers.postgres import PostgresServer
from tests.servers.proxy import Proxy
from tests.stack import PASSWORD, add_accounts, start_web, web_settings

OpenAs = Callable[..., Page]
# Two processors are shared by a browser, two web processes, two databases and whoever else tests now.
WAIT_MS = 20_000


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    """How long an expectation may take to come true."""
    expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def running(postgres_server: PostgresServer, prometheus_with: PrometheusWith, server_folder: Path) -> Iterator[Scene]:
    """The product on a quiet platform."""
    now = past_now()
    prometheus = prometheus_with(samples(now))
    proxy = Proxy(LOOPBACK, prometheus.port)
    database = postgres_server.create()
    add_accounts(database)
    write_past(database, now)
    folder = server_folder / "web"
    settings = web_settings(folder, database=database, prometheus=proxy.url, logs=log_folder(folder / "logs"))
    web = start_web(folder, settings)
    yield Scene(web, database, proxy, now)
    web.stop()
    proxy.close()
    postgres_server.drop(database)
    prometheus.stop()


@pytest.fixture
def scene(running: Scene) -> Iterator[Scene]:
    """The product, healthy before and after each test."""
    yield running
    running.restart()


@pytest.fixture(scope="session")
def signed_in(running: Scene, browser: Browser) -> Iterator[Callable[[Role], BrowserContext]]:
    """``signed_in(role)``: the browser in which that role has signed in through the form, once for all tests."""
    contexts: dict[Role, BrowserContext] = {}

    def of(role: Role) -> BrowserContext:
        if role not in contexts:
            contexts[role] = browser.new_context(base_url=running.url)
            page = contexts[role].new_page()
            page.goto("/login")
            sign_in(page, role.word)
            page.wait_for_url(f"{running.url}/")
            page.close()
        return contexts[role]

    yield of
    for context in contexts.values():
        context.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test on anything the browser complained about that the test has not announced."""
    found = Watch()
    yield found
    found.check()


@pytest.fixture
def stranger(scene: Scene, watch: Watch, new_context: Callable[..., BrowserContext]) -> Page:
    """A page of a browser without cookies; relative addresses are the dashboard's."""
    page = new_context(base_url=scene.url).new_page()
    watch.attach(page)
    return page


@pytest.fixture
def open_as(
    scene: Scene,
    watch: Watch,
    signed_in: Callable[[Role], BrowserContext],
    new_context: Callable[..., BrowserContext],
) -> Iterator[OpenAs]:
    """``open_as(role, path="/overview", clock=False, **options)``: a new page in which that role has signed in.

    With ``clock`` the test can move the browser's time on with ``page.clock``; it also runs by itself. A clock, and
    options of a browser context (a viewport, a colour scheme), make it a fresh browser with the role's cookies.
    """
    opened: list[Page] = []

    def start(role: Role, path: str = "/overview", *, clock: bool = False, **options: Any) -> Page:
        context = signed_in(role)
        if options or clock:
            context = new_context(base_url=scene.url, storage_state=context.storage_state(), **options)
        page = context.new_page()
        opened.append(page)
        watch.attach(page)
        if clock:
            page.clock.install()
        page.goto(path)
        return page

    yield start
    for page in opened:
        page.close()


@pytest.fixture(scope="module")
def lasting(signed_in: Callable[[Role], BrowserContext]) -> Iterator[OpenAs]:
    """``lasting(role, path="/overview")``: a page for all tests of a module, which leave it as they found it.

    Drawing the overview takes seconds, so tests that only look share it. What the browser complains about fails the
    module's last test.
    """
    watch, opened = Watch(), []

    def start(role: Role, path: str = "/overview") -> Page:
        page = signed_in(role).new_page()
        opened.append(page)
        watch.attach(page)
        page.goto(path)
        return page

    yield start
    for page in opened:
        page.close()
    watch.check()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fills in and sends the form that the page shows."""
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
