"""A web process whose every seat is taken, and people in it who do not listen."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

from tests.bench.ground import signed_in
from tests.push.conftest import Site
from tests.push.crowd import Crowd
from tests.push.small import PING_S, SEATS
from tests.servers.postgres import PostgresServer
from tests.servers.processes import ServerProcess, answers, wait_until
from tests.stack import Web, add_accounts, web_settings

GONE, TOO_MANY = 1001, 1013
SEND_TIMEOUT_S = 5
MARGIN_S = 10
PONG = b"\x8a\x80\0\0\0\0"


class House(Site):
    """The small web process: its seats, and cookies of people who have signed in."""

    cookies: list[str]

    def metric(self) -> float:
        """Seats taken, as the process counts them."""
        with requests.Session() as session:
            session.trust_env = False
            text = session.get(f"{self.web.url}/metrics", timeout=10).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("dashboard_websocket_"))

    def threads(self) -> int:
        """Threads of the web process."""
        (process,) = psutil.Process(self.web.process.pid).children()
        return process.num_threads()

    def empty(self) -> bool:
        """Whether every seat is free."""
        return self.metric() == 0

    def deaf(self) -> socket.socket:
        """A live connection of somebody who never reads, not even the greeting, with the least room for it."""
        host, port = self.web.url.removeprefix("http://").split(":")
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the kernel makes it its least, some 2 KB
        line.connect((host, int(port)))
        line.sendall(
            (
                f"GET /api/dashboard/ws HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {self.web.url}\r\n"
                f"Cookie: {self.cookies[0]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            ).encode()
        )
        return line


@pytest.fixture(scope="module")
def built(postgres_server: PostgresServer, server_folder: Path) -> Iterator[House]:
    """One process with few seats."""
    folder, database = server_folder / "full-house", postgres_server.create()
    (folder / "logs").mkdir(parents=True)
    add_accounts(database)
    settings = web_settings(folder, database=database, prometheus="http://127.0.0.1:9", logs=folder / "logs")
    settings |= {"WEB_WORKERS": "1", "WEB_THREADS": "4", "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
    (folder / "metrics").mkdir()
    url = f"http://127.0.0.1:{settings['PORT']}"
    process = ServerProcess(
        f"small web on {settings['PORT']}",
        (sys.executable, "-m", "tests.push.small"),
        output=folder / "web.log",
        ready=lambda: answers(f"{url}/health"),
        environment=settings,
    )
    process.start()
    house = House(Web(url, process), database, folder / "logs")
    house.cookies = [one.cookie for one in signed_in(database, settings["DASHBOARD_SECRET_KEY"], 2 * SEATS)]
    yield house
    process.stop()
    postgres_server.drop(database)


@pytest.fixture
def house(built: House) -> Iterator[House]:
    """The process with every seat free."""
    wait_until(built.empty, what="free seats")
    yield built


@pytest.fixture
def crowd(house: House) -> Iterator[Crowd]:
    """Nobody yet."""
    found = Crowd(house.web.url)
    yield found
    found.leave()


def test_one_too_many_is_told_to_come_again_and_pages_are_served_meanwhile(house: House, crowd: Crowd) -> None:
    seated = crowd.enter(house.cookies[:SEATS])
    late = crowd.enter(house.cookies[SEATS : SEATS + 5])
    assert [(one.told, one.code) for one in late] == [([], TOO_MANY)] * 5
    with requests.Session() as session:
        session.trust_env = False
        for path in ("/health", "/login"):
            assert session.get(house.web.url + path, timeout=2).status_code == 200
    assert not [one for one in seated if one.lost]
    assert house.metric() == SEATS
    house.event("ALERT.FIRED")
    crowd.all(lambda one: one.of("alerts"), "the event", members=seated)


def test_a_seat_that_is_left_is_free_at_once(house: House, crowd: Crowd) -> None:
    seated = crowd.enter(house.cookies[:SEATS])
    crowd.close(seated[0])
    (next_one,) = wait_until(
        lambda: [one for one in crowd.enter(house.cookies[SEATS : SEATS + 1]) if one.told], what="a free seat"
    )
    assert not next_one.lost


def test_who_is_turned_away_leaves_no_thread_behind(house: House, crowd: Crowd) -> None:
    crowd.enter(house.cookies[:SEATS])
    threads = house.threads()
    crowd.enter(house.cookies * 2)
    # Soon, or it is the next ping that ends them; four more may serve pages by now.
    wait_until(lambda: house.threads() <= threads + 4, PING_S - 1, what="no more threads than before")


def test_who_never_reads_is_dropped_and_the_others_miss_nothing(house: House, crowd: Crowd) -> None:
    """Kernels swallow thousands of messages for somebody slow; this process has small buffers, which are soon full.

    The deaf one goes on saying that it is there, so that it is not for want of an answer to a ping.
    """
    listening = crowd.enter(house.cookies[:5])
    with house.deaf() as line:
        wait_until(lambda: house.metric() == 6, what="six seats taken")
        begun = time.monotonic()

        def dropped() -> bool:
            for group in ("ALERT", "DEPLOY", "WORKFLOW"):
                house.event(*(f"{group}.{letter * 34}"[:40] for letter in "BCDEFGHIJK"))
            with suppress(OSError):  # once it is dropped
                line.sendall(PONG)
            return house.metric() == 5

        wait_until(dropped, SEND_TIMEOUT_S + MARGIN_S, what="the deaf one's seat")
        assert time.monotonic() - begun >= SEND_TIMEOUT_S, "not at the first wait"
    house.event("ALERT.A")  # among many types the first ones are named
    crowd.all(lambda one: "ALERT.A" in one.of("alerts")[-1]["types"], "the last event", members=listening)
    for member in listening:
        numbers = [news["seq"] for news in member.of("alerts")]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert not member.lost


def test_who_answers_no_ping_is_dropped(house: House) -> None:
    """What is sent may be little: then it is the pings that find somebody who is not there."""
    with house.deaf() as line:
        wait_until(lambda: house.metric() == 1, what="a seat taken")
        line.sendall(b"\x81")  # half a frame
        wait_until(house.empty, 2 * PING_S + SEND_TIMEOUT_S + MARGIN_S, what="the silent one's seat")


def test_too_much_at_once_frees_the_seat(house: House, crowd: Crowd) -> None:
    """Many times: the seat was lost for good when its thread woke up before the end was noted."""
    for _ in range(3):
        came = crowd.enter(house.cookies[:SEATS])
        for member in came:
            crowd.say(member, json.dumps({"type": "subscribe", "topics": []}))
        crowd.all(lambda one: one.told[-1]["type"] == "subscribed", "silence", members=came)
        for member in came:
            crowd.say(member, "x" * 100_000)
        crowd.all(lambda one: one.lost, "the end", members=came)
        assert {one.code for one in came} <= {1009, 1006}
        wait_until(house.empty, what="free seats")


FRAMES = {
    "unmasked": b"\x81\x02hi",
    "reserved bits": b"\xf1\x80\0\0\0\0",
    "unknown opcode": b"\x83\x80\0\0\0\0",
    "half a character": b"\x81\x81\0\0\0\0\xff",
    "a long ping": b"\x89\xfe\x01\x00\0\0\0\0" + b"x" * 256,
    "a fragmented ping": b"\x09\x80\0\0\0\0",
    "a continuation of nothing": b"\x80\x80\0\0\0\0",
    "four exabytes announced": b"\x81\xff\x3f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
    "no frame at all": b"GET / HTTP/1.1\r\n\r\n",
    "a message in ten thousand pieces": b"\x01\x80\0\0\0\0" + b"\x00\x81\0\0\0\0x" * 10_000,
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_malformed_frames_free_the_seat_and_nobody_else_notices(house: House, crowd: Crowd, frame: bytes) -> None:
    (other,) = crowd.enter(house.cookies[:1])
    with house.deaf() as line:
        wait_until(lambda: house.metric() == 2, what="two seats taken")
        line.sendall(frame)
        wait_until(lambda: house.metric() == 1, what="the seat of the malformed")
    house.event("ALERT.FIRED")
    crowd.all(lambda one: one.of("alerts"), "the event")
    assert not other.lost


def test_a_process_that_ends_says_so_to_all_and_shows_nobody_out(house: House, crowd: Crowd) -> None:
    seated = crowd.enter(house.cookies[:SEATS])
    house.web.stop()
    try:
        crowd.all(lambda one: one.lost, "the end", members=seated)
        assert {one.code for one in seated} == {GONE}
    finally:
        house.web.start()
