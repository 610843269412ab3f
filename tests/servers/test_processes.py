"""Server processes end with the test process, even when it is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.processes import ServerProcess, alive, wait_until

STARTS_A_SERVER = """
import pathlib, sys, os, signal
from tests.servers.processes import ServerProcess
server = ServerProcess("sleeper", ("sleep", "1000"), output=pathlib.Path(sys.argv[1]), ready=lambda: True)
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_dies_with_a_killed_test_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_A_SERVER, str(tmp_path / "output")]
    pid = int(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    wait_until(lambda: not alive(pid), what="the server's end")


def test_the_output_of_a_server_that_does_not_start_is_in_the_failure(tmp_path: Path) -> None:
    server = ServerProcess(
        "broken", ("sh", "-c", "echo no such port; exit 3"), output=tmp_path / "output", ready=lambda: False
    )
    with pytest.raises(AssertionError, match=r"(?s)ended with 3.*no such port"):
        server.start()


def test_a_stopped_server_starts_again(tmp_path: Path) -> None:
    server = ServerProcess("sleeper", ("sleep", "1000"), output=tmp_path / "output", ready=lambda: True)
    server.start()
    first = server.pid
    server.stop()
    assert not server.running
    server.start()
    assert server.pid != first
    server.stop()
