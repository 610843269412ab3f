"""PromQL built from names and values: no text of a user enters a query without passing here."""

from __future__ import annotations

import re
from collections.abc import Mapping

METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
# Longer names of metrics and labels are left out of what can be explored.
LONGEST_NAME = 200
# The escapes of Go's strings, which are PromQL's. A dollar would be taken for one of our durations.
_NAMED = {"$": "\\x24", "\ufffd": "\\ufffd", "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """The text as a PromQL string literal in double quotes. Raises ValueError for text that is no Unicode."""
    if half_a_pair(text):
        raise ValueError("half a surrogate pair is no text")
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def half_a_pair(text: str) -> bool:
    """Whether the text holds half a surrogate pair, which no UTF-8 can say."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def selector(metric: str, equal: Mapping[str, str] | None = None, *, more: str = "") -> str:
    """The series of a metric whose labels have exactly these values; ``more`` are matchers of our own.

    Raises ValueError for what is no name of a metric or label.
    """
    if not METRIC_NAME.fullmatch(metric):
        raise ValueError(f"{metric[:60]!r} is no name of a metric")
    return f"{metric}{{{matchers(equal or {}, more=more)}}}"


def matchers(equal: Mapping[str, str], *, more: str = "") -> str:
    """Label matchers for equality, as they stand between braces. Raises ValueError as ``selector``."""
    for label in equal:
        if not LABEL_NAME.fullmatch(label):
            raise ValueError(f"{label[:60]!r} is no name of a label")
    parts = [f"{label}={quoted(value)}" for label, value in equal.items()]
    return ",".join([*parts, more] if more else parts)


def _escaped(letter: str) -> str:
    if letter in _NAMED:
        return _NAMED[letter]
    return f"\\x{ord(letter):02x}" if ord(letter) < 32 or ord(letter) == 127 else letter
