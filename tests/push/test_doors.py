"""Who is kept out of the live connection, and what nobody is told over it."""

from __future__ import annotations

import json
import threading

import pytest
import requests
from websockets.exceptions import InvalidStatus

from app.access import Role
from tests.push.conftest import Line, Site
from tests.push.test_live import of, ticket_for
from tests.servers.ports import LOOPBACK


def cookies_of(person: requests.Session) -> str:
    return "; ".join(f"{one.name}={one.value}" for one in person.cookies)


def refusal(site: Site, *, query: str = "", headers: dict[str, str]) -> int:
    with pytest.raises(InvalidStatus) as refused:
        site.connect(query=query, headers=headers)
    return refused.value.response.status_code


@pytest.mark.parametrize(
    "form",
    [
        "http://{host}:{other}",
        "https://{host}:{port}",
        "ws://{host}:{port}",
        "http://{host}",
        "http://localhost:{port}",
        "http://{host}:{port}.evil.example",
        "http://{host}:{port}@evil.example",
        "http://{host}:{port}/",
        "http://evil.example/{host}:{port}",
        "http://{host}:{port} http://evil.example",
        "file://",
    ],
)
def test_an_origin_that_only_looks_like_the_pages_own_is_refused(site: Site, form: str) -> None:
    port = int(site.web.url.rpartition(":")[2])
    origin = form.format(host=LOOPBACK, port=port, other=port + 1)
    assert refusal(site, headers={"Cookie": cookies_of(site.person()), "Origin": origin}) == 403


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Original-Host", "Forwarded", "X-Host"])
def test_a_host_that_no_trusted_proxy_has_set_makes_no_origin_the_pages_own(site: Site, name: str) -> None:
    """A Host that matches a foreign Origin brings no cookie along: browsers keep those by host."""
    value = "host=evil.example" if name == "Forwarded" else "evil.example"
    headers = {"Cookie": cookies_of(site.person()), "Origin": "http://evil.example", name: value}
    assert refusal(site, headers=headers) == 403


def test_a_refused_handshake_costs_a_ticket(site: Site) -> None:
    ticket = ticket_for(site, site.bearer())
    assert refusal(site, query=f"?token={ticket}", headers={"Origin": "https://evil.example"}) == 403
    assert refusal(site, query=f"?token={ticket}", headers={}) == 401


def test_of_many_who_redeem_a_ticket_at_the_same_moment_one_enters(site: Site) -> None:
    many = 8
    for _ in range(3):
        ticket, together, outcomes = ticket_for(site, site.bearer()), threading.Barrier(many), list[int]()

        def enter(ticket: str = ticket, together: threading.Barrier = together, found: list[int] = outcomes) -> None:
            together.wait()
            try:
                site.connect(query=f"?token={ticket}")
            except InvalidStatus as refused:
                found.append(refused.response.status_code)
            else:
                found.append(101)

        threads = [threading.Thread(target=enter) for _ in range(many)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(outcomes) == [101] + [401] * (many - 1)


def test_another_role_may_come_back_and_sees_what_is_its_own(site: Site) -> None:
    person = site.person(Role.DEVELOPER)
    line = site.watch(person)
    site.sql("UPDATE dashboard.users SET role = 'readonly' WHERE name = 'developer'")
    try:
        assert line.ending()[0] == 4401
        again = site.connect(headers={"Cookie": cookies_of(person), "Origin": site.web.url})
        assert set(again.next()["data"]["topics"]) == {"alerts", "status", "workflows"}
        again.say({"type": "subscribe", "topics": ["events", "alerts"]})
        assert again.until(lambda one: one["type"] == "subscribed")["refused"] == ["events"]
        again.settle()
        site.event("SECRET.THING", "ALERT.FIRED")
        told = again.until(of("alerts"))
        assert told["data"]["types"] == ["ALERT.FIRED"]
        assert again.heard(0.7) is None
    finally:
        site.sql("UPDATE dashboard.users SET role = 'developer' WHERE name = 'developer'")


HOSTILE = [
    "ALERT.<script>alert(1)</script>",
    "ALERT.password=hunter2",
    "ALERT postgresql://tamma:hunter2@db/x",
    "ALERT.Bearer hunter2",
    'ALERT."}],"topics":["hunter2',
    "ALERT.\u202ehunter2",
    "ALERT.\nhunter2",
    "ALERT.hunter2\U0001f511",
    "hunter2.ALERT.<",
]


@pytest.mark.parametrize("role", [Role.READONLY, Role.OPERATOR])
def test_markup_and_credentials_in_a_type_are_counted_and_not_repeated(site: Site, role: Role) -> None:
    line = site.watch(site.person(role))
    line.settle()
    site.event(*HOSTILE, "ALERT.FIRED")
    data = line.until(of("alerts"))["data"]
    assert data["rows"] == len(HOSTILE) + 1
    line.heard(0.7)
    assert {kind for one in line.told for kind in one["data"]["types"]} == {"ALERT.FIRED"}
    assert "hunter2" not in json.dumps(line.told)


def news(line: Line, site: Site) -> None:
    """What is written now comes through."""
    site.event("ALERT.FIRED")
    line.until(lambda one: of("alerts")(one) and "ALERT.FIRED" in one["data"]["types"])


@pytest.mark.parametrize("rows", [2**64 - 1, 2**63, -5, 1e300, True, "many", None, [1]])
def test_notices_with_odd_numbers_silence_nobody(site: Site, rows: object) -> None:
    """Anybody with an account at PostgreSQL may notify; twice, for what is added up."""
    line = site.watch(site.person(Role.OPERATOR))
    line.settle()
    notice = json.dumps({"table": "events", "at": 1e9, "rows": rows, "types": ["ALERT.ODD"]})
    for _ in range(3):
        site.sql("SELECT pg_notify('tamma_dashboard', %s), pg_notify('tamma_dashboard', %s)", notice, notice + " ")
    news(line, site)


@pytest.mark.parametrize("at", ["1e400", "-1e308", "9" * 400, "NaN", "true", '"now"', "null"])
def test_notices_with_odd_times_silence_nobody(site: Site, at: str) -> None:
    line = site.watch(site.person(Role.OPERATOR))
    line.settle()
    site.sql("SELECT pg_notify('tamma_dashboard', %s)", f'{{"table": "events", "at": {at}, "types": ["ALERT.ODD"]}}')
    news(line, site)


def test_a_storm_of_types_is_a_small_message(site: Site) -> None:
    line = site.watch(site.person(Role.OPERATOR), "alerts")
    line.settle()
    types = [f"ALERT.{number:034d}" for number in range(1_000)]
    notices = [json.dumps({"table": "events", "at": 1e9, "types": types[n : n + 10]}) for n in range(0, 1_000, 10)]
    site.sql("SELECT pg_notify('tamma_dashboard', one) FROM unnest(%s::text[]) one", notices)
    while line.heard(1.0) is not None:
        pass
    assert max(len(json.dumps(one)) for one in line.told) < 1_024
