"""Ports chosen now and bound later: nobody else is given them in between."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from app.sources import loopback
from app.sources.loopback import LOOPBACK, claim, free_ports, is_free

CLAIM = "import sys; from app.sources.loopback import claim; print(claim(int(sys.argv[1])))"


def other_process_claims(port: int) -> bool:
    command = [sys.executable, "-c", CLAIM, str(port)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "True"


def test_a_claimed_port_is_refused_to_another_process_until_ours_ends() -> None:
    (port,) = free_ports(1)
    assert is_free(port)
    assert not other_process_claims(port)
    assert claim(port), "our own claim must not stand in our way"


def test_a_claim_ends_with_its_process() -> None:
    other = loopback.LOWEST - 5
    assert other_process_claims(other)
    assert other_process_claims(other)


def test_the_same_process_is_not_given_a_port_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "LOWEST", loopback.LOWEST - 200)
    monkeypatch.setattr(loopback, "HIGHEST", loopback.LOWEST + 8)
    ports = {free_ports(1)[0] for _ in range(4)}
    assert len(ports) == 4


def test_a_port_on_which_someone_listens_cannot_be_claimed() -> None:
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        assert not claim(server.getsockname()[1])
