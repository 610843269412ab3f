"""``python -m app user``, with the password from standard input."""

from __future__ import annotations

import io
import sys

import pytest

from app.access import Role
from app.auth.commands import run_user
from app.settings import load
from tests.auth.site import PASSWORD, Site, settings_for, sign_in


def _run(site_database: str, line: str, *argv: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(line))
        return run_user(argv, settings_for(site_database))


def test_an_account_from_first_to_last(site: Site, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(database, "", "list") == 0
    assert "no accounts" in capsys.readouterr().out
    assert _run(database, f"{PASSWORD}\n", "add", "anna", "--role", "operator") == 0
    assert sign_in(site.client(), "anna").status_code == 303
    browser = site.signed_in("anna")
    assert _run(database, "", "role", "anna", "admin") == 0
    assert browser.get("/api/readonly").status_code == 401
    assert site.signed_in("anna").get("/api/admin").status_code == 200
    assert _run(database, "another long password\r\n", "password", "ANNA") == 0
    assert sign_in(site.client(), "anna").status_code == 401
    assert sign_in(site.client(), "anna", "another long password").status_code == 303
    assert _run(database, "", "disable", "anna") == 0
    assert sign_in(site.client(), "anna", "another long password").status_code == 401
    assert _run(database, "", "enable", "anna") == 0
    assert sign_in(site.client(), "anna", "another long password").status_code == 303
    assert _run(database, "", "list") == 0
    said = capsys.readouterr()
    assert "anna  admin" in said.out
    assert PASSWORD not in said.out + said.err
    assert "another long password" not in said.out + said.err


def test_a_new_password_lifts_the_lock(site: Site, database: str) -> None:
    site.add("anna", Role.ADMIN)
    for _ in range(5):
        sign_in(site.client(), "anna", "wrong")
    assert sign_in(site.client(), "anna").status_code == 429
    assert _run(database, PASSWORD, "password", "anna") == 0
    assert sign_in(site.client(), "anna").status_code == 303


@pytest.mark.parametrize(
    ("argv", "line", "said"),
    [
        (("add", "anna", "--role", "admin"), "short\n", "12 to 1024 characters"),
        (("add", "anna", "--role", "admin"), "", "12 to 1024 characters"),
        (("add", "an na", "--role", "admin"), PASSWORD, "A name has"),
        (("add", "bert", "--role", "admin"), PASSWORD, "There is a user bert already."),
        (("role", "carl", "admin"), "", "There is no user 'carl'."),
        (("password", "carl"), PASSWORD, "There is no user 'carl'."),
    ],
)
def test_what_cannot_be_done(
    site: Site, database: str, argv: tuple[str, ...], line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add("bert")
    assert _run(database, line, *argv) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [(), ("add",), ("add", "anna"), ("add", "anna", "--role", "boss"), ("role", "anna", "boss"), ("drop", "anna"),
     ("add", "anna", "secret-password", "--role", "admin")],
)  # fmt: skip
def test_what_is_asked_wrongly(database: str, argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(database, PASSWORD, *argv) == 2
    assert "usage:" in capsys.readouterr().err


def test_help_and_a_missing_database(capsys: pytest.CaptureFixture[str]) -> None:
    settings = load({}, "user")
    assert run_user(["--help"], settings) == 0
    assert run_user(["list"], settings) == 1
    assert "DATABASE_URL" in capsys.readouterr().err


def test_a_database_that_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    settings = load({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "user")
    assert run_user(["list"], settings) == 1
    said = capsys.readouterr().err
    assert "PostgreSQL" in said
    assert "Traceback" not in said
