"""The files that build and test the project: complete, the same everywhere, and bound to no machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
BUILD_FILES = (
    "Makefile",
    ".ci/run",
    "constraints.txt",
    "scripts/setup.sh",
    "scripts/demo-clean.sh",
    "scripts/requirements.py",
    "scripts/constraints.py",
)
ELSEWHERE = re.compile(
    r"https?://|index-url|find-links|file:|(?:^|[\s=\"'])/(?!(?:bin|dev|proc|tmp|usr|var)/)\w+/",
    re.IGNORECASE | re.MULTILINE,
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def constraints() -> dict[str, str]:
    return dict(line.split("==") for line in text("constraints.txt").splitlines())


def requirements() -> list[Requirement]:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_every_requirement_is_pinned_to_a_version_it_allows(requirement: Requirement) -> None:
    pinned = constraints().get(canonicalize_name(requirement.name))
    assert pinned is not None, "not in constraints.txt; run scripts/constraints.py"
    assert requirement.specifier.contains(pinned, prereleases=True)


def test_constraints_are_sorted_versions_and_nothing_else() -> None:
    lines = text("constraints.txt").splitlines()
    assert lines == sorted(lines)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]*==[A-Za-z0-9.+!]+", line) for line in lines)


@pytest.mark.parametrize("name", BUILD_FILES)
def test_no_registry_and_no_path_of_a_machine_is_named(name: str) -> None:
    assert not ELSEWHERE.findall(text(name).replace("/usr/", ""))


@pytest.mark.parametrize("name", [name for name in BUILD_FILES if text(name).startswith("#!/usr/bin/env bash")])
def test_scripts_are_bash_that_parses_stops_at_errors_and_can_be_run(name: str) -> None:
    assert subprocess.run(["bash", "-n", str(ROOT / name)], check=False).returncode == 0
    assert re.search(r"^set -eu", text(name), re.MULTILINE)
    assert (ROOT / name).stat().st_mode & 0o111


def test_ci_runs_the_tests() -> None:
    assert "make test" in text(".ci/run")


@pytest.mark.parametrize("target", ["setup", "demo", "demo-clean", "test", "lint", "bench"])
def test_make_knows_the_command(target: str) -> None:
    result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_setup_refuses_an_unknown_purpose() -> None:
    result = subprocess.run([ROOT / "scripts/setup.sh", "dance"], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "demo|test" in result.stderr
