"""Names for series that tell them apart, and no longer than that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LONGEST_NAME, LONGEST_VALUE = 72, 40


def legends(labelsets: Sequence[Mapping[str, str]], *, alone: str, taken: frozenset[str] = frozenset()) -> list[str]:
    """A name for each set of labels, all different and none of ``taken``.

    Only labels whose values differ are named, a single one by its value alone. A series that stands for itself is
    called ``alone``. Names are one line of at most LONGEST_NAME characters and a number; they are still telemetry.
    """
    telling = _telling(labelsets)
    names = [_name(labels, telling) or alone for labels in labelsets]
    return _numbered(names, taken)


def _telling(labelsets: Sequence[Mapping[str, str]]) -> list[str]:
    every = sorted({label for labels in labelsets for label in labels})
    return [label for label in every if len({labels.get(label, "") for labels in labelsets}) > 1]


def _name(labels: Mapping[str, str], telling: Sequence[str]) -> str:
    if len(telling) == 1:
        value = labels.get(telling[0], "")
        return _shortened(value, LONGEST_NAME) or f"no {telling[0]}"
    parts = [f"{label}: {_shortened(labels[label], LONGEST_VALUE)}" for label in telling if labels.get(label)]
    return _shortened(", ".join(parts), LONGEST_NAME)


def _numbered(names: Sequence[str], taken: frozenset[str]) -> list[str]:
    """Names that are equal, or have become so by being shortened, get a number."""
    given = set(taken)
    numbered = []
    for name in names:
        number, one = 1, name
        while one in given:
            number += 1
            one = f"{name} ({number})"
        given.add(one)
        numbered.append(one)
    return numbered


def _shortened(text: str, longest: int) -> str:
    """On one line; of what is too long the beginning and the end, since names often differ there."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    tail = longest // 3
    return f"{line[: longest - tail - 1]}…{line[-tail:]}"
