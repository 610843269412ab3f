"""Names from telemetry as texts of a figure: shown letter by letter, never obeyed."""

from __future__ import annotations

import html
import re

_BREAKS = re.compile(r"(?<=[_\-./: ])")


def one_line(name: str, longest: int) -> str:
    """A name as plotly.js is to read it: on one line, of at most ``longest`` characters, its markup shown.

    Quotes stay: plotly.js knows no entity for them and would show ``&quot;``.
    """
    return html.escape(_cut(" ".join(name.split()), longest), quote=False)


def two_lines(name: str, breadth: int) -> str:
    """A name on at most two lines of ``breadth`` characters, broken after a separator where there is one.

    One of more than two thirds of ``breadth`` is broken, too, if it has a separator.
    """
    line = " ".join(name.split())
    first = ""
    for piece in _BREAKS.split(line):
        if len(first + piece.rstrip()) > breadth or (first and len(line) > breadth * 2 // 3 <= len(first + piece)):
            break
        first += piece
    first = first or line[:breadth]
    rest = line[len(first) :]
    return one_line(first, breadth) + (f"<br>{one_line(rest, breadth)}" if rest else "")


def _cut(line: str, longest: int) -> str:
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
