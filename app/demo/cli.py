"""``python -m app demo``: runs the demo, and starts and ends faults in a running one."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.auth.errors import AccountError
from app.demo.accounts import DEFAULT_PASSWORD
from app.demo.place import DemoError, is_running
from app.demo.processes import ServerEnded
from app.demo.simulation import faults
from app.demo.supervisor import Wanted, run_demo
from app.settings import SettingsError, load
from app.sources.embedded import EmbeddedError
from app.sources.errors import SourceError

LONGEST_DAYS = 365


def run(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run ``demo`` with the words after it; 0, or 1 with a message, or 2 for a command line that cannot be read."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    try:
        if arguments.action is None:
            _demo(arguments, environment)
        elif arguments.action == "faults":
            _list_faults(arguments.dir)
        else:
            _change_faults(arguments)
    except (AccountError, DemoError, EmbeddedError, ServerEnded, SettingsError, SourceError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def _demo(arguments: argparse.Namespace, environment: Mapping[str, str]) -> None:
    settings = load(environment, "demo")
    wanted = Wanted(
        days=arguments.days,
        port=arguments.port,
        directory=arguments.dir,
        database_url=settings.database_url,
        event_schema=settings.event_schema,
        password=environment.get("DEMO_PASSWORD") or DEFAULT_PASSWORD,
    )
    run_demo(wanted, environment)


def _list_faults(directory: Path) -> None:
    at_work = {one.fault for one in faults.active(directory)}
    for fault in faults.FAULTS.values():
        mark = "*" if fault.name in at_work else " "
        print(f"{mark} {fault.name:26} {fault.description} ({fault.default_target}, {fault.default_minutes:g} min)")
    print("\n* at work now. --target takes, by fault:")
    for fault in faults.FAULTS.values():
        print(f"  {fault.name:26} {', '.join(fault.targets)}")


def _change_faults(arguments: argparse.Namespace) -> None:
    if not is_running(arguments.dir):
        raise DemoError(f"No demo runs in {arguments.dir}; start it with `make demo`, or name its folder: --dir")
    if arguments.action == "heal":
        print(f"ended: {faults.heal(arguments.dir, arguments.fault)}")
        return
    one = faults.inject(arguments.dir, arguments.fault, target=arguments.target, minutes=arguments.minutes)
    print(f"{one.fault} on {one.target} for {(one.end - one.start) / 60:g} minutes")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app demo", description="The whole system on this machine.")
    parser.add_argument("--days", type=_whole(1, LONGEST_DAYS), default=30, help="days of history on the first start")
    parser.add_argument("--port", type=_whole(1, 65535), default=3000, help="port of the page")
    parser.add_argument("--dir", type=Path, default=Path(".demo"), help="folder that holds everything")
    actions = parser.add_subparsers(dest="action", metavar="faults | inject | heal")
    # SUPPRESS: a default here would undo a --dir given before the action.
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--dir", type=Path, default=argparse.SUPPRESS, help="folder of the demo")
    actions.add_parser("faults", parents=[where], help="list the faults that can be started")
    inject = actions.add_parser("inject", parents=[where], help="start a fault in a running demo")
    inject.add_argument("fault")
    inject.add_argument("--target", help="who is hit; see `demo faults`")
    inject.add_argument("--minutes", type=float, help="how long")
    heal = actions.add_parser("heal", parents=[where], help="end a fault, or all of them")
    heal.add_argument("fault", nargs="?")
    return parser


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text) if text.isdecimal() else low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text} is not allowed; allowed: {low} to {high}")
        return number

    return parse
