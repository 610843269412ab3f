"""Bad days of the live connection: PostgreSQL dies under two hundred people, then a web process does."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
import requests

from tests.bench.ground import signed_in
from tests.bench.usage import MIB
from tests.push.crowd import Crowd, Member
from tests.servers.postgres import PostgresServer
from tests.servers.processes import alive, wait_until
from tests.stack import Web, add_accounts, start_web, web_settings

PEOPLE = 200
# What a process may hold more after a restart of PostgreSQL than before, of free memory that malloc keeps.
GROWN_MIB = 8


@dataclass
class House:
    """Two web processes with a PostgreSQL that may be killed, and people who have signed in."""

    web: Web
    postgres: PostgresServer
    database: str
    cookies: list[str]

    def processes(self) -> dict[int, psutil.Process]:
        """The web processes that are there now."""
        return {one.pid: one for one in psutil.Process(self.web.process.pid).children()}

    def event(self, kind: str) -> None:
        """Writes an event."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("INSERT INTO events (id, type, timestamp) VALUES (%s, %s, now())", (uuid4(), kind))

    def watching(self) -> float:
        """Live connections, as the processes count them."""
        with requests.Session() as session:
            session.trust_env = False
            text = session.get(f"{self.web.url}/metrics", timeout=10).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("dashboard_websocket_"))


@pytest.fixture(scope="module")
def house(server_folder: Path) -> Iterator[House]:
    """The product with a PostgreSQL of its own: that of the test process is everybody's."""
    folder = server_folder / "bad-days"
    folder.mkdir()
    postgres = PostgresServer(folder / "postgres")
    database = postgres.create()
    add_accounts(database)
    (folder / "logs").mkdir()
    settings = web_settings(folder / "web", database=database, prometheus="http://127.0.0.1:9", logs=folder / "logs")
    web = start_web(folder / "web", settings)
    people = signed_in(database, settings["DASHBOARD_SECRET_KEY"], PEOPLE)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CHECKPOINT")  # commits of the tests' PostgreSQL do not wait for the disk
    yield House(web, postgres, database, [one.cookie for one in people])
    web.stop()
    postgres.stop()


def begin_both(house: House) -> None:
    """Waits until both processes greet: the first to begin would take in everybody."""
    early = Crowd(house.web.url)
    greeted: set[str] = set()

    def both() -> bool:
        for one in early.enter(house.cookies[:4]):
            if one.told:
                greeted.add(one.instance)
                early.close(one)
        return len(greeted) == 2

    wait_until(both, 30, what="a greeting of each process")
    early.leave()


@pytest.fixture(scope="module")
def crowd(house: House) -> Iterator[Crowd]:
    """Everybody, shared between the two processes as it happens."""
    begin_both(house)
    found = Crowd(house.web.url)
    assert not [one for one in found.enter(house.cookies) if one.refused]
    found.all(lambda one: one.heard() == "listening", "a process that listens")
    yield found
    found.leave()


def told_of(kind: str) -> Callable[[Member], bool]:
    """Whether a member was told of an alert of that type."""
    return lambda one: any(kind in news["types"] for news in one.of("alerts"))


def threads_of(house: House) -> dict[int, int]:
    """How many threads each web process has."""
    return {pid: process.num_threads() for pid, process in house.processes().items()}


def held_mib(house: House) -> dict[int, float]:
    """Memory of each web process that is its own."""
    return {pid: process.memory_full_info().uss / MIB for pid, process in house.processes().items()}


def kill_postgres(house: House, number: int) -> None:
    """Ends the server by its postmaster: SIGQUIT is its immediate mode, after SIGKILL nobody tidies up."""
    pid = house.postgres.pid
    os.kill(pid, number)
    wait_until(lambda: not alive(pid), what="the end of PostgreSQL")


def restart_postgres(house: House, crowd: Crowd, number: int) -> None:
    """Kills it under everybody and starts it again, and looks at what they are told."""
    crowd.forget()
    kill_postgres(house, number)
    crowd.all(lambda one: one.heard() == "away", "word that nothing is heard")
    house.postgres.start()
    crowd.all(lambda one: one.heard() == "listening", "word that changes are heard again")
    crowd.all(lambda one: one.of("alerts") and one.of("status") and one.of("workflows"), "the catch-up")
    kind = f"ALERT.AFTER_{signal.Signals(number).name}"
    house.event(kind)
    crowd.all(told_of(kind), "the event after the restart")


def test_postgresql_dies_under_everybody_and_nobody_is_lost(house: House, crowd: Crowd) -> None:
    restart_postgres(house, crowd, signal.SIGQUIT)
    threads, held = threads_of(house), held_mib(house)
    restart_postgres(house, crowd, signal.SIGKILL)
    assert not [one for one in crowd.members if one.lost]
    wait_until(lambda: all(now <= threads[pid] for pid, now in threads_of(house).items()), what="no more threads")
    assert {pid: round(now - held[pid]) for pid, now in held_mib(house).items() if now - held[pid] > GROWN_MIB} == {}


def test_who_comes_while_postgresql_is_away_knows_that_nothing_is_heard(house: House, crowd: Crowd) -> None:
    crowd.forget()
    kill_postgres(house, signal.SIGQUIT)
    crowd.all(lambda one: one.heard() == "away", "word that nothing is heard")
    came = crowd.enter(house.cookies[:10])  # who was seen a moment ago is known without it
    assert [one for one in came if one.refused or one.heard() == "away"] == came
    for one in came:
        if one.refused:
            crowd.members.remove(one)
    house.postgres.start()
    crowd.all(lambda one: one.heard() == "listening", "word that changes are heard again")
    stayed = [member for member in crowd.members if member not in came]
    # Who greeted them may not have listened yet.
    assert {member.modes()[-2:] for member in stayed} == {("away", "listening")}
    assert max(len(member.modes()) for member in stayed) <= len(("greeted", "away", "listening"))


def test_a_web_process_is_killed_and_the_others_go_on(house: House, crowd: Crowd) -> None:
    by_instance: dict[str, list[Member]] = {}
    for member in crowd.members:
        by_instance.setdefault(member.instance, []).append(member)
    assert len(by_instance) == 2, "both processes have people"
    before = set(house.processes())
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: any(one.lost for one in crowd.members), what="the first loss")
    (ended,) = [name for name, members in by_instance.items() if any(one.lost for one in members)]
    crowd.all(lambda one: one.lost, "its end", members=by_instance.pop(ended))
    ((name, stayed),) = by_instance.items()
    house.event("ALERT.MEANWHILE")
    crowd.all(told_of("ALERT.MEANWHILE"), "the event meanwhile", members=stayed)
    assert not [one for one in stayed if one.lost]
    wait_until(lambda: house.watching() == len(stayed), what=f"{house.watching()} of {len(stayed)} stayed: the count")
    wait_until(lambda: len(set(house.processes()) - before) == 1, what="a new process")
    new: list[Member] = []

    def came() -> bool:
        begin = len(new) % PEOPLE  # other people each time: nobody may have more than some connections
        new.extend(crowd.enter(house.cookies[begin : begin + 10]))
        return any(one.told and one.instance not in {name, ended} for one in new)

    wait_until(came, 20, what="a greeting of the new process")
    entered = [one for one in new if not one.refused]
    crowd.all(lambda one: one.heard() == "listening", "a process that listens", members=entered)
    house.event("ALERT.AFTER_ALL")
    crowd.all(told_of("ALERT.AFTER_ALL"), "the event afterwards", members=[*stayed, *entered])


def test_half_open_handshakes_keep_nobody_out(house: House) -> None:
    host, port = house.web.url.removeprefix("http://").split(":")
    half = b"GET /api/dashboard/ws HTTP/1.1\r\nHost: half\r\nUpgrade: websocket\r\nConnection: Upgr"
    with ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(50)]
        for line in lines:
            line.sendall(half)
        crowd = Crowd(house.web.url)
        try:
            assert not [one for one in crowd.enter(house.cookies[:50]) if one.refused]
            with requests.Session() as session:
                session.trust_env = False
                assert session.get(f"{house.web.url}/login", timeout=2).status_code == 200
            for line in lines:  # all of this came before the server gave one of them up
                line.settimeout(0)
                with pytest.raises(BlockingIOError):
                    line.recv(1)
        finally:
            crowd.leave()
