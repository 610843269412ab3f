"""Strangers get nothing, whatever they write; people get what their role allows."""

from __future__ import annotations

from itertools import product

import pytest

from app.access import Role
from app.auth.gate import declare, declare_public, undeclared
from tests.auth.site import Site, csrf_header

PAGE = {"Accept": "text/html,application/xhtml+xml"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
SPELLINGS = (
    "/", "//", "///", "/.", "/..", "/%2f", "/%2F..", "/folder", "/folder/", "//folder/", "/folder//", "/FOLDER/",
    "/folder/..", "/login/", "//login", "/LOGIN", "/login/..", "/login/../", "/login%2f", "/login/%2e%2e/",
    "/login;x", "/health/", "//health", "/health/..", "/health/../api/admin", "/health%2f..%2fapi%2fadmin",
    "/Health", "/api/admin", "//api/admin", "/api//admin", "/api/admin/", "/API/ADMIN", "/api/./admin",
    "/api/%61dmin", "/api/auth/login/", "/api/auth/login/../../admin", "/api/auth/../admin", "/undeclared",
    "/unknown", "/api/unknown", "/_dash-update-component", "/_dash-layout", "/assets/app.js", "/assets/../theme.css",
    "/assets//theme.css", "/assets/THEME.css", "/assets/theme.css/", "/assets/theme.css%00", "/assets/theme.css/../x",
    "/assets/%2e%2e/theme.css", "/assets/sub/theme.css", "/static/theme.css", "/logout", "/api/auth/logout",
)  # fmt: skip


def test_a_stranger_gets_nothing_however_the_path_is_written(site: Site) -> None:
    for path, method in product(SPELLINGS, METHODS):
        answer = site.client().open(path, method=method)
        assert answer.status_code == 401, (method, path)
        assert "a page" not in answer.text
        as_page = site.client().open(path, method=method, headers=PAGE)
        assert as_page.status_code in {302, 401}, (method, path)
        if as_page.status_code == 302:
            assert as_page.headers["Location"].startswith("/login")


def test_the_whole_route_map_is_closed_but_for_what_is_public(site: Site) -> None:
    public = {"signin.form", "signin.submit", "health", "api_auth.login", "api_auth.refresh"}
    for rule in site.server.url_map.iter_rules():
        path = str(rule).replace("<path:filename>", "app.js")
        for method in rule.methods or ():
            status = site.client().open(path, method=method).status_code
            if rule.endpoint not in public:
                assert status == 401, (rule, method)


def test_public_routes_answer_strangers(site: Site) -> None:
    client = site.client()
    assert client.get("/login").status_code == 200
    assert client.get("/health").status_code == 200
    assert client.get("/assets/theme.css").status_code == 200
    assert client.head("/assets/signin.css").status_code == 200


def test_a_refusal_to_programs_is_json_in_the_contracts_form(site: Site) -> None:
    answer = site.client().get("/api/readonly")
    assert answer.get_json() == {
        "error": "Unauthorized", "message": "Sign in, or send a valid access token.", "details": None,
    }  # fmt: skip


def test_a_browser_is_sent_to_the_sign_in_with_the_way_back(site: Site) -> None:
    answer = site.client().get("/folder/?from=now-1h&to=now", headers=PAGE)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=%2Ffolder%2F%3Ffrom%3Dnow-1h%26to%3Dnow"


def test_known_and_unknown_paths_look_the_same_to_a_stranger(site: Site) -> None:
    for headers in ({}, PAGE):
        answers = [site.client().get(path, headers=headers) for path in ("/folder/", "/nowhere/", "/undeclared/")]
        shapes = {
            (a.status_code, a.text.replace("folder", "X").replace("nowhere", "X").replace("undeclared", "X"))
            for a in answers
        }
        assert len(shapes) == 1


@pytest.mark.parametrize("role", Role)
def test_the_role_matrix(site: Site, role: Role) -> None:
    site.add("someone", role)
    browser, bearer = site.signed_in("someone"), site.bearer("someone")
    for needed in Role:
        expected = 200 if role >= needed else 403
        assert browser.get(f"/api/{needed.word}").status_code == expected
        assert browser.post(f"/api/{needed.word}", headers=csrf_header(browser)).status_code == expected
        assert site.client().get(f"/api/{needed.word}", headers=bearer).status_code == expected


def test_an_undeclared_endpoint_is_closed_to_everyone(site: Site) -> None:
    site.add("root", Role.ADMIN)
    browser = site.signed_in("root")
    assert browser.get("/undeclared").status_code == 403
    assert browser.post("/undeclared", headers=csrf_header(browser)).status_code == 403
    assert undeclared(site.server) == ("undeclared",)


def test_someone_signed_in_is_told_what_does_not_exist(site: Site) -> None:
    site.add("someone")
    browser = site.signed_in("someone")
    assert browser.get("/nowhere").status_code == 404
    assert browser.get("/api/nowhere").get_json()["error"] == "Not Found"
    assert browser.put("/api/readonly", headers=csrf_header(browser)).status_code == 405
    assert browser.get("/folder").status_code == 308


def test_declaring_an_endpoint_otherwise_is_refused(site: Site) -> None:
    declare(site.server, "admin", Role.ADMIN)
    with pytest.raises(ValueError, match="otherwise"):
        declare(site.server, "admin", Role.READONLY)
    with pytest.raises(ValueError, match="otherwise"):
        declare_public(site.server, "admin")
    with pytest.raises(ValueError, match="otherwise"):
        declare(site.server, "health", Role.ADMIN)


def test_a_page_refused_by_role_is_a_page(site: Site) -> None:
    site.add("someone")
    answer = site.signed_in("someone").get("/undeclared", headers=PAGE)
    assert answer.mimetype == "text/html"
    assert "Your role does not allow this." in answer.text


def test_a_broken_view_shows_no_trace(site: Site) -> None:
    site.add("someone")
    answer = site.client().get("/api/broken", headers=site.bearer("someone"))
    assert answer.status_code == 500
    assert answer.get_json()["error"] == "Internal Server Error"
    assert "secret detail" not in answer.text
