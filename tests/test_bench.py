"""The bench starts: what it measures may have moved since somebody last ran it."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest

from tests import bench


@pytest.mark.parametrize("name", [one.name for one in pkgutil.iter_modules(bench.__path__)])
def test_each_part_of_the_bench_finds_what_it_imports(name: str) -> None:
    assert import_module(f"tests.bench.{name}")
