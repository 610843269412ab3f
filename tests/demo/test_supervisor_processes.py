"""Child processes of the demo: ready, started again, stopped, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo import processes as module
from app.demo.processes import Processes, ServerEnded, ending
from app.demo.servers import Server
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.processes import alive, wait_until

STARTS_ONE_AND_IS_KILLED = """
import os, pathlib, signal, sys
from app.demo.processes import Processes
from app.demo.servers import Server
children = Processes(pathlib.Path(sys.argv[1]), os.environ, print)
children.start(Server("sleeper", ("sleep", "1000")))
print(children.pids()["sleeper"], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def children(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    made = Processes(tmp_path / "log", os.environ, said.append)
    yield made
    made.stop()


def shell(name: str, script: str, *, grace_s: float = 2.0) -> Server:
    return Server(name, ("sh", "-c", script), grace_s=grace_s)


def web_server(tmp_path: Path) -> Server:
    port = free_port()
    command = (sys.executable, "-m", "http.server", str(port), "--bind", LOOPBACK, "--directory", str(tmp_path))
    return Server("page", command, f"http://{LOOPBACK}:{port}/")


def test_waits_until_a_server_answers(children: Processes, tmp_path: Path) -> None:
    server = web_server(tmp_path)
    children.start(server)
    children.wait_ready("page", 20)
    assert module.answers(server.ready_url)


def test_a_server_that_never_answers_is_named_with_its_output(children: Processes, tmp_path: Path) -> None:
    url = f"http://{LOOPBACK}:{free_port()}/"
    children.start(Server("deaf", ("sh", "-c", "echo no config; exec sleep 1000"), url))
    wait_until(lambda: children.log_of("deaf").read_text())
    with pytest.raises(ServerEnded, match=r"(?s)deaf is not ready.*no config"):
        children.wait_ready("deaf", 0.05)


def test_a_server_that_keeps_ending_is_not_waited_for(children: Processes) -> None:
    children.start(Server("broken", ("sh", "-c", "echo bad flag; exit 2"), f"http://{LOOPBACK}:{free_port()}/"))
    with pytest.raises(ServerEnded, match=r"(?s)broken ends right after its start.*bad flag"):
        children.wait_ready("broken", 20)


def test_a_server_that_ends_is_started_again(children: Processes, said: list[str]) -> None:
    children.start(shell("sleeper", "exec sleep 1000"))
    first = children.pids()["sleeper"]
    os.kill(first, signal.SIGKILL)
    wait_until(children.restart_ended)
    assert children.pids()["sleeper"] != first
    assert "sleeper ended (killed by SIGKILL)" in said[0]


def test_the_pause_doubles_with_every_failure(children: Processes, said: list[str]) -> None:
    children.start(shell("broken", "exit 3"))

    def failures() -> bool:
        children.restart_ended()
        return len(said) >= 3

    wait_until(failures)
    assert all("broken ended (exit 3)" in line for line in said)
    assert children._children["broken"].failures >= 3


def test_what_ignores_the_request_to_end_is_killed(children: Processes, said: list[str]) -> None:
    children.start(shell("stubborn", "trap '' TERM; echo up; while :; do sleep 0.05; done", grace_s=0.1))
    wait_until(lambda: children.log_of("stubborn").read_text())
    pid = children.pids()["stubborn"]
    children.stop()
    assert not alive(pid)
    assert said == ["stubborn does not end and is killed"]


def test_the_children_of_a_child_end_with_it(children: Processes) -> None:
    children.start(shell("parent", "sleep 1000 & echo $!; wait"))
    grandchild = int(wait_until(lambda: children.log_of("parent").read_text()))
    children.stop()
    wait_until(lambda: not alive(grandchild))


def test_only_the_named_are_stopped(children: Processes) -> None:
    for name in ("first", "second"):
        children.start(shell(name, "exec sleep 1000"))
    children.stop(["first"])
    assert list(children.pids()) == ["second"]


def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_ONE_AND_IS_KILLED, str(tmp_path)]
    pid = int(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    wait_until(lambda: not alive(pid))


def test_secrets_in_a_servers_environment_are_not_shown() -> None:
    assert "hunter2" not in repr(Server("web", ("x",), environment={"DATABASE_URL": "hunter2"}))


@pytest.mark.parametrize(("code", "words"), [(1, "exit 1"), (-15, "killed by SIGTERM")])
def test_an_ending_in_words(code: int, words: str) -> None:
    assert ending(code) == words


def test_a_task_that_is_done_is_not_started_again_and_forgotten(
    children: Processes, tmp_path: Path, said: list[str]
) -> None:
    script = f"echo x >> {tmp_path}/runs"
    children.start(Server("task", ("sh", "-c", script), once=True))
    wait_until(lambda: not children.pids())
    assert not children.restart_ended()
    children.stop()
    assert (tmp_path / "runs").read_text() == "x\n"
    assert said == []


def test_a_task_that_fails_is_started_again(children: Processes, tmp_path: Path) -> None:
    script = f"echo x >> {tmp_path}/runs; test $(wc -l < {tmp_path}/runs) = 2"
    children.start(Server("task", ("sh", "-c", script), once=True))

    def done() -> bool:
        children.restart_ended()
        return (tmp_path / "runs").exists() and (tmp_path / "runs").read_text() == "x\nx\n" and not children.pids()

    wait_until(done)
