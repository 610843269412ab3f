"""The command line: serve, worker, migrate, check, user, demo."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from app.settings import SettingsError

USAGE = """usage: python -m app COMMAND

  serve      the web process, configured by the environment
  worker     the background worker
  migrate    creates and upgrades the database
  check      checks settings and every connection; all findings at once
  user       accounts: add NAME --role ROLE, list, role, disable, enable, password
  demo       the whole thing on embedded parts; demo faults, demo inject, demo heal
"""
# Imported only when asked for: `user list` need not load a charting library, production has no demo.
COMMANDS = ("serve", "worker", "migrate", "check", "user", "demo")


def main(argv: Sequence[str]) -> int:
    """Runs a command; the exit code is 0 for success, 1 for a refusal that was explained, 2 for wrong usage."""
    name, rest = (argv[0], list(argv[1:])) if argv else ("help", [])
    if name not in COMMANDS:
        asked = name in {"help", "--help", "-h"}
        print(USAGE, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    try:
        return int(import_module(f"app.commands.{name}").run(rest, os.environ))
    except SettingsError as error:
        print("\n".join(error.findings), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
