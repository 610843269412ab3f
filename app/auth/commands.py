"""``python -m app user``: accounts from the command line, for the first admin and for emergencies."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from typing import Any

from psycopg_pool import ConnectionPool

from app.access import ROLE_WORDS, Role, role_of
from app.auth.errors import AccountError, UnknownUser
from app.auth.lockout import Lockout
from app.auth.passwords import MIN_LENGTH, Passwords
from app.auth.users import User, Users
from app.settings import Settings
from app.sources.database import open_pool
from app.sources.errors import SourceError

DONE, FAILED, USAGE = 0, 1, 2


class _PasswordsDiffer(AccountError):
    """The second typing is not the first."""


def run_user(argv: Sequence[str], settings: Settings) -> int:
    """Runs one command; 0 done, 1 could not be done, 2 asked wrongly."""
    try:
        asked = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has said what is wrong, or shown its help
        return stop.code if isinstance(stop.code, int) else USAGE
    if not settings.database_url:
        return _complain("DATABASE_URL: missing; set it to the database that the dashboard uses.")
    pool = open_pool(settings.database_url, min_size=0, max_size=1)
    try:
        print(asked.run(asked, pool))
    except (AccountError, SourceError) as error:
        return _complain(str(error))
    except (KeyboardInterrupt, EOFError):
        return _complain("Nothing was changed.")
    finally:
        pool.close()
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app user",
        description="Accounts. A password is asked for, or read as one line from standard input.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace, ConnectionPool[Any]], str], help: str) -> Any:
        made = commands.add_parser(name, help=help, description=help)
        made.set_defaults(run=run)
        return made

    add = command("add", _add, "makes an account")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", required=True, choices=ROLE_WORDS)
    add.add_argument("--email", metavar="ADDRESS")
    command("list", _list, "lists all accounts")
    role = command("role", _role, "gives an account another role")
    role.add_argument("name", metavar="NAME")
    role.add_argument("role", metavar="ROLE", choices=ROLE_WORDS)
    command("disable", _disable, "keeps an account out").add_argument("name", metavar="NAME")
    command("enable", _enable, "lets a disabled account in again").add_argument("name", metavar="NAME")
    command("password", _password, "sets a new password and lifts a lock").add_argument("name", metavar="NAME")
    return parser


def _add(asked: argparse.Namespace, pool: ConnectionPool[Any]) -> str:
    user = _users(pool).add(asked.name, _ask_password(), _role_named(asked.role), email=asked.email)
    return f"Added {user.name} as {user.role.word}."


def _list(_asked: argparse.Namespace, pool: ConnectionPool[Any]) -> str:
    users = _users(pool).list()
    width = max((len(user.name) for user in users), default=0)
    lines = [f"{user.name:{width}}  {user.role.word:9}  {'disabled' if user.disabled else 'enabled'}" for user in users]
    return "\n".join(lines) or "There are no accounts."


def _role(asked: argparse.Namespace, pool: ConnectionPool[Any]) -> str:
    user = _named(pool, asked.name)
    _users(pool).set_role(user.id, _role_named(asked.role))
    return f"{user.name} is {asked.role} now and has to sign in again."


def _disable(asked: argparse.Namespace, pool: ConnectionPool[Any]) -> str:
    user = _named(pool, asked.name)
    _users(pool).disable(user.id)
    return f"{user.name} is disabled and signed out everywhere."


def _enable(asked: argparse.Namespace, pool: ConnectionPool[Any]) -> str:
    user = _named(pool, asked.name)
    _users(pool).enable(user.id)
    return f"{user.name} is enabled."


def _password(asked: argparse.Namespace, pool: ConnectionPool[Any]) -> str:
    user = _named(pool, asked.name)
    _users(pool).set_password(user.id, _ask_password())
    Lockout(pool).clear(user.name)
    return f"{user.name} has a new password and is signed out everywhere."


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"Password (at least {MIN_LENGTH} characters): ")
    if getpass.getpass("The same again: ") != first:
        raise _PasswordsDiffer("The two passwords differ.")
    return first


def _users(pool: ConnectionPool[Any]) -> Users:
    return Users(pool, Passwords())


def _named(pool: ConnectionPool[Any], name: str) -> User:
    user = _users(pool).by_name(name)
    if user is None:
        raise UnknownUser(f"There is no user {name!r}.")
    return user


def _role_named(word: str) -> Role:
    role = role_of(word)
    assert role is not None  # noqa: S101 - argparse allows ROLE_WORDS only
    return role


def _complain(message: str) -> int:
    print(message, file=sys.stderr)
    return FAILED
