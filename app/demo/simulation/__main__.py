"""``python -m app.demo.simulation --plan PATH``: the live simulation, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

from app.demo.simulation.director import Director
from app.demo.simulation.plan import Plan


def main() -> None:
    """Run the director for the plan that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m app.demo.simulation", description=__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="the file that Plan.save wrote")
    path = parser.parse_args().plan
    director = Director(Plan.load(path), path)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: director.stop.set())
    director.run()


if __name__ == "__main__":
    main()
