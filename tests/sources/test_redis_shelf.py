"""One shelf for all replicas: shared while Redis answers, each replica's own while it does not."""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.settings import load
from app.sources import redis_line, redis_shelf
from app.sources.cache import SharedCache
from app.sources.errors import Unavailable
from app.sources.namespace import namespace_of
from app.sources.outages import Outages
from app.sources.redis_shelf import RedisShelf
from app.sources.shelf import Shelf
from tests.conftest import ProxyTo
from tests.servers.ports import LOOPBACK
from tests.servers.processes import wait_until
from tests.servers.proxy import Proxy
from tests.servers.redis import RedisServer

HERE = "tamma:test"
PASSWORD = "correct-horse-battery"
AWAY = ["refuse", "hang", "garbage", "noise", "cut"]
ShelfOf = Callable[..., RedisShelf]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    """A Redis that holds nothing."""
    running.client.flushall()
    return running


@pytest.fixture
def shelf_of(server: RedisServer, tmp_path: Path) -> ShelfOf:
    """``shelf_of("a")``: the shelf of a replica, which has a folder of its own."""

    def make(name: str, *, url: str = server.url, namespace: str = HERE) -> RedisShelf:
        return RedisShelf(url, namespace, Shelf(tmp_path / name))

    return make


@pytest.fixture
def proxy(server: RedisServer, proxy_to: ProxyTo) -> Proxy:
    return proxy_to(LOOPBACK, server.port)


@pytest.fixture
def behind(proxy: Proxy, server: RedisServer, shelf_of: ShelfOf, monkeypatch: pytest.MonkeyPatch) -> RedisShelf:
    """A replica whose way to Redis can be spoiled; it does not leave it alone for long."""
    monkeypatch.setattr(redis_line, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(redis_line, "LONGEST_PAUSE_S", 0.05)
    return shelf_of("behind", url=proxy.through(server.url))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == redis_line.__name__]


# Shared.


@pytest.mark.parametrize("value", [b"", b"\x00\xff\x80", b"x" * redis_shelf.MOST_BYTES, 1.5, -0.0, 1e300])
def test_what_one_replica_puts_the_other_reads(shelf_of: ShelfOf, value: bytes | float) -> None:
    shelf_of("a").put("key", value, 60)
    found = shelf_of("b").read("key")
    assert (type(found), found) == (type(value), value)


def test_what_one_drops_is_gone_for_the_other(shelf_of: ShelfOf) -> None:
    one, other = shelf_of("a"), shelf_of("b")
    one.put("key", b"value", 60)
    assert other.read("key") == b"value"
    other.drop("key")
    assert one.read("key") is None


def test_the_first_of_all_replicas_is_first(shelf_of: ShelfOf) -> None:
    one, other = shelf_of("a"), shelf_of("b")
    one.put_first("key", 1.0, 60)
    other.put_first("key", 2.0, 60)
    assert (one.read("key"), other.read("key")) == (1.0, 1.0)


def test_the_beginning_of_an_outage_is_known_to_all_replicas(shelf_of: ShelfOf) -> None:
    one, other = Outages(shelf_of("a")), Outages(shelf_of("b"))
    one.note("Prometheus", Unavailable("Prometheus", "cannot be reached"), 100.0)
    assert other.since("Prometheus") == 100.0
    other.note("Prometheus", None, 101.0)
    assert one.since("Prometheus") is None


def test_a_value_ends_with_its_time(server: RedisServer, shelf_of: ShelfOf) -> None:
    shelf = shelf_of("a")
    shelf.put("short", b"value", 0.05)
    shelf.put("none", b"value", 0.0)
    shelf.put("long", b"value", 60)
    assert 59_000 < server.client.pttl(f"{HERE}:long") <= 60_000
    wait_until(lambda: shelf.read("short") is None and shelf.read("none") is None)
    assert shelf.read("long") == b"value"
    assert shelf.away_since() is None


def test_everything_in_redis_has_an_end(server: RedisServer, shelf_of: ShelfOf) -> None:
    shelf = shelf_of("a")
    shelf.put("put", b"value", 60)
    shelf.put_first("first", 1.0, 60)
    assert shelf.claim("claim", 60)
    assert shelf.away_since() is None
    names = server.client.keys("*")
    assert {name.decode() for name in names} == {f"{HERE}:{name}" for name in ("put", "first", "claim")}
    assert all(server.client.pttl(name) > 0 for name in names)


def test_nothing_of_one_namespace_is_seen_in_another(shelf_of: ShelfOf) -> None:
    one, other = shelf_of("a"), shelf_of("b", namespace="tamma:other")
    one.put("key", b"value", 60)
    assert other.read("key") is None
    assert one.claim("job", 60)
    assert other.claim("job", 60)


def test_replicas_compute_once_together(server: RedisServer, tmp_path: Path) -> None:
    caches = [SharedCache(tmp_path / name, redis_url=server.url, namespace=HERE) for name in ("a", "b")]
    begun, may_end, calls = threading.Event(), threading.Event(), []

    def compute() -> bytes:
        calls.append(1)
        begun.set()
        assert may_end.wait(10)
        return b"value"

    with ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(caches[at % 2].get, "key", 60, compute) for at in range(20)]
        assert begun.wait(10)
        wait_until(lambda: all("key" in cache._flights for cache in caches), what="both replicas ask")
        may_end.set()
        assert {one.result(20) for one in asked} == {b"value"}
    assert len(calls) == 1


# Claims.


def test_a_claim_is_one_replicas_until_it_is_given_back(shelf_of: ShelfOf) -> None:
    one, other = shelf_of("a"), shelf_of("b")
    token = one.claim("job", 60)
    assert token
    assert other.claim("job", 60) is None
    assert other.read("job") == token
    one.release("job", token)
    assert other.claim("job", 60)


def test_a_claim_that_ran_out_and_is_anothers_is_not_given_back(shelf_of: ShelfOf) -> None:
    one, other = shelf_of("a"), shelf_of("b")
    late = one.claim("job", 0.05)
    assert late
    token = wait_until(lambda: other.claim("job", 60))
    one.release("job", late)
    assert other.read("job") == token
    assert one.claim("job", 60) is None


def test_of_many_at_once_one_gets_the_claim(shelf_of: ShelfOf) -> None:
    shelves, together = [shelf_of("a"), shelf_of("b")], threading.Barrier(16)

    def claim(at: int) -> str | None:
        together.wait(10)
        return shelves[at % 2].claim("job", 60)

    with ThreadPoolExecutor(16) as threads:
        assert len([token for token in threads.map(claim, range(16)) if token]) == 1


# What is not ours.


@pytest.mark.parametrize(
    "found",
    [
        *(b"", b"value", b"1.5", pickle.dumps({"a": 1}), pickle.dumps(b"value", protocol=0), b"\x02short", b"\x03\xff"),
        *(b"\x05value", b"\x01" + b"x" * (redis_shelf.MOST_BYTES + 1), b"x" * (4 * redis_shelf.MOST_BYTES)),
    ],
    ids=lambda found: repr(found[:12]),
)
def test_what_is_not_ours_is_as_if_absent(server: RedisServer, shelf_of: ShelfOf, found: bytes) -> None:
    server.client.set(f"{HERE}:key", found)
    shelf = shelf_of("a")
    assert shelf.read("key") is None
    assert shelf.away_since() is None


def test_a_key_that_holds_no_string_is_as_if_absent(server: RedisServer, shelf_of: ShelfOf) -> None:
    server.client.rpush(f"{HERE}:key", "an", "entry")
    shelf = shelf_of("a")
    assert shelf.read("key") is None
    shelf.release("key", "token")
    assert shelf.line.away_since is None
    shelf.put("key", b"value", 60)
    assert shelf_of("b").read("key") == b"value"


def test_what_is_too_large_stays_with_its_replica(server: RedisServer, shelf_of: ShelfOf) -> None:
    one, other, large = shelf_of("a"), shelf_of("b"), b"x" * (redis_shelf.MOST_BYTES + 1)
    one.put("key", b"older", 60)
    one.put("key", large, 60)
    assert server.client.strlen(f"{HERE}:key") < 10
    assert one.read("key") == large
    assert other.read("key") is None


# Redis lost.


@pytest.mark.parametrize("mode", AWAY)
def test_a_lost_redis_leaves_the_replicas_own_shelf(behind: RedisShelf, proxy: Proxy, mode: str) -> None:
    behind.put("kept", b"value", 60)
    proxy.switch(mode)  # type: ignore[arg-type]
    assert behind.read("kept") == b"value"
    behind.put("new", 2.0, 60)
    behind.put_first("new", 3.0, 60)
    assert behind.read("new") == 2.0
    token = behind.claim("job", 60)
    assert token
    assert behind.claim("job", 60) is None
    behind.release("job", token)
    assert behind.claim("job", 60)
    behind.drop("kept")
    assert behind.read("kept") is None
    assert behind.away_since() is not None


@pytest.mark.parametrize("mode", AWAY)
def test_it_comes_back_by_itself_and_both_are_said_once(
    behind: RedisShelf, proxy: Proxy, shelf_of: ShelfOf, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    shelf_of("other").put("key", b"shared", 60)
    assert behind.read("key") == b"shared"
    proxy.switch(mode)  # type: ignore[arg-type]
    assert [behind.read("key") for _ in range(20)] == [None] * 20
    proxy.switch("pass")
    assert wait_until(lambda: behind.read("key")) == b"shared"
    assert behind.away_since() is None
    went, came = lines(caplog)
    assert went.startswith(f"Redis at {LOOPBACK}:{proxy.port}: ")
    assert went.endswith("carrying on with this replica's own cache")
    assert "answers again" in came
    assert {one.levelno for one in caplog.records if one.name == redis_line.__name__} == {logging.WARNING}


@pytest.mark.parametrize("mode", ["hang", "noise"])
def test_a_lost_redis_is_not_waited_for_by_each(
    server: RedisServer, proxy: Proxy, shelf_of: ShelfOf, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """A hundred reads by eight threads: those under way when it goes, and nobody after."""
    monkeypatch.setattr(redis_line, "FIRST_PAUSE_S", 3_600.0)
    shelf = shelf_of("a", url=proxy.through(server.url))
    shelf.put("key", b"value", 60)
    proxy.switch(mode)  # type: ignore[arg-type]
    before = proxy.connections
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(shelf.read, ["key"] * 100)) == [b"value"] * 100
    assert proxy.connections - before <= 8


def test_after_a_pause_one_caller_probes_and_a_failed_probe_doubles_it(
    server: RedisServer, proxy: Proxy, tmp_path: Path
) -> None:
    now = [0.0]
    line = redis_line.RedisLine(proxy.through(server.url), HERE, clock=lambda: now[0])
    proxy.switch("hang")

    def connections_of_eight() -> int:
        before = proxy.connections
        with ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(line.ask, lambda client: client.get("key")) for _ in range(8)]
            assert all(isinstance(one.exception(10), redis_line.Away) for one in asked)
        return proxy.connections - before

    assert 1 <= connections_of_eight() <= 8
    asked_at = []
    for tenth in range(10, 400):
        now[0] = tenth / 10
        if connections_of_eight():
            asked_at.append(now[0])
    assert asked_at == [1.0, 3.0, 7.0, 15.0, 25.0, 35.0]


def test_a_probe_is_one_connection_however_many_wait(server: RedisServer, proxy: Proxy) -> None:
    now = [0.0]
    line = redis_line.RedisLine(proxy.through(server.url), HERE, clock=lambda: now[0])
    proxy.switch("hang")
    with pytest.raises(redis_line.Away):
        line.probe()
    now[0], before, together = 100.0, proxy.connections, threading.Barrier(8)

    def ask() -> None:
        together.wait(10)
        with pytest.raises(redis_line.Away):
            line.probe()

    with ThreadPoolExecutor(8) as threads:
        for one in [threads.submit(ask) for _ in range(8)]:
            one.result(10)
    assert proxy.connections - before == 1


def test_a_failure_of_before_its_return_says_nothing_of_now(behind: RedisShelf, proxy: Proxy) -> None:
    asked, may_fail = threading.Event(), threading.Event()

    def fail_late(_client: object) -> None:
        asked.set()
        assert may_fail.wait(10)
        raise OSError("reset")

    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(behind.line.ask, fail_late)
        assert asked.wait(10)
        proxy.switch("refuse")
        assert behind.away_since() is not None
        proxy.switch("pass")
        wait_until(lambda: behind.away_since() is None)
        may_fail.set()
        assert isinstance(late.exception(10), redis_line.Away)
    assert behind.line.away_since is None


def test_a_restarted_redis_is_not_even_missed(shelf_of: ShelfOf, tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "restarted")
    server.start()
    shelf = shelf_of("a", url=server.url)
    shelf.put("key", b"value", 60)
    server.stop()
    server.start()
    try:
        assert shelf.read("key") is None
        shelf.put("key", b"again", 60)
        assert shelf.read("key") == b"again"
        assert shelf.line.away_since is None
    finally:
        server.stop()


def test_a_redis_that_takes_no_writes_is_lost_until_it_does(
    server: RedisServer, behind: RedisShelf, caplog: pytest.LogCaptureFixture
) -> None:
    server.client.config_set("maxmemory", "1")
    try:
        behind.put("key", b"value", 60)
        assert behind.read("key") == b"value"
        assert behind.away_since() is not None
    finally:
        server.client.config_set("maxmemory", "0")
    wait_until(lambda: behind.away_since() is None)
    assert len(lines(caplog)) == 2


@pytest.mark.parametrize("given", ["", ":wrong-password@", "nobody:wrong-password@"])
def test_a_wrong_password_is_said_and_never_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture, given: str) -> None:
    server = RedisServer(tmp_path / "locked", password=PASSWORD)
    server.start()
    try:
        shelf = RedisShelf(f"redis://{given}{LOOPBACK}:{server.port}/0", HERE, Shelf(tmp_path / "a"))
        shelf.put("key", b"value", 60)
        assert shelf.read("key") == b"value"
        right = RedisShelf(server.url, HERE, Shelf(tmp_path / "b"))
        right.put("key", b"shared", 60)
        assert right.line.away_since is None
    finally:
        server.stop()
    (line,) = lines(caplog)
    assert "refuses the password, or the lack of one" in line
    assert "wrong-password" not in caplog.text


# Who shares.


def settings_with(**given: str) -> str:
    url = given.pop("DATABASE_URL", "postgresql://u:p@db/tamma")
    return namespace_of(load({"PROMETHEUS_URL": "http://p:9090", **given}, purpose="check"), url)


def test_one_build_with_one_configuration_shares(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text("time_zone: UTC\n")
    plain = settings_with()
    assert plain == settings_with(DATABASE_URL="postgresql://u:other@db/tamma", LOG_LEVEL="debug")
    assert plain.startswith("tamma:")
    others = [
        settings_with(DATABASE_URL="postgresql://u:p@db/other"),
        settings_with(DATABASE_URL="postgresql://v:p@db/tamma"),
        settings_with(PROMETHEUS_TOKEN="another"),
        settings_with(PROMETHEUS_URL="http://other:9090"),
        settings_with(EVENT_SCHEMA="other"),
        settings_with(DASHBOARD_CONFIG=str(config)),
    ]
    assert len({plain, *others}) == 7


def test_another_build_does_not(tmp_path: Path) -> None:
    settings = load({}, purpose="check")

    def digest() -> str:
        return namespace_of(settings, "postgresql://db/tamma", folder=tmp_path)

    (tmp_path / "drawing.py").write_text("WIDTH = 1\n")
    first = digest()
    (tmp_path / "drawing.pyc").write_bytes(b"compiled")
    assert digest() == first
    (tmp_path / "drawing.py").write_text("WIDTH = 2\n")
    assert digest() != first
