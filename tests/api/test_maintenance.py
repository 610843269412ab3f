"""/api/dashboard/maintenance: who may, what is stored, and a word for everything that is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from psycopg_pool import ConnectionPool

from app.access import Role
from app.api.maintenance import MAX_BODY_BYTES, blueprint
from app.auth.gate import undeclared
from app.sources.maintenance import Maintenance
from tests.auth.site import Site, build, csrf_header, settings_for
from tests.servers.postgres import PostgresServer

# Of nothing; fixed, so that every process of a run collects the same tests.
NO_ID = "5f1f2c9e-0d6b-4b6f-9a57-3a4d1c1b2e10"
ROOT = "/api/dashboard/maintenance"
BODY = {
    "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T12:30:00+01:00", "services": ["api", "workers"],
    "reason": "new disks",
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(postgres_server: PostgresServer) -> Iterator[tuple[Site, ConnectionPool[Any]]]:
    """The gate with nothing behind it but these routes, and one account a role: made once, each costs a hash."""
    url = postgres_server.create()
    with ConnectionPool(url, min_size=1, max_size=4, open=True) as pool:
        made = build(pool, settings_for(url))
        made.server.config["MAX_CONTENT_LENGTH"] = 512 * 1024
        made.server.register_blueprint(blueprint(Maintenance(pool)))
        for role in Role:
            made.add(role.word, role)
        yield made, pool
    postgres_server.drop(url)


@pytest.fixture
def site(filled: tuple[Site, ConnectionPool[Any]]) -> Site:
    """The site without a maintenance window."""
    made, pool = filled
    with pool.connection() as connection:
        connection.execute("DELETE FROM dashboard.maintenance")
    return made


@pytest.fixture(scope="module")
def operator_header(filled: tuple[Site, ConnectionPool[Any]]) -> str:
    return filled[0].bearer("operator")["Authorization"]


@pytest.fixture
def operator(site: Site, operator_header: str) -> FlaskClient:
    """A program of an operator."""
    client = site.client()
    client.environ_base["HTTP_AUTHORIZATION"] = operator_header
    return client


def created(operator: FlaskClient, **changes: object) -> dict[str, Any]:
    answer = operator.post(ROOT, json={**BODY, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()["data"]
    return found


def total(operator: FlaskClient) -> int:
    return int(operator.get(ROOT).get_json()["data"]["total"])


# who may


@pytest.mark.parametrize("role", Role)
def test_the_role_matrix(site: Site, operator: FlaskClient, role: Role) -> None:
    entry = created(operator)
    browser, bearer = site.signed_in(role.word), site.bearer(role.word)
    one = f"{ROOT}/{entry['id']}"
    may_change = role >= Role.OPERATOR
    for client, headers in ((browser, csrf_header(browser)), (site.client(), bearer)):
        assert client.get(ROOT, headers=headers).status_code == 200
        assert client.get(one, headers=headers).status_code == 200
        assert client.post(ROOT, json=BODY, headers=headers).status_code == (201 if may_change else 403)
        assert client.put(one, json=BODY, headers=headers).status_code == (200 if may_change else 403)
    for client, headers in ((browser, csrf_header(browser)), (site.client(), bearer)):
        assert client.delete(one, headers=headers).status_code == (200 if may_change else 403)
    assert total(operator) == (3 if may_change else 1)


def test_a_stranger_is_told_nothing(site: Site, operator: FlaskClient) -> None:
    known, unknown = f"{ROOT}/{created(operator)['id']}", f"{ROOT}/{uuid4()}"
    for path in (ROOT, known, unknown, f"{ROOT}/x"):
        for method in ("GET", "POST", "PUT", "DELETE"):
            assert site.client().open(path, method=method, json=BODY).status_code == 401
    assert total(operator) == 1


def test_a_change_with_a_cookie_needs_its_token(site: Site, operator: FlaskClient) -> None:
    entry = created(operator)
    browser = site.signed_in("admin")
    for method, path in (("POST", ROOT), ("PUT", f"{ROOT}/{entry['id']}"), ("DELETE", f"{ROOT}/{entry['id']}")):
        assert browser.open(path, method=method, json=BODY).status_code == 403
    assert operator.get(f"{ROOT}/{entry['id']}").get_json()["data"] == entry


def test_every_route_is_declared(site: Site) -> None:
    assert [name for name in undeclared(site.server) if name.startswith("maintenance.")] == []


# what is stored


def test_what_is_sent_is_read_back(operator: FlaskClient) -> None:
    answer = operator.post(ROOT, json=BODY)
    entry = answer.get_json()["data"]
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{ROOT}/{entry['id']}"
    assert operator.get(answer.headers["Location"]).get_json() == {"data": entry}
    made = datetime.fromisoformat(entry.pop("createdAt"))
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=5)
    assert entry == {
        "id": entry["id"], "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T11:30:00Z",
        "services": ["api", "workers"], "reason": "new disks", "state": "over", "createdBy": "operator",
        "changedBy": None, "changedAt": None, "cancelledBy": None, "cancelledAt": None,
    }  # fmt: skip


def test_states_in_the_past_now_and_in_the_future(operator: FlaskClient) -> None:
    now = datetime.now(UTC)

    def state(start: int, end: int) -> str:
        at = {"start": (now + timedelta(hours=start)).isoformat(), "end": (now + timedelta(hours=end)).isoformat()}
        return str(created(operator, **at)["state"])

    assert (state(-2, -1), state(-1, 1), state(1, 2)) == ("over", "running", "planned")


def test_no_services_are_all_and_one_twice_is_one(operator: FlaskClient) -> None:
    assert created(operator, services=[])["services"] == []
    assert created(operator, services=["api", "api"])["services"] == ["api"]
    body = {key: value for key, value in BODY.items() if key != "services"}
    assert operator.post(ROOT, json=body).get_json()["data"]["services"] == []


@pytest.mark.parametrize(
    "reason",
    [
        "<img src=x onerror=alert(1)>", "'; DROP TABLE dashboard.maintenance; --", "%s %(by)s {0} \\ \"", "a\nb\tc",
        "=1+1", "\U0001f6a7" * 500,
    ],
)  # fmt: skip
def test_a_hostile_reason_is_text(operator: FlaskClient, reason: str) -> None:
    entry = created(operator, reason=f"  {reason} ")
    assert entry["reason"] == reason
    answer = operator.get(ROOT)
    assert answer.mimetype == "application/json"
    assert answer.get_json()["data"]["maintenance"][0]["reason"] == reason


def test_replace_takes_all_of_it_and_says_who(site: Site, operator: FlaskClient) -> None:
    entry = created(operator)
    body = {"start": "2026-04-01T00:00:00Z", "end": "2026-04-02T00:00:00Z", "reason": "other"}
    answer = site.client().put(f"{ROOT}/{entry['id']}", json=body, headers=site.bearer("admin"))
    changed = answer.get_json()["data"]
    assert answer.status_code == 200
    assert changed["changedAt"] is not None
    assert {key: value for key, value in changed.items() if key != "changedAt"} == {
        **{key: value for key, value in entry.items() if key != "changedAt"}, **body, "services": [],
        "changedBy": "admin",
    }  # fmt: skip


def test_who_says_what_was_read_overwrites_nobody(site: Site, operator: FlaskClient) -> None:
    entry = created(operator)
    one, seen = f"{ROOT}/{entry['id']}", {"changedAt": entry["changedAt"]}
    first = operator.put(one, json={**BODY, **seen, "reason": "first"})
    assert first.status_code == 200
    late = site.client().put(one, json={**BODY, **seen, "reason": "late"}, headers=site.bearer("admin"))
    assert (late.status_code, late.get_json()["error"]) == (409, "Conflict")
    assert "operator changed it meanwhile" in late.get_json()["message"]
    assert late.get_json()["details"] == first.get_json()["data"]
    again = {**BODY, "reason": "late", "changedAt": first.get_json()["data"]["changedAt"]}
    assert operator.put(one, json=again).get_json()["data"]["reason"] == "late"
    wrong = operator.put(one, json={**again, "changedAt": "yesterday"})
    assert (wrong.status_code, wrong.get_json()["details"][0]["field"]) == (400, "changedAt")


def test_cancelling_again_changes_nothing_and_a_cancelled_one_is_not_replaced(
    site: Site, operator: FlaskClient
) -> None:
    one = f"{ROOT}/{created(operator)['id']}"
    first = operator.delete(one)
    assert first.status_code == 200
    assert first.get_json()["data"]["cancelledBy"] == "operator"
    again = site.client().delete(one, headers=site.bearer("admin"))
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    refused = operator.put(one, json=BODY)
    assert refused.status_code == 409
    assert refused.get_json()["error"] == "Conflict"
    assert operator.get(one).get_json() == first.get_json()


def test_the_list_is_bounded_and_counts_all(operator: FlaskClient) -> None:
    for day in range(1, 6):
        created(operator, start=f"2026-03-0{day}T00:00:00Z", end="2026-03-09T00:00:00Z", reason=str(day))

    def listed(query: str) -> list[str]:
        found = operator.get(f"{ROOT}{query}").get_json()["data"]
        assert found["total"] == 5
        return [entry["reason"] for entry in found["maintenance"]]

    assert listed("") == ["5", "4", "3", "2", "1"]
    assert listed("?limit=2") == ["5", "4"]
    assert listed("?limit=2&offset=4") == ["1"]
    assert listed("?offset=9") == []
    for query in ("limit=0", "limit=501", "limit=-1", "limit=x", "limit=", "limit=1e2", "offset=-1", "offset=9999999"):
        assert operator.get(f"{ROOT}?{query}").status_code == 400, query


# what is refused


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("entry_id", [NO_ID, "x", "1", "00000000", "%00", "' or 1=1", "a" * 3_000, f"{NO_ID}x"])
def test_an_unknown_or_malformed_id_is_not_found(operator: FlaskClient, method: str, entry_id: str) -> None:
    answer = operator.open(f"{ROOT}/{entry_id}", method=method, json=BODY)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "Not Found")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            ("start", value)
            for value in (
                None, "", "now", "2026-03-01", "2026-03-01T10:00:00", "2026-02-30T10:00:00Z", 1_790_000_000, True,
                "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "2026-03-01T10:00:00+99:00", "x" * 10_000,
                "2026-03-01T10:00:00Z; --", "２026-03-01T10:00:00Z", [], {},
            )
        ),
        *(("end", value) for value in ("2026-03-01T10:00:00Z", "2026-03-01T09:00:00Z", "2026-03-31T10:00:01Z", 5)),
        *(
            ("services", value)
            for value in ("api", ["postgres"], ["API"], [1], [None], [["api"]], None, {"api": 1}, ["api"] * 100)
        ),
        *(("reason", value) for value in ("", "   ", "x" * 501, None, 5, ["x"], "a\x00b", "a\x1bb", "\ud800", "a\x7f")),
        ("id", NO_ID), ("createdBy", "admin"), ("cancelledAt", None),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(operator: FlaskClient, field: str, value: object) -> None:
    entry = created(operator)
    for method, path in (("POST", ROOT), ("PUT", f"{ROOT}/{entry['id']}")):
        answer = operator.open(path, method=method, json={**BODY, field: value})
        said = answer.get_json()
        assert (answer.status_code, said["error"]) == (400, "Bad Request"), answer.text
        assert {one["field"].partition(".")[0] for one in said["details"]} == {field}
        assert said["message"].startswith(field)
        assert len(answer.text) < 2_000
    assert operator.get(ROOT).get_json()["data"] == {"maintenance": [entry], "total": 1}


def test_all_wrong_fields_are_told_at_once(operator: FlaskClient) -> None:
    said = operator.post(ROOT, json={"start": "x", "services": ["y"]}).get_json()
    assert {one["field"] for one in said["details"]} == {"start", "end", "services", "reason"}


def test_thirty_days_are_allowed_and_a_second_more_is_not(operator: FlaskClient) -> None:
    created(operator, start="2026-03-01T00:00:00Z", end="2026-03-31T00:00:00Z")
    answer = operator.post(ROOT, json={**BODY, "start": "2026-03-01T00:00:00Z", "end": "2026-03-31T00:00:01Z"})
    assert answer.get_json()["message"] == "end: At most 30 days are allowed."


def test_a_body_that_is_none_is_refused(operator: FlaskClient) -> None:
    assert operator.post(ROOT, data="start=1").status_code == 415
    assert operator.post(ROOT, data="{", content_type="application/json").status_code == 400
    assert operator.post(ROOT, json=[BODY]).status_code == 400
    assert operator.post(ROOT, data="[" * 10_000, content_type="application/json").status_code == 400
    assert operator.post(ROOT, json={**BODY, "reason": "x" * MAX_BODY_BYTES}).status_code == 413
    assert total(operator) == 0


def test_other_methods_are_refused(operator: FlaskClient) -> None:
    entry = created(operator)
    assert operator.patch(f"{ROOT}/{entry['id']}", json=BODY).status_code == 405
    assert operator.delete(ROOT).status_code == 405
    assert operator.put(ROOT, json=BODY).status_code == 405
