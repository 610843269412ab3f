"""/api/dashboard/explorations: saved, listed and deleted by those who may, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api.explorer import Explorer, explorer_on
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer

# Of nothing; fixed, so that every process of a run collects the same tests.
NO_ID = "5f1f2c9e-0d6b-4b6f-9a57-3a4d1c1b2e10"
ROOT = "/explorations"


@pytest.fixture(scope="module")
def explorer(
    prometheus_with: PrometheusWith, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Explorer]:
    with explorer_on(postgres_server, prometheus_with(), tmp_path_factory.mktemp("explorer")) as found:
        yield found


@pytest.fixture(autouse=True)
def none_left(explorer: Explorer) -> Iterator[None]:
    yield
    for role in explorer.bearers:
        for one in listed(explorer, role):
            explorer.ask("DELETE", f"{ROOT}/{one['id']}", role="admin")


def create(explorer: Explorer, role: str = "readonly", **fields: Any) -> Any:
    body = {"name": str(uuid4()), "text": "metric=up", **fields}
    return explorer.ask("POST", ROOT, role=role, json=body)


def saved(explorer: Explorer, role: str = "readonly", **fields: Any) -> Any:
    answer = create(explorer, role, **fields)
    assert answer.status_code == 201, answer.text
    return answer.get_json()["data"]


def listed(explorer: Explorer, role: str) -> list[dict[str, Any]]:
    answer = explorer.ask("GET", ROOT, role=role)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["data"]["explorations"]
    return found


def test_strangers_get_nothing(explorer: Explorer) -> None:
    client = explorer.site.client()
    for method, path in (("GET", ROOT), ("POST", ROOT), ("DELETE", f"{ROOT}/{uuid4()}")):
        assert client.open(f"/api/dashboard{path}", method=method, json={}).status_code == 401


def test_what_is_saved_comes_back_in_its_canonical_text(explorer: Explorer) -> None:
    made = saved(explorer, name="  Errors \n by job ", text="by=job&agg=sum&metric=errors_total")
    assert {key: made[key] for key in ("name", "text", "widget", "title", "role", "shared", "owner", "mine")} == {
        "name": "Errors by job",
        "text": "metric=errors_total&agg=sum&by=job",
        "widget": "explore.chart:metric=errors_total&agg=sum&by=job",
        "title": "sum of errors_total, per second, by job",
        "role": "readonly",
        "shared": False,
        "owner": "readonly",
        "mine": True,
    }
    assert listed(explorer, "readonly") == [made]


def test_others_see_only_what_is_shared(explorer: Explorer) -> None:
    saved(explorer, name="hidden")
    shared = saved(explorer, name="for all", shared=True)
    (seen,) = listed(explorer, "operator")
    assert (seen["id"], seen["mine"], seen["owner"]) == (shared["id"], False, "readonly")


def test_one_deletes_ones_own_and_an_admin_everybodys(explorer: Explorer) -> None:
    hidden, shared = saved(explorer), saved(explorer, shared=True)
    for role in ("operator", "developer"):
        assert explorer.ask("DELETE", f"{ROOT}/{hidden['id']}", role=role).status_code == 404
        assert explorer.ask("DELETE", f"{ROOT}/{shared['id']}", role=role).status_code == 403
    assert len(listed(explorer, "readonly")) == 2
    assert explorer.ask("DELETE", f"{ROOT}/{hidden['id']}", role="admin").status_code == 200
    assert explorer.ask("DELETE", f"{ROOT}/{shared['id']}").status_code == 200
    assert listed(explorer, "readonly") == []
    assert explorer.ask("DELETE", f"{ROOT}/{shared['id']}").status_code == 404


@pytest.mark.parametrize("wrong", ["1", "not-a-uuid", NO_ID, "%00", "' or true --"])
def test_an_id_of_nothing_is_a_404(explorer: Explorer, wrong: str) -> None:
    assert explorer.ask("DELETE", f"{ROOT}/{wrong}", role="admin").status_code == 404


@pytest.mark.parametrize(
    ("role", "text", "status"),
    [
        ("readonly", "metric=up&top=20", 201),
        ("readonly", "metric=up&top=21", 403),
        ("operator", "promql=up", 403),
        ("developer", "promql=up", 201),
        ("developer", "metric=up&top=100", 201),
        ("admin", "promql=up", 201),
    ],
)
def test_nobody_saves_what_they_may_not_ask(explorer: Explorer, role: str, text: str, status: int) -> None:
    assert create(explorer, role, text=text).status_code == status


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""}, {"name": "   "}, {"name": "x" * 81}, {"name": 7}, {"name": None}, {"name": "a\x00b"},
        {"name": "\u202eevil"}, {"name": "\ud800"}, {"text": "metric="}, {"text": 7}, {"text": "metric=up&top=0"},
        {"shared": "yes"}, {"shared": 1}, {"shared": None},
    ],
)  # fmt: skip
def test_what_is_no_exploration_is_refused(explorer: Explorer, fields: dict[str, Any]) -> None:
    answer = create(explorer, **fields)
    assert answer.status_code == 400
    assert answer.get_json()["message"]
    assert listed(explorer, "readonly") == []


def test_a_name_taken_is_a_conflict_and_one_of_eighty_characters_fits(explorer: Explorer) -> None:
    name = "é" * 80
    saved(explorer, name=name)
    assert create(explorer, name=name).status_code == 409
    assert create(explorer, "operator", name=name).status_code == 201


def test_a_body_that_is_too_large_is_refused(explorer: Explorer) -> None:
    assert create(explorer, more="x" * 200_000).status_code == 413


def test_a_browser_needs_its_token(explorer: Explorer) -> None:
    body = {"name": "x", "text": "metric=up"}
    assert explorer.by_browser("POST", ROOT, forged=True, json=body).status_code == 403
    made = explorer.by_browser("POST", ROOT, json=body)
    assert made.status_code == 201
    path = f"{ROOT}/{made.get_json()['data']['id']}"
    assert explorer.by_browser("DELETE", path, forged=True).status_code == 403
    assert explorer.by_browser("DELETE", path).status_code == 200
