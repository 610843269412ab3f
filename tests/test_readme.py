"""The README tells the truth: its settings are the declared ones, its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.__main__ import COMMANDS
from app.settings import SETTINGS, Setting

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def row(setting: Setting) -> str:
    """The line of the table for a setting."""
    default = f"`{setting.default}`" if setting.default else "unset"
    needed = f" **Needed by {' and '.join(sorted(setting.needed_by))}.**" if setting.needed_by else ""
    secret = " Secret." if setting.secret else ""
    return f"| `{setting.name}` | {default} | {setting.allowed} | {setting.help}.{needed}{secret} |"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_each_setting_is_in_the_table_as_it_is_declared(setting: Setting) -> None:
    assert row(setting) in README


def test_the_table_has_no_setting_that_is_not_declared() -> None:
    named = re.findall(r"^\| `([A-Z_]+)` \|", README, flags=re.M)
    assert named == [setting.name for setting in SETTINGS]


def test_commands_in_the_readme_exist() -> None:
    assert set(re.findall(r"python -m app (\w+)", README)) <= set(COMMANDS)


def test_make_targets_in_the_readme_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    assert set(re.findall(r"(?:^|`)make ([\w-]+)", README, flags=re.M)) <= targets
