"""A web process with live connections over a database of its own, and clients that hold one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.access import Role
from tests.servers.postgres import PostgresServer
from tests.stack import PASSWORD, Web, add_accounts, start_web, web_settings

SOON_S = 10.0


@dataclass
class Line:
    """A live connection and all that it has been told."""

    socket: ClientConnection
    told: list[dict[str, Any]] = field(default_factory=list)

    def next(self, timeout_s: float = SOON_S) -> dict[str, Any]:
        """The next message."""
        said = self.heard(timeout_s)
        assert said is not None, f"nothing within {timeout_s:g} s after {self.told}"
        return said

    def heard(self, timeout_s: float) -> dict[str, Any] | None:
        """The next message, None when there is none in that time."""
        try:
            self.told.append(json.loads(self.socket.recv(timeout=timeout_s)))
        except TimeoutError:
            return None
        return self.told[-1]

    def settle(self) -> None:
        """Waits until nothing has been told for a second, and forgets what was."""
        while self.heard(1.0) is not None:
            pass
        self.told.clear()

    def until(self, fits: Callable[[dict[str, Any]], bool], timeout_s: float = SOON_S) -> dict[str, Any]:
        """The next message that fits."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if fits(one := self.next(max(0.01, deadline - time.monotonic()))):
                return one
        raise AssertionError(f"nothing fits in {self.told}")

    def say(self, message: Any) -> None:
        """Sends a message; what is no text is sent as JSON."""
        self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def ending(self, timeout_s: float = SOON_S) -> tuple[int, str]:
        """Code and reason of its end."""
        deadline = time.monotonic() + timeout_s
        try:
            while time.monotonic() < deadline:
                self.heard(max(0.01, deadline - time.monotonic()))
        except ConnectionClosed as closed:
            end = closed.rcvd
            return (end.code, end.reason) if end else (1006, "")
        raise AssertionError(f"still open after {self.told}")


@dataclass
class Site:
    """The web process, its database, and the lines that tests have opened."""

    web: Web
    database: str
    logs: Path
    lines: list[Line] = field(default_factory=list)

    def person(self, role: Role = Role.OPERATOR) -> requests.Session:
        """A browser in which that role has signed in; its cookies are those of a page."""
        session = requests.Session()
        session.trust_env = False
        form = session.get(f"{self.web.url}/login").text
        token = form.split('name="csrf_token" value="')[1].split('"')[0]
        given = {"username": role.word, "password": PASSWORD, "csrf_token": token}
        reply = session.post(f"{self.web.url}/login", data=given, allow_redirects=False)
        assert reply.status_code == 303, reply.text
        return session

    def bearer(self, role: Role = Role.OPERATOR) -> str:
        """An access token."""
        with requests.Session() as session:
            session.trust_env = False
            given = {"username": role.word, "password": PASSWORD}
            token: str = session.post(f"{self.web.url}/api/auth/login", json=given).json()["access_token"]
        return token

    def connect(self, *, query: str = "", headers: dict[str, str] | None = None) -> Line:
        """A live connection, the greeting not yet read."""
        address = f"{self.web.url.replace('http', 'ws')}/api/dashboard/ws{query}"
        line = Line(connect(address, additional_headers=headers or {}, compression=None, proxy=None))
        self.lines.append(line)
        return line

    def watch(self, person: requests.Session, *topics: str) -> Line:
        """A live connection of somebody's browser, greeted; all their topics, or those."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in person.cookies)
        line = self.connect(headers={"Cookie": cookies, "Origin": self.web.url})
        assert line.next()["type"] == "hello"
        if topics:
            line.say({"type": "subscribe", "topics": topics})
            line.until(lambda one: one["type"] == "subscribed")
        return line

    def sql(self, statement: str, *values: Any) -> None:
        """Runs a statement, committed at once."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(statement, values)

    def event(self, *types: str) -> None:
        """Writes events, in one statement."""
        rows = ", ".join(["(%s, %s, now())"] * len(types))
        self.sql(f"INSERT INTO events (id, type, timestamp) VALUES {rows}", *(x for t in types for x in (uuid4(), t)))

    def hang_up(self) -> None:
        """Ends the lines that are open."""
        for line in self.lines:
            with suppress(ConnectionClosed, OSError):
                line.socket.close()
        self.lines.clear()


@pytest.fixture(scope="module")
def running(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One web process, so that every line is in the same hub."""
    folder, database = tmp_path_factory.mktemp("push"), postgres_server.create()
    add_accounts(database)
    (folder / "logs").mkdir()
    settings = web_settings(folder, database=database, prometheus="http://127.0.0.1:9", logs=folder / "logs")
    web = start_web(folder, {**settings, "WEB_WORKERS": "1"})
    yield Site(web, database, folder / "logs")
    web.stop()
    postgres_server.drop(database)


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """The process, without anybody's lines."""
    yield running
    running.hang_up()
