"""People sign in with the form, stay signed in, and sign out."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from app.access import Role
from app.auth.cookies import CSRF
from tests.auth.site import PASSWORD, Site, csrf_header, sign_in


def _cookies(answer: Any) -> dict[str, str]:
    return {line.split("=", 1)[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_the_form_has_what_people_and_scripts_hold_on_to(site: Site) -> None:
    page = site.client().get("/login").text
    assert 'name="username"' in page
    assert 'name="password"' in page
    assert 'type="submit"' in page
    assert '<script src="/assets/theme.js"></script>' in page
    assert page.count("<script") == 1
    assert not re.search(r"style=|<style|\son\w+=", page)


def test_signing_in_opens_the_pages_and_signing_out_closes_them(site: Site) -> None:
    site.add("anna", Role.OPERATOR)
    browser = site.signed_in("anna")
    assert browser.get("/api/operator").get_json() == {"name": "anna", "role": "operator"}
    session = browser.get_cookie("tamma_session")
    answer = browser.post("/logout", data={"csrf_token": csrf_header(browser)["X-CSRFToken"]})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login"
    assert browser.get_cookie("tamma_session") is None
    assert session is not None
    browser.set_cookie("tamma_session", session.value)
    assert browser.get("/api/operator").status_code == 401


def test_names_are_the_same_in_any_case(site: Site) -> None:
    site.add("Anna")
    assert sign_in(site.client(), "aNNA").status_code == 303


def test_a_wrong_name_and_a_wrong_password_look_the_same(site: Site) -> None:
    site.add("anna")
    answers = [sign_in(site.client(), "anna", "wrong password"), sign_in(site.client(), "bert", "wrong password")]
    assert [answer.status_code for answer in answers] == [401, 401]
    for answer in answers:
        assert "The user name or the password is wrong." in answer.text
        assert "tamma_session" not in _cookies(answer)
        assert "wrong password" not in answer.text


def test_cookies_on_plain_http_of_this_machine(site: Site) -> None:
    site.add("anna")
    cookies = _cookies(sign_in(site.client(), "anna"))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookies["tamma_session"].split("; "))
    assert "Secure" not in cookies["tamma_session"]
    assert "HttpOnly" not in cookies[CSRF]
    assert {"SameSite=Lax", "Path=/"} <= set(cookies[CSRF].split("; "))


def test_cookies_behind_tls(secure_site: Site) -> None:
    secure_site.add("anna")
    cookies = _cookies(sign_in(secure_site.client(), "anna", base_url="https://localhost"))
    session = set(cookies["__Host-tamma_session"].split("; "))
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= session
    assert not any(part.startswith("Domain") for part in session)
    assert "Secure" in cookies[CSRF].split("; ")
    assert "tamma_session" not in cookies


def test_flasks_own_session_is_never_used(site: Site) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    assert site.server.secret_key is None
    for path in ("/", "/login", "/api/readonly"):
        assert not {"session", "remember_token"} & _cookies(browser.get(path)).keys()
    for name in ("session", "remember_token"):
        browser = site.client()
        browser.set_cookie(name, "1|0123456789abcdef")
        assert browser.get("/api/readonly").status_code == 401


def test_a_new_session_at_each_sign_in_and_the_old_one_ends(site: Site) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    old = browser.get_cookie("tamma_session")
    # As when the session stayed in the browser and the person signs in once more.
    page = site.client()
    form = page.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    assert old is not None
    page.set_cookie("tamma_session", old.value)
    answer = page.post("/login", data={"username": "anna", "password": PASSWORD, "csrf_token": form})
    assert answer.status_code == 303
    new = page.get_cookie("tamma_session")
    assert new is not None
    assert new.value != old.value
    assert browser.get("/api/readonly").status_code == 401
    assert page.get("/api/readonly").status_code == 200


def test_a_planted_session_id_is_not_adopted(site: Site) -> None:
    site.add("anna")
    browser = site.client()
    browser.set_cookie("tamma_session", "A" * 43)
    sign_in(browser, "anna")
    cookie = browser.get_cookie("tamma_session")
    assert cookie is not None
    assert cookie.value != "A" * 43


def test_a_form_from_elsewhere_is_refused(site: Site) -> None:
    site.add("anna")
    for field in ("", "x", "0" * 64):
        browser = site.client()
        browser.get("/login")
        form = {"username": "anna", "password": PASSWORD, "csrf_token": field}
        answer = browser.post("/login", data=form)
        assert answer.status_code == 400
        assert "tamma_session" not in _cookies(answer)
        stranger = site.client()
        assert stranger.post("/login", data=form).status_code == 400


def test_a_form_of_another_browser_is_refused(site: Site) -> None:
    site.add("anna")
    theirs = site.client().get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    mine = site.client()
    mine.get("/login")
    form = {"username": "anna", "password": PASSWORD, "csrf_token": theirs}
    assert mine.post("/login", data=form).status_code == 400


NEXT_PAGES = (
    ("/folder/?from=now-1h", "/folder/?from=now-1h"),
    ("", "/"),
    ("https://evil.example/", "/"),
    ("//evil.example/", "/"),
    ("/\\evil.example/", "/"),
    ("/\tevil", "/"),
    ("/\n/evil.example", "/"),
    ("javascript:alert(1)", "/"),
    ("evil", "/"),
    ("/login", "/"),
    ("/logout", "/"),
    ("/api/auth/logout", "/"),
    ("/" + "a" * 3000, "/"),
)


def test_after_signing_in_only_a_page_of_this_site(site: Site) -> None:
    site.add("anna")
    for asked, sent in NEXT_PAGES:
        assert sign_in(site.client(), "anna", next=asked).headers["Location"] == sent


def test_whoever_is_signed_in_skips_the_form(site: Site) -> None:
    site.add("anna")
    answer = site.signed_in("anna").get("/login?next=/folder/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/folder/")


def test_hostile_text_in_the_form_stays_text(site: Site) -> None:
    answer = sign_in(site.client(), '"><script>alert(1)</script>', "wrong password", next='/"><script>')
    assert answer.text.count("<script") == 1


@pytest.mark.parametrize("names", [("", "a" * 100_00, "\0"), ("anna\0", "ä" * 20, "' OR 1=1 --", "\ud800")])
def test_odd_names_are_simply_wrong(site: Site, names: tuple[str, ...]) -> None:
    for name in names:
        browser = site.client()
        form = browser.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
        data = {"username": name.encode("utf-8", "surrogatepass"), "password": "x", "csrf_token": form}
        assert browser.post("/login", data=data).status_code == 401


def test_a_huge_form_is_refused(site: Site) -> None:
    browser = site.client()
    browser.get("/login")
    answer = browser.post("/login", data={"username": "a", "password": "p" * 100_000, "csrf_token": "x"})
    assert answer.status_code == 413


def test_a_disabled_account_is_simply_wrong(site: Site) -> None:
    anna = site.add("anna")
    browser = site.signed_in("anna")
    bearer = site.bearer("anna")
    site.parts.users.disable(anna.id)
    assert browser.get("/api/readonly").status_code == 401
    assert site.client().get("/api/readonly", headers=bearer).status_code == 401
    assert "The user name or the password is wrong." in sign_in(site.client(), "anna").text


def test_the_lost_csrf_cookie_comes_back_with_the_next_page(site: Site) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    before = csrf_header(browser)
    browser.delete_cookie(CSRF)
    browser.get("/")
    assert csrf_header(browser) == before
    assert "Set-Cookie" not in browser.get("/").headers


def test_passwords_reach_no_log_and_no_table(
    site: Site, pool: ConnectionPool[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site.add("anna")
    browser = site.signed_in("anna")
    sign_in(site.client(), "anna", "a wrong secret phrase")
    sign_in(site.client(), "typed-secret-as-name", PASSWORD)
    site.pair("anna")
    session = browser.get_cookie("tamma_session")
    assert session is not None
    secrets = (PASSWORD, "a wrong secret phrase", "typed-secret-as-name", session.value)
    with pool.connection() as connection:
        kept = "".join(
            str(connection.execute(f"SELECT * FROM dashboard.{table}").fetchall())
            for table in ("users", "sessions", "refresh_families", "refresh_tokens", "sign_in_failures")
        )
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in kept
