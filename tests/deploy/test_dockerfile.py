"""The image's recipe: what is in it, who runs it, and that its health check tells alive from not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """Keyword and arguments of each instruction, continuation lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        (keyword, rest.strip()) for keyword, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    ]


def stages() -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for instruction in instructions():
        if instruction[0] == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


def arguments(keyword: str, stage: list[Instruction]) -> list[str]:
    return [rest for name, rest in stage if name == keyword]


def runtime_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in arguments("ENV", stages()[-1]) for pair in line.split())


def health_check() -> list[str]:
    (line,) = arguments("HEALTHCHECK", stages()[-1])
    command: list[str] = json.loads(line[line.index("[") :])
    return command


def test_hadolint_finds_nothing_and_nothing_is_ignored() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "hadolint ignore" not in DOCKERFILE.read_text()


def test_there_is_a_stage_that_builds_and_one_that_runs() -> None:
    first_lines = [stage[0][1] for stage in stages()]
    assert first_lines == ["python:3.11-slim-bookworm AS builder", "python:3.11-slim-bookworm AS runtime"]
    assert all("pip install" not in rest for _, rest in stages()[-1])


def test_no_registry_is_named() -> None:
    text = DOCKERFILE.read_text()
    assert re.findall(r"https?://([^/:'\"\s]+)", text) == ["127.0.0.1"]
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host", text)
    assert all("/" not in stage[0][1] for stage in stages())


def test_the_process_is_a_numeric_user_without_root_rights() -> None:
    last_user = arguments("USER", stages()[-1])[-1]
    assert last_user == "10001:10001"


def test_only_pinned_dependencies_are_installed_and_no_extra() -> None:
    installs = [rest for _, rest in instructions() if "pip install" in rest]
    assert installs == ["touch README.md && pip install --constraint constraints.txt ."]
    assert "embedded" not in DOCKERFILE.read_text()
    assert "pgserver" not in DOCKERFILE.read_text()


def test_the_constraints_pin_every_line() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line.strip() and not line.startswith("#")]
    assert pins
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+(\s*;.*)?", pin)] == []


def test_it_starts_the_web_process_by_default() -> None:
    (entry_point,) = arguments("ENTRYPOINT", stages()[-1])
    (command,) = arguments("CMD", stages()[-1])
    assert json.loads(entry_point) == ["python", "-m", "app"]
    assert json.loads(command) == ["serve"]


def test_the_environment_is_that_of_a_container() -> None:
    environment = runtime_environment()
    assert {name: environment[name] for name in ("HOST", "PORT", "DATA_DIR")} == {
        "HOST": "0.0.0.0",
        "PORT": "3000",
        "DATA_DIR": "/data",
    }
    assert arguments("EXPOSE", stages()[-1]) == ["3000"]


def test_nothing_is_written_outside_data_and_tmp() -> None:
    environment = runtime_environment()
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert environment["HOME"] == "/tmp"


def test_the_environment_holds_no_secret() -> None:
    from app.settings import SETTINGS

    lines = [rest for keyword, rest in instructions() if keyword in {"ENV", "ARG"}]
    assert [
        setting.name for setting in SETTINGS if setting.secret and any(setting.name in line for line in lines)
    ] == []


def test_the_labels_carry_title_and_version() -> None:
    (labels,) = arguments("LABEL", stages()[-1])
    for name in ("title", "description", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in labels
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"VERSION={version}" in arguments("ARG", stages()[-1])


def test_every_copied_file_is_let_into_the_build() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    from_tree = [rest.split()[:-1] for rest in arguments("COPY", stages()[0])]
    copied = {source for sources in from_tree for source in sources}
    assert copied == {"pyproject.toml", "constraints.txt", "app", "pages", "callbacks", "assets"} == allowed


def test_each_copied_folder_exists() -> None:
    assert [name for name in ("app", "pages", "callbacks", "assets") if not (ROOT / name).is_dir()] == []


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A web server on a free port that answers ``/health`` with ``status`` and everything else with 404."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_health_check(port: int) -> int:
    command = [sys.executable, *health_check()[1:]]
    return subprocess.run(
        command, env={**os.environ, "PORT": str(port)}, capture_output=True, check=False, timeout=30
    ).returncode


@pytest.mark.parametrize(("status", "exit_code"), [(200, 0), (503, 1)])
def test_the_health_check_follows_the_answer(status: int, exit_code: int) -> None:
    with answering(status) as port:
        assert run_health_check(port) == exit_code


def test_the_health_check_fails_when_nothing_listens() -> None:
    with answering(200) as port:
        pass
    assert run_health_check(port) == 1
