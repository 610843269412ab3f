"""Sessions end when they must, and changes of an account count at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from app.access import Role
from tests.auth.site import PASSWORD, Site


def _session(site: Site, name: str) -> str:
    user = site.parts.users.by_name(name) or site.add(name)
    return site.parts.sessions.create(user.id, address="127.0.0.1", user_agent="test")


def test_a_session_ends_after_twelve_idle_hours(site: Site) -> None:
    token = _session(site, "anna")
    site.clock.forward(hours=11, minutes=59)
    assert site.parts.sessions.find(token) is not None
    site.clock.forward(hours=11, minutes=59)
    assert site.parts.sessions.find(token) is not None
    site.clock.forward(hours=12)
    assert site.parts.sessions.find(token) is None


def test_a_busy_session_ends_after_seven_days(site: Site) -> None:
    token = _session(site, "anna")
    for _ in range(27):
        site.clock.forward(hours=6)
        assert site.parts.sessions.find(token) is not None
    site.clock.forward(hours=6)
    assert site.parts.sessions.find(token) is None


def test_seen_is_written_once_a_minute(site: Site, pool: ConnectionPool[Any]) -> None:
    token = _session(site, "anna")

    def seen() -> Any:
        with pool.connection() as connection:
            return connection.execute("SELECT last_seen_at, xmin::text FROM dashboard.sessions").fetchone()

    first = seen()
    site.clock.forward(seconds=59)
    site.parts.sessions.find(token)
    assert seen() == first
    site.clock.forward(seconds=2)
    site.parts.sessions.find(token)
    assert seen()[0] == site.clock.now


def test_the_lookup_asks_one_question(site: Site, pool: ConnectionPool[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    asked: list[str] = []
    with pool.connection() as connection:
        kind = type(connection)
    execute = kind.execute

    def counted(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        asked.append(str(query))
        return execute(self, query, *args, **more)

    monkeypatch.setattr(kind, "execute", counted)
    assert browser.get("/api/readonly").status_code == 200
    assert len(asked) == 1


def test_a_role_change_signs_out_and_counts_at_once(site: Site) -> None:
    anna = site.add("anna", Role.ADMIN)
    browser, bearer = site.signed_in("anna"), site.bearer("anna")
    assert browser.get("/api/admin").status_code == 200
    site.parts.users.set_role(anna.id, Role.READONLY)
    assert browser.get("/api/admin").status_code == 401
    assert site.client().get("/api/admin", headers=bearer).status_code == 401
    assert site.signed_in("anna").get("/api/admin").status_code == 403


def test_a_role_changed_behind_our_back_counts_at_once(site: Site, pool: ConnectionPool[Any]) -> None:
    site.add("anna", Role.ADMIN)
    browser, bearer = site.signed_in("anna"), site.bearer("anna")
    with pool.connection() as connection:
        connection.execute("UPDATE dashboard.users SET role = 'readonly'")
    assert browser.get("/api/admin").status_code == 403
    assert site.client().get("/api/admin", headers=bearer).status_code == 403
    with pool.connection() as connection:
        connection.execute("UPDATE dashboard.users SET disabled = true")
    assert browser.get("/api/readonly").status_code == 401
    assert site.client().get("/api/readonly", headers=bearer).status_code == 401


def test_a_new_password_and_signing_out_everywhere_end_all(site: Site) -> None:
    anna = site.add("anna")
    site.add("bert")
    others = site.signed_in("bert")
    ends: tuple[Callable[[], None], ...] = (
        lambda: site.parts.users.set_password(anna.id, PASSWORD),
        lambda: site.parts.sessions.end_all(anna.id),
    )
    for end in ends:
        browser, bearer = site.signed_in("anna"), site.bearer("anna")
        assert browser.get("/api/readonly").status_code == 200
        end()
        assert browser.get("/api/readonly").status_code == 401
        assert site.client().get("/api/readonly", headers=bearer).status_code == 401
    assert others.get("/api/readonly").status_code == 200


def test_a_tampered_session_is_a_stranger(site: Site) -> None:
    site.add("anna")
    browser = site.signed_in("anna")
    cookie = browser.get_cookie("tamma_session")
    assert cookie is not None
    token = cookie.value
    changed = token[:5] + ("A" if token[5] != "A" else "B") + token[6:]
    for tampered in (token[:-1], changed, token + "A", "", f'"{token}x"', "é\x7f' OR 1=1"):
        browser.set_cookie("tamma_session", tampered)
        assert browser.get("/api/readonly").status_code == 401


def test_ended_sessions_are_swept_at_the_next_sign_in(site: Site, pool: ConnectionPool[Any]) -> None:
    _session(site, "anna")
    site.clock.forward(days=8)
    _session(site, "anna")
    with pool.connection() as connection:
        row = connection.execute("SELECT count(*) FROM dashboard.sessions").fetchone()
    assert row == (1,)
