"""A number's course as a tiny picture: an SVG in a data address, so that it needs no script to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

WIDTH, HEIGHT, EDGE = 120, 32, 2
# Seen on the card of both themes.
COLOUR = "#5F7F9F"
MOST_POINTS = 60


def sparkline(values: Sequence[float | None]) -> str:
    """The address of a picture of the values, evenly spaced, from 0 or their least to their most; gaps stay gaps."""
    thinned = values[:: -(-len(values) // MOST_POINTS)] if values else ()
    known = [value for value in thinned if value is not None]
    low, high = min([0.0, *known]), max(known, default=0.0)
    span = (high - low) or 1.0
    dx = (WIDTH - 2 * EDGE) / max(1, len(thinned) - 1)
    paths = " ".join(
        "M"
        + " L".join(
            f"{EDGE + at * dx:.1f} {HEIGHT - EDGE - (value - low) / span * (HEIGHT - 2 * EDGE):.1f}"
            for at, value in run
        )
        for run in _runs(thinned)
    )
    drawing = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' preserveAspectRatio='none'>"
        f"<path d='{paths}' fill='none' stroke='{COLOUR}' stroke-width='1.5' stroke-linecap='round' "
        "vector-effect='non-scaling-stroke'/></svg>"
    )
    return "data:image/svg+xml," + quote(drawing, safe=" =:/'<>,")


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Runs of known values with their positions; a lonely one is doubled, so that it is a dot."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            runs[-1].append((at, value))
        elif runs[-1]:
            runs.append([])
    return [run * 2 if len(run) == 1 else run for run in runs if run]
