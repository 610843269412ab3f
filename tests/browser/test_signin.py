"""Who gets in, who stays out, and that nothing is left after signing out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from tests.browser.cards import card, expect_connection, expect_live, preset
from tests.browser.conftest import OpenAs, sign_in
from tests.browser.scene import Scene
from tests.browser.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
# A refused tick in Chromium's words and Dash's, which reads the answer twice.
SIGNED_OUT = ("401", "Callback failed", "body stream already read")


def end_newest_session(scene: Scene, name: str) -> None:
    scene.sql(
        "delete from dashboard.sessions where id_hash = (select s.id_hash from dashboard.sessions s"
        " join dashboard.users u on u.id = s.user_id where u.name = %s order by s.created_at desc limit 1)",
        name,
    )


def sign_out(page: Page) -> None:
    button = page.locator('form[action="/logout"] button')
    page.locator("details", has=button).locator("summary").click()
    button.click()


def test_a_wrong_password_is_refused_and_a_right_one_lets_in(stranger: Page, watch: Watch) -> None:
    watch.expect(*SIGNED_OUT)
    stranger.goto("/login")
    sign_in(stranger, "readonly", "correct horse batterie")
    expect(stranger.get_by_role("alert")).to_be_visible()
    expect(stranger.locator("input[name=username]")).to_have_value("readonly")
    expect(stranger.locator("input[name=password]")).to_have_value("")
    assert not [one for one in stranger.context.cookies() if one["name"].endswith("tamma_session")]
    sign_in(stranger, "readonly")
    expect_live(stranger, "status.overall")


def test_a_stranger_signs_in_and_lands_where_he_wanted(stranger: Page, scene: Scene) -> None:
    stranger.goto("/profile?from=now-6h")
    expect(stranger).to_have_url(f"{scene.url}/login?next=%2Fprofile%3Ffrom%3Dnow-6h")
    expect(stranger.locator("[data-widget]")).to_have_count(0)
    sign_in(stranger, "operator")
    expect(stranger).to_have_url(f"{scene.url}/profile?from=now-6h")
    expect(preset(stranger, "6h")).to_have_attribute("aria-pressed", "true")


def test_signing_in_leads_to_no_other_site(stranger: Page, scene: Scene, watch: Watch) -> None:
    watch.expect(*SIGNED_OUT)  # the page is still loading when its cookies go
    for target in ("https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"):
        stranger.goto(f"/login?next={target}")
        sign_in(stranger, "operator")
        expect(stranger).to_have_url(f"{scene.url}/")
        stranger.context.clear_cookies()


def test_after_signing_out_neither_back_nor_reload_nor_the_old_cookie_shows_anything(
    stranger: Page, scene: Scene, watch: Watch
) -> None:
    stranger.goto("/login")
    sign_in(stranger, "developer")
    expect_live(stranger, "status.overall")
    cookies = stranger.context.cookies()
    sign_out(stranger)
    expect(stranger).to_have_url(f"{scene.url}/login")
    stranger.go_back()
    expect(stranger.locator("input[name=password]")).to_be_visible()
    expect(stranger.locator("[data-widget]")).to_have_count(0)
    stranger.reload()
    expect(stranger.locator("input[name=password]")).to_be_visible()
    stranger.context.add_cookies(cookies)  # type: ignore[arg-type]  # what cookies() gave
    stranger.goto("/profile")
    expect(stranger.locator("input[name=password]")).to_be_visible()
    assert stranger.request.get("/api/dashboard/widgets/status.overall").status == 401


def test_a_page_whose_session_has_ended_goes_to_sign_in_and_back_to_its_range(
    stranger: Page, scene: Scene, watch: Watch
) -> None:
    watch.expect(*SIGNED_OUT)
    stranger.clock.install()
    stranger.goto("/login?next=%2F%3Ffrom%3Dnow-6h%26refresh%3D5")
    sign_in(stranger, "operator")
    expect_live(stranger, "status.overall")
    end_newest_session(scene, "operator")
    stranger.clock.fast_forward(20_000)
    expect(stranger).to_have_url(f"{scene.url}/login?next=%2F%3Ffrom%3Dnow-6h%26refresh%3D5")
    sign_in(stranger, "operator")
    expect(preset(stranger, "6h")).to_have_attribute("aria-pressed", "true")


def test_a_resting_page_whose_session_has_ended_goes_to_sign_in_when_it_is_used(
    stranger: Page, scene: Scene, watch: Watch
) -> None:
    watch.expect(*SIGNED_OUT)
    stranger.route_web_socket(re.compile("/ws$"), lambda line: line.close())  # by that it would go by itself
    stranger.clock.install()
    stranger.goto("/login?next=%2F%3Frefresh%3D0")
    sign_in(stranger, "operator")
    expect_live(stranger, "status.overall")
    expect_connection(stranger, "paused")
    end_newest_session(scene, "operator")
    preset(stranger, "15m").click()
    stranger.clock.fast_forward(20_000)
    expect(stranger.locator("input[name=password]")).to_be_visible()


def test_signing_out_in_one_tab_ends_the_other(stranger: Page, watch: Watch) -> None:
    watch.expect(*SIGNED_OUT)
    stranger.goto("/login")
    sign_in(stranger, "operator")
    other = stranger.context.new_page()
    other.clock.install()
    other.goto("/?refresh=5")
    expect_live(other, "status.overall")
    sign_out(stranger)
    expect(stranger.locator("input[name=password]")).to_be_visible()
    other.clock.fast_forward(20_000)
    expect(other.locator("input[name=password]")).to_be_visible()


def test_two_tabs_keep_ranges_of_their_own(open_as: OpenAs) -> None:
    first = open_as(Role.READONLY)
    second = first.context.new_page()
    second.goto("/overview?from=now-6h")
    expect_live(first, "workflows.counts")
    expect_live(second, "workflows.counts")
    preset(first, "15m").click()
    expect(preset(first, "15m")).to_have_attribute("aria-pressed", "true")
    expect(preset(second, "6h")).to_have_attribute("aria-pressed", "true")
    assert "now-6h" in second.url
    expect(card(second, "workflows.counts")).to_be_visible()
