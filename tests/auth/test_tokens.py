"""API tokens: only ours, only now, only once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt

from app.access import Role, permissions_of
from app.auth.tokens import CLAIMS
from tests.auth.site import JWT_SECRET, Site


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _signed(header: dict[str, Any], claims: dict[str, Any], key: str = JWT_SECRET) -> str:
    body = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{body}.{_b64(hmac.new(key.encode(), body.encode(), hashlib.sha256).digest())}"


def _claims(site: Site, name: str = "anna") -> dict[str, Any]:
    token = site.pair(name)["access_token"]
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def _status(site: Site, token: str) -> int:
    return site.client().get("/api/readonly", headers={"Authorization": f"Bearer {token}"}).status_code


HEADER = {"alg": "HS256", "typ": "JWT"}


def test_the_claims(site: Site) -> None:
    site.add("anna", Role.DEVELOPER)
    claims = _claims(site)
    assert set(claims) == set(CLAIMS)
    assert claims["username"] == "anna"
    assert claims["role"] == "developer"
    assert claims["permissions"] == list(permissions_of(Role.DEVELOPER))
    assert claims["exp"] - claims["iat"] == 900
    assert _status(site, _signed(HEADER, claims)) == 200


FOREIGN_HEADERS: tuple[dict[str, Any], ...] = (
    {"alg": "none", "typ": "JWT"},
    {"alg": "None", "typ": "JWT"},
    {"alg": "HS512", "typ": "JWT"},
    {"alg": "RS256", "typ": "JWT"},
    {"alg": "ES256", "typ": "JWT"},
    {"typ": "JWT"},
    {"alg": "HS256", "typ": "JWT", "kid": "../../dev/null"},
    {"alg": "HS256", "typ": "JWT", "kid": "' UNION SELECT 'x"},
    {"alg": "HS256", "typ": "JWT", "jku": "https://evil.example/keys"},
    {"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": "AAAA"}},
    {"alg": "HS256", "typ": "JWT", "crit": ["exp"]},
    {"alg": "HS256", "typ": "at+jwt"},
    {"alg": "HS256", "typ": "JWT", "b64": False},
)


def test_only_our_own_header(site: Site) -> None:
    site.add("anna")
    claims = _claims(site)
    for header in FOREIGN_HEADERS:
        assert _status(site, _signed(header, claims)) == 401
        unsigned = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}."
        assert _status(site, unsigned) == 401


WRONG_CLAIMS: tuple[dict[str, Any], ...] = (
    {"aud": "other"},
    {"aud": ["tamma-dashboard-api", "other"]},
    {"aud": None},
    {"iss": "other"},
    {"iss": None},
    {"sub": "1"},
    {"sub": None},
    {"sub": "00000000-0000-0000-0000-000000000000"},
    {"sid": "00000000-0000-0000-0000-000000000000"},
    {"sid": ["x"]},
    {"exp": 1},
    {"exp": "soon"},
    {"exp": True},
    {"exp": 1e308},
    {"exp": None},
    {"nbf": 32503680000},
    {"iat": 32503680000},
    {"nbf": None},
    {"jti": None},
)


def test_each_claim_counts_even_when_signed(site: Site) -> None:
    site.add("anna")
    good = _claims(site)
    for change in WRONG_CLAIMS:
        claims = {name: value for name, value in {**good, **change}.items() if value is not None}
        assert _status(site, _signed(HEADER, claims)) == 401, change


def test_other_keys_and_changed_bytes_are_refused(site: Site) -> None:
    site.add("anna")
    token = site.pair("anna")["access_token"]
    head, body, mark = token.split(".")
    claims = {**_claims(site), "role": "admin"}
    forged = _b64(json.dumps(claims).encode())
    for bad in (
        _signed(HEADER, claims, "another secret of thirty-two byte"),
        _signed(HEADER, claims, ""),
        f"{head}.{forged}.{mark}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{mark[:-2]}",
        f"{token}.{mark}",
        "x",
        "a.b.c",
        "A" * 100_000,
        "é",
    ):
        assert _status(site, bad) == 401, bad[:80]
    assert _status(site, token) == 200


def test_a_public_key_is_no_hmac_key(site: Site) -> None:
    """The classic confusion: RS256's public key taken as HS256's secret. There is none to take."""
    site.add("anna")
    pem = "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK\n-----END PUBLIC KEY-----\n"
    assert _status(site, _signed(HEADER, _claims(site), pem)) == 401


def test_the_role_in_the_token_grants_nothing(site: Site) -> None:
    site.add("anna")
    token = _signed(HEADER, {**_claims(site), "role": "admin", "permissions": ["admin:users"]})
    answer = site.client().get("/api/admin", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


def test_an_access_token_ends_after_fifteen_minutes(site: Site) -> None:
    site.add("anna")
    token = site.pair("anna")["access_token"]
    site.clock.forward(minutes=14, seconds=58)
    assert _status(site, token) == 200
    site.clock.forward(seconds=3)
    assert _status(site, token) == 401


def test_refreshing_rotates_and_reuse_ends_the_family(site: Site) -> None:
    anna = site.add("anna")
    first = site.parts.tokens.issue(anna)
    other = site.parts.tokens.issue(anna)
    second = site.parts.tokens.refresh(first.refresh_token)
    assert second is not None
    assert len({first.refresh_token, second.refresh_token, other.refresh_token}) == 3
    assert _status(site, second.access_token) == 200
    assert site.parts.tokens.refresh(first.refresh_token) is None
    assert site.parts.tokens.refresh(second.refresh_token) is None
    assert _status(site, second.access_token) == 401
    assert _status(site, other.access_token) == 200
    assert site.parts.tokens.refresh(other.refresh_token) is not None


def test_a_refresh_token_used_twice_at_once_works_once_at_most(site: Site) -> None:
    anna = site.add("anna")
    token = site.parts.tokens.issue(anna).refresh_token
    with ThreadPoolExecutor(4) as threads:
        pairs = list(threads.map(site.parts.tokens.refresh, [token] * 4))
    assert sum(pair is not None for pair in pairs) == 1


def test_refresh_tokens_end_idle_and_absolutely(site: Site) -> None:
    anna = site.add("anna")
    pair = site.parts.tokens.issue(anna)
    site.clock.forward(hours=12, seconds=1)
    assert site.parts.tokens.refresh(pair.refresh_token) is None
    pair = site.parts.tokens.issue(anna)
    for _ in range(15):
        site.clock.forward(hours=11)
        after = site.parts.tokens.refresh(pair.refresh_token)
        assert after is not None
        pair = after
    site.clock.forward(hours=4)
    assert site.parts.tokens.refresh(pair.refresh_token) is None


def test_a_refresh_reads_the_role_again_and_refuses_the_disabled(site: Site, pool: Any) -> None:
    anna = site.add("anna", Role.ADMIN)
    pair = site.parts.tokens.issue(anna)
    with pool.connection() as connection:
        connection.execute("UPDATE dashboard.users SET role = 'operator'")
    after = site.parts.tokens.refresh(pair.refresh_token)
    assert after is not None
    assert jwt.decode(after.access_token, options={"verify_signature": False})["role"] == "operator"
    with pool.connection() as connection:
        connection.execute("UPDATE dashboard.users SET disabled = true")
    assert site.parts.tokens.refresh(after.refresh_token) is None
