"""A change made with a cookie needs proof that our own page asked for it."""

from __future__ import annotations

import pytest

from app.auth.csrf import Csrf
from tests.auth.site import Site, csrf_header

METHODS = ("POST", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize("path", ["/api/readonly", "/_dash-update-component", "/logout", "/api/auth/logout"])
def test_without_a_token_nothing_changes(site: Site, path: str) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    for headers in ({}, {"X-CSRFToken": ""}, {"X-CSRFToken": "0" * 64}, {"X-CSRFToken": "é"}):
        answer = browser.post(path, headers=headers)
        assert answer.status_code == 403
        assert answer.get_json()["error"] == "Forbidden"
    assert browser.get("/api/readonly").status_code == 200


def test_header_or_field_let_it_through(site: Site) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    header = csrf_header(browser)
    assert browser.post("/_dash-update-component", headers=header, json={}).status_code == 200
    assert browser.post("/api/readonly", data={"csrf_token": header["X-CSRFToken"]}).status_code == 200
    assert browser.post("/api/readonly", json={"csrf_token": header["X-CSRFToken"]}).status_code == 403
    assert browser.post(f"/api/readonly?csrf_token={header['X-CSRFToken']}").status_code == 403


def test_another_sessions_token_is_refused(site: Site) -> None:
    site.add("anna")
    site.add("mallory")
    foreign = csrf_header(site.signed_in("mallory"))
    browser = site.signed_in("anna")
    browser.set_cookie("_csrf_token", foreign["X-CSRFToken"])
    assert browser.post("/api/readonly", headers=foreign).status_code == 403


def test_a_bearer_token_needs_none(site: Site) -> None:
    site.add("anna")
    assert site.client().post("/api/readonly", headers=site.bearer("anna")).status_code == 200


def test_a_cookie_beside_a_bearer_token_still_needs_one(site: Site) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    assert browser.post("/api/readonly", headers=site.bearer("anna")).status_code == 403


def test_tokens_differ_by_key_and_secret() -> None:
    assert len({Csrf(key).token_for(secret) for key in "ab" for secret in "cd"}) == 4
