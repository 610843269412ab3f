"""One computation per key, however many threads and processes ask; and a disk that may break."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.sources import cache as cache_module
from app.sources.cache import SharedCache
from app.sources.errors import SourceError, Unavailable
from tests.servers.processes import wait_until

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> SharedCache:
    return SharedCache(folder)


class Counted:
    """A computation that counts its calls, and may be held back or fail."""

    def __init__(self, value: bytes = b"value") -> None:
        self.value = value
        self.calls = 0
        self.error: SourceError | None = None
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self) -> bytes:
        self.calls += 1
        assert self.may_end.wait(10)
        if self.error:
            raise self.error
        return self.value


def test_a_value_is_computed_once_and_kept(cache: SharedCache, folder: Path) -> None:
    compute = Counted()
    assert [cache.get("key", 60, compute) for _ in range(5)] == [b"value"] * 5
    assert SharedCache(folder).get("key", 60, compute) == b"value"
    assert compute.calls == 1


def test_keys_do_not_share(cache: SharedCache) -> None:
    assert cache.get("a", 60, lambda: b"1") == b"1"
    assert cache.get("b", 60, lambda: b"2") == b"2"


@pytest.mark.parametrize("value", [b"", b"\x00\xff" * 10, b"x" * 300_000])
def test_any_bytes_come_back(cache: SharedCache, folder: Path, value: bytes) -> None:
    cache.get("key", 60, lambda: value)
    assert SharedCache(folder).get("key", 60, Counted(b"other")) == value


def test_what_is_too_old_is_computed_anew(cache: SharedCache) -> None:
    compute = Counted()
    cache.get("key", 0.05, compute)
    wait_until(lambda: cache.peek("key") is None)
    cache.get("key", 0.05, compute)
    assert compute.calls == 2


def test_twenty_threads_compute_once(cache: SharedCache) -> None:
    compute = Counted()
    compute.may_end.clear()
    with ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(cache.get, "key", 60, compute) for _ in range(20)]
        wait_until(lambda: compute.calls == 1)
        compute.may_end.set()
        assert {one.result(10) for one in asked} == {b"value"}
    assert compute.calls == 1


def test_one_slow_key_does_not_hold_up_another(cache: SharedCache) -> None:
    slow = Counted()
    slow.may_end.clear()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(cache.get, "slow", 60, slow)
        wait_until(lambda: slow.calls == 1)
        assert cache.get("quick", 60, lambda: b"quick") == b"quick"
        slow.may_end.set()
        waiting.result(10)


def test_a_failure_is_told_to_all_and_remembered_briefly(cache: SharedCache) -> None:
    compute = Counted()
    compute.error = Unavailable("Prometheus", "cannot be reached")
    compute.may_end.clear()
    with ThreadPoolExecutor(10) as threads:
        asked = [threads.submit(cache.get, "key", 60, compute) for _ in range(10)]
        wait_until(lambda: compute.calls == 1)
        compute.may_end.set()
        for one in asked:
            with pytest.raises(Unavailable):
                one.result(10)
    assert compute.calls == 1
    with pytest.raises(Unavailable):
        cache.get("key", 60, compute)
    assert compute.calls == 1


def test_after_the_pause_it_is_tried_again(cache: SharedCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "RETRY_S", 0.05)
    compute = Counted()
    compute.error = Unavailable("Prometheus", "cannot be reached")
    with pytest.raises(Unavailable):
        cache.get("key", 60, compute)
    compute.error = None
    assert wait_until(lambda: _or_none(lambda: cache.get("key", 60, compute))) == b"value"


def test_errors_of_ours_pass_and_leave_no_lock(cache: SharedCache) -> None:
    def broken() -> bytes:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        cache.get("key", 60, broken)
    begun = time.monotonic()
    assert cache.get("key", 60, lambda: b"fine") == b"fine"
    assert time.monotonic() - begun < 5


def test_memory_is_bounded(cache: SharedCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MEMORY_BYTES", 10)
    for number in range(30):
        cache.get(str(number), 60, lambda: b"x")
    assert [cache.peek(str(number)) for number in (0, 19)] == [None, None]
    assert [cache.peek(str(number)) for number in (20, 29)] == [b"x", b"x"]


def test_nothing_read_back_is_unpickled(cache: SharedCache, folder: Path) -> None:
    """Whoever may write the folder must not get code to run by it."""
    import diskcache

    with diskcache.Cache(str(folder)) as plain:
        plain.set("key", {"a": "pickled dict"})
    assert cache.get("key", 60, lambda: b"computed") == b"computed"
    assert cache.last("key") == b"computed"


# Processes.


def _in_process(folder: str, log: str, gate: object) -> None:
    """Asks for one key with a computation that writes down that it ran."""

    def compute() -> bytes:
        with Path(log).open("a") as file:
            file.write(f"{os.getpid()}\n")
        _until_both_ask(Path(log))
        return b"shared"

    def _until_both_ask(path: Path) -> None:
        wait_until(lambda: path.with_suffix(".asking").read_text().count("\n") == 2)

    cache = SharedCache(Path(folder))
    gate.wait(30)
    with Path(log).with_suffix(".asking").open("a") as file:
        file.write("here\n")
    with ThreadPoolExecutor(5) as threads:
        assert {one.result(20) for one in [threads.submit(cache.get, "key", 60, compute) for _ in range(5)]} == {
            b"shared"
        }


def test_two_processes_of_five_threads_compute_once(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "computed"
    gate = SPAWN.Barrier(2)
    processes = [SPAWN.Process(target=_in_process, args=(str(folder), str(log), gate)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(log.read_text().splitlines()) == 1


def _dies_computing(folder: str) -> None:
    SharedCache(Path(folder)).get("key", 60, lambda: os._exit(9))


def test_a_process_that_dies_while_computing_is_not_waited_for_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = SPAWN.Process(target=_dies_computing, args=(str(folder),))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    monkeypatch.setattr(cache_module, "CLAIM_S", 0.2)
    begun = time.monotonic()
    assert SharedCache(folder).get("key", 60, lambda: b"anew") == b"anew"
    assert time.monotonic() - begun < 5


# The disk.


def test_a_corrupt_file_costs_sharing_and_nothing_else(cache: SharedCache, folder: Path) -> None:
    cache.get("before", 60, lambda: b"1")
    for path in folder.glob("cache.db*"):
        path.write_bytes(b"this is no database" * 500)
    assert cache.get("before", 60, Counted(b"2")) == b"1"
    assert cache.get("after", 60, lambda: b"3") == b"3"
    assert cache.get("after", 60, Counted(b"4")) == b"3"
    assert cache.last("before") in (None, b"1")


def test_a_folder_that_vanishes_costs_sharing_and_nothing_else(cache: SharedCache, folder: Path) -> None:
    cache.get("before", 60, lambda: b"x" * 100_000)
    shutil.rmtree(folder)
    assert cache.get("after", 60, lambda: b"y" * 100_000) == b"y" * 100_000
    cache.put("last", b"z" * 100_000, 60)
    assert cache.last("nothing") is None


def test_a_start_on_a_corrupt_file_begins_anew(cache: SharedCache, folder: Path) -> None:
    cache.get("key", 60, lambda: b"1")
    for path in folder.glob("cache.db*"):
        path.write_bytes(b"this is no database" * 500)
    again = SharedCache(folder)
    assert again.get("key", 60, lambda: b"2") == b"2"
    assert SharedCache(folder).get("key", 60, Counted(b"3")) == b"2"


def test_a_locked_database_is_not_waited_for_long(cache: SharedCache, folder: Path) -> None:
    cache.get("warm", 60, lambda: b"1")
    with sqlite3.connect(folder / "cache.db", isolation_level=None) as other:
        other.execute("begin exclusive")
        begun = time.monotonic()
        assert cache.get("key", 60, lambda: b"value") == b"value"
        assert time.monotonic() - begun < 10
        other.execute("rollback")


def test_the_folder_is_closed_to_others(cache: SharedCache, folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0


def _or_none(act: Callable[[], bytes]) -> bytes | None:
    try:
        return act()
    except SourceError:
        return None
