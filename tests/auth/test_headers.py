"""What every answer tells the browser."""

from __future__ import annotations

from tests.auth.site import Site


def _policy(value: str) -> dict[str, list[str]]:
    return {name: rest for name, *rest in (part.split() for part in value.split(";"))}


def test_the_pages_policy_runs_no_foreign_script(site: Site) -> None:
    site.add("anna")
    answer = site.signed_in("anna").get("/")
    policy = _policy(answer.headers["Content-Security-Policy"])
    assert policy["script-src"] == ["'self'", "'sha256-abc='"]
    assert policy["connect-src"] == ["'self'"]
    for name in ("default-src", "object-src", "base-uri", "frame-ancestors"):
        assert policy[name] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert policy["img-src"] == ["'self'", "data:", "blob:"]


def test_the_sign_in_page_is_stricter(site: Site) -> None:
    policy = _policy(site.client().get("/login").headers["Content-Security-Policy"])
    assert policy["style-src"] == ["'self'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["form-action"] == ["'self'"]


def test_what_may_be_shown_as_a_page_says_what_it_may_do(site: Site) -> None:
    found = []
    for path in ("/login", "/", "/health", "/api/nowhere", "/assets/theme.css", "/api/auth/login"):
        answer = site.client().get(path)
        if answer.mimetype == "application/json":
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
            continue
        found.append(path)
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "Content-Security-Policy" in answer.headers
    assert {"/login", "/assets/theme.css"} <= set(found)


def test_the_same_headers_on_every_answer(site: Site) -> None:
    for path in ("/login", "/", "/health", "/api/nowhere", "/assets/theme.css", "/api/auth/login"):
        headers = site.client().get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Content-Security-Policy" in headers
        assert "Server" not in headers
        assert "Strict-Transport-Security" not in headers


def test_hsts_behind_tls_only(secure_site: Site) -> None:
    assert "max-age=" in secure_site.client().get("/login").headers["Strict-Transport-Security"]


def test_personal_answers_are_not_kept(site: Site) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    for path in ("/", "/login", "/api/readonly", "/nowhere"):
        assert browser.get(path).headers["Cache-Control"] == "no-store"
