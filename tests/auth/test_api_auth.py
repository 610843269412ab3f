"""`/api/auth` as programs meet it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.auth.site import PASSWORD, Site, csrf_header


def test_login_answers_at_the_top_level(site: Site) -> None:
    site.add("anna")
    answer = site.client().post("/api/auth/login", json={"username": "anna", "password": PASSWORD})
    body = answer.get_json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_login_refresh_use_logout(site: Site) -> None:
    site.add("anna")
    pair = site.pair("anna")
    client = site.client()
    next_pair = client.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]}).get_json()
    bearer = {"Authorization": f"Bearer {next_pair['access_token']}"}
    assert client.get("/api/readonly", headers=bearer).get_json()["name"] == "anna"
    assert client.post("/api/auth/logout", headers=bearer).get_json() == {"data": {"signed_out": True}}
    assert client.get("/api/readonly", headers=bearer).status_code == 401
    answer = client.post("/api/auth/refresh", json={"refresh_token": next_pair["refresh_token"]})
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "Unauthorized"


def test_logout_with_a_cookie_ends_the_session(site: Site) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    assert browser.post("/api/auth/logout", headers=csrf_header(browser)).status_code == 200
    assert browser.get_cookie("tamma_session") is None


def test_wrong_names_and_passwords_look_the_same(site: Site) -> None:
    site.add("anna")
    bodies = ({"username": "anna", "password": "wrong"}, {"username": "bert", "password": "wrong"})
    answers = [site.client().post("/api/auth/login", json=body) for body in bodies]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].get_json() == answers[1].get_json()
    assert answers[0].get_json()["error"] == "Unauthorized"


WRONG_BODIES: tuple[Any, ...] = (
        [], "text", 1, {}, {"username": "anna"}, {"username": 1, "password": PASSWORD},
        {"username": "anna", "password": None}, {"username": ["anna"], "password": PASSWORD},
        {"username": {"$ne": ""}, "password": {"$ne": ""}},
    )  # fmt: skip


def test_wrong_types_are_bad_requests(site: Site) -> None:
    for body in WRONG_BODIES:
        answer = site.client().post("/api/auth/login", json=body)
        assert answer.status_code == 400
        assert answer.get_json()["error"] == "Bad Request"
        assert site.client().post("/api/auth/refresh", json=body).status_code == 400


def test_broken_json_other_types_and_large_bodies(site: Site) -> None:
    client = site.client()
    broken = client.post("/api/auth/login", data="{", content_type="application/json")
    assert (broken.status_code, broken.get_json()["error"]) == (400, "Bad Request")
    deep = client.post("/api/auth/login", data="[" * 10_000, content_type="application/json")
    assert deep.status_code == 400
    form = client.post("/api/auth/login", data={"username": "anna", "password": PASSWORD})
    assert (form.status_code, form.get_json()["error"]) == (415, "Unsupported Media Type")
    large = client.post("/api/auth/login", json={"username": "anna", "password": "x" * 100_000})
    assert large.status_code == 413
    assert large.get_json()["error"]


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "A" * 10_000, "\0"])
def test_unknown_refresh_tokens_are_refused(site: Site, token: str) -> None:
    answer = site.client().post("/api/auth/refresh", json={"refresh_token": token})
    assert answer.status_code == 401


def test_a_locked_account_says_when_to_come_back(site: Site) -> None:
    site.add("anna")
    for _ in range(5):
        site.client().post("/api/auth/login", json={"username": "anna", "password": "wrong"})
    answer = site.client().post("/api/auth/login", json={"username": "anna", "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert answer.get_json()["error"] == "Too Many Requests"


def test_other_methods_name_the_allowed_one(site: Site) -> None:
    site.add("anna")
    answer = site.client().put("/api/auth/login", headers=site.bearer("anna"))
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
