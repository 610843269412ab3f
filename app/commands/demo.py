"""``python -m app demo``: a simulated Tamma and the dashboard on embedded parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.demo import cli


def run(argv: Sequence[str], _environ: Mapping[str, str]) -> int:
    """Runs the demo or one of its subcommands."""
    return cli.run(argv)
