"""The live connection on a real web process and a real PostgreSQL: who gets in, what is told, and what ends it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import requests
from websockets.exceptions import InvalidStatus

from app.access import Role
from tests.push.conftest import Site


def of(topic: str) -> Any:
    """Whether a message is news of the topic."""
    return lambda one: one["type"] == "data-update" and one["source"] == topic


# Who gets in.


def test_a_page_is_greeted_with_its_topics(site: Site) -> None:
    cookies = "; ".join(f"{one.name}={one.value}" for one in site.person(Role.OPERATOR).cookies)
    told = site.connect(headers={"Cookie": cookies, "Origin": site.web.url}).next()
    assert told["type"] == "hello"
    assert set(told["data"]["topics"]) == {"alerts", "events", "logs", "status", "workflows"}
    assert told["data"]["heard"] == "listening"


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", ""])
def test_a_cookie_without_the_pages_own_origin_is_refused(site: Site, origin: str | None) -> None:
    cookies = "; ".join(f"{one.name}={one.value}" for one in site.person().cookies)
    headers = {"Cookie": cookies} | ({} if origin is None else {"Origin": origin})
    with pytest.raises(InvalidStatus) as refused:
        site.connect(headers=headers)
    assert refused.value.response.status_code == 403


def test_strangers_are_refused(site: Site) -> None:
    for headers in ({}, {"Origin": site.web.url}, {"Authorization": "Bearer nonsense"}):
        with pytest.raises(InvalidStatus) as refused:
            site.connect(headers=headers)
        assert refused.value.response.status_code == 401


def test_a_program_gets_in_with_its_token(site: Site) -> None:
    line = site.connect(headers={"Authorization": f"Bearer {site.bearer(Role.READONLY)}"})
    assert set(line.next()["data"]["topics"]) == {"alerts", "status", "workflows"}


def ticket_for(site: Site, bearer: str) -> str:
    with requests.Session() as session:
        session.trust_env = False
        reply = session.post(f"{site.web.url}/api/dashboard/ws-ticket", headers={"Authorization": f"Bearer {bearer}"})
    assert reply.status_code == 200, reply.text
    assert reply.json()["data"]["expires_in"] == 60
    found: str = reply.json()["data"]["ticket"]
    return found


def test_a_ticket_is_good_once(site: Site) -> None:
    ticket = ticket_for(site, site.bearer())
    assert site.connect(query=f"?token={ticket}").next()["type"] == "hello"
    with pytest.raises(InvalidStatus) as refused:
        site.connect(query=f"?token={ticket}")
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE dashboard.tickets SET expires_at = now() - interval '1 second'",
        "UPDATE dashboard.refresh_families SET ended_at = now()",
        "UPDATE dashboard.users SET disabled = true WHERE name = 'developer'",
    ],
)
def test_a_ticket_ends_with_its_minute_its_sign_in_and_its_account(site: Site, spoiled: str) -> None:
    ticket = ticket_for(site, site.bearer(Role.DEVELOPER))
    site.sql(spoiled)
    with pytest.raises(InvalidStatus) as refused:
        site.connect(query=f"?token={ticket}")
    assert refused.value.response.status_code == 401
    site.sql("UPDATE dashboard.users SET disabled = false")


def test_a_ticket_asks_for_a_role(site: Site) -> None:
    with requests.Session() as session:
        session.trust_env = False
        assert session.post(f"{site.web.url}/api/dashboard/ws-ticket").status_code == 401


def test_another_origin_is_refused_with_a_ticket_too(site: Site) -> None:
    ticket = ticket_for(site, site.bearer())
    with pytest.raises(InvalidStatus) as refused:
        site.connect(query=f"?token={ticket}", headers={"Origin": "https://evil.example"})
    assert refused.value.response.status_code == 403


def test_a_plain_request_is_no_live_connection(site: Site) -> None:
    assert site.person().get(f"{site.web.url}/api/dashboard/ws").status_code == 404


# What is told.


def test_an_event_is_told_to_those_it_concerns(site: Site) -> None:
    line = site.watch(site.person(Role.OPERATOR))
    line.settle()
    site.event("WORKFLOW.STARTED", "WORKFLOW.STEP_STARTED")
    data = line.until(of("workflows"))["data"]
    assert (data["rows"], data["types"]) == (2, ["WORKFLOW.STARTED", "WORKFLOW.STEP_STARTED"])
    assert {one["source"] for one in line.told if one["type"] == "data-update"} >= {"workflows"}


def test_only_topics_of_the_role_are_told(site: Site) -> None:
    watchers = {role: site.watch(site.person(role)) for role in (Role.READONLY, Role.OPERATOR)}
    for line in watchers.values():
        line.settle()
    site.event("ALERT.FIRED")
    watchers[Role.OPERATOR].until(of("events"))
    watchers[Role.READONLY].until(of("alerts"))
    watchers[Role.READONLY].heard(1.0)
    assert {one["source"] for one in watchers[Role.READONLY].told} == {"alerts"}


def test_a_topic_that_is_not_permitted_is_refused_and_never_told(site: Site) -> None:
    line = site.watch(site.person(Role.READONLY))
    line.say({"type": "subscribe", "topics": ["events", "alerts", "nonsense", 7]})
    told = line.until(lambda one: one["type"] == "subscribed")
    assert set(told["topics"]) == {"alerts"}
    assert told["refused"] == ["7", "events", "nonsense"]


def test_what_was_not_committed_is_not_told(site: Site) -> None:
    line = site.watch(site.person(Role.OPERATOR), "alerts")
    line.settle()
    with psycopg.connect(site.database) as connection:
        connection.execute("INSERT INTO events (id, type, timestamp) VALUES (gen_random_uuid(), 'ALERT.FIRED', now())")
        connection.rollback()
    assert line.heard(1.0) is None


def test_a_storm_is_few_messages_with_numbers_without_a_gap(site: Site) -> None:
    line = site.watch(site.person(Role.OPERATOR), "workflows")
    line.settle()
    for _ in range(200):
        site.event("WORKFLOW.STARTED")
    while line.heard(1.0) is not None:
        pass
    told = [one["data"] for one in line.told]
    assert sum(one["rows"] for one in told) == 200
    assert len(told) < 100
    assert [one["seq"] for one in told] == list(range(told[0]["seq"], told[0]["seq"] + len(told)))


def test_hostile_types_are_not_repeated(site: Site) -> None:
    line = site.watch(site.person(Role.OPERATOR), "events")
    line.settle()
    site.event("<img src=x onerror=alert(1)>", "W" * 255, "WORKFLOW.STARTED")
    data = line.until(of("events"))["data"]
    assert data["rows"] == 3
    assert data["types"] == ["WORKFLOW.STARTED", "W" * 40]


@pytest.mark.parametrize("payload", ["", "no json", "[]", '{"table": "events"}', '{"table": 7, "at": 1}', "x" * 7_000])
def test_notices_of_others_are_no_news(site: Site, payload: str) -> None:
    line = site.watch(site.person(Role.OPERATOR))
    line.settle()
    site.sql("SELECT pg_notify('tamma_dashboard', %s)", payload)
    assert line.heard(0.7) is None
    site.event("ALERT.FIRED")
    line.until(of("alerts"))


def test_a_run_that_moves_on_is_told(site: Site) -> None:
    line = site.watch(site.person(Role.READONLY), "workflows")
    line.settle()
    site.sql("INSERT INTO workflow_runs (id, started_at, status) VALUES ('run-1', now(), 'running')")
    line.until(of("workflows"))
    site.sql("UPDATE workflow_runs SET current_step = 'CI_CHECK' WHERE id = 'run-1'")
    line.until(of("workflows"))


# What ends it.


def test_signing_out_ends_it(site: Site) -> None:
    leaving, staying = site.person(Role.OPERATOR), site.person(Role.OPERATOR)
    lines = site.watch(leaving), site.watch(staying)
    token = leaving.cookies["_csrf_token"]
    assert leaving.post(f"{site.web.url}/logout", data={"csrf_token": token}, allow_redirects=False).status_code == 303
    assert lines[0].ending() == (4401, "signed out")
    site.event("ALERT.FIRED")
    lines[1].until(of("alerts"))


def test_another_role_ends_it(site: Site) -> None:
    line = site.watch(site.person(Role.DEVELOPER))
    site.sql("UPDATE dashboard.users SET role = 'readonly' WHERE name = 'developer'")
    assert line.ending()[0] == 4401
    site.sql("UPDATE dashboard.users SET role = 'developer' WHERE name = 'developer'")


def test_the_end_of_a_familys_tokens_ends_its_lines(site: Site) -> None:
    line = site.connect(headers={"Authorization": f"Bearer {site.bearer(Role.OPERATOR)}"})
    line.next()
    site.sql("UPDATE dashboard.refresh_families SET ended_at = now()")
    assert line.ending()[0] == 4401


@pytest.mark.parametrize("said", ["no json", "7", '{"type": "subscribe"}', "[" * 1_000, b"\x00\xff"])
def test_what_is_not_understood_is_said_and_ends_nothing(site: Site, said: str | bytes) -> None:
    line = site.watch(site.person(Role.OPERATOR))
    line.say(said)
    line.until(lambda one: one["type"] == "error")
    site.event("ALERT.FIRED")
    line.until(of("alerts"))


def test_too_many_messages_end_it(site: Site) -> None:
    line = site.watch(site.person(Role.OPERATOR))
    for _ in range(40):
        line.say({"type": "subscribe", "topics": []})
    assert line.ending() == (1008, "too many messages")


def test_a_huge_message_ends_it(site: Site) -> None:
    line = site.watch(site.person(Role.OPERATOR))
    line.say("x" * 100_000)
    line.ending()
    site.event("ALERT.FIRED")


def test_a_process_that_ends_says_so_at_once(site: Site) -> None:
    line = site.watch(site.person(Role.OPERATOR))
    site.web.stop()
    assert line.ending()[0] in {4401, 1001, 1006, 1000}
    site.web.start()
