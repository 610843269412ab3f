"""The text form of an exploration, for URLs, widget keys and storage.

A query string in a fixed order: ``metric=up&where=job,eq,api&agg=sum&by=job``. Everything but ``A-Z a-z 0-9 _ -`` is
percent-encoded, so that a text holds no dot, slash or brace wherever it is put.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote, unquote_to_bytes

from app.explore.errors import BadExploration
from app.explore.exploration import DEFAULT_TOP, MOST_BY, MOST_FILTERS, Aggregation, Exploration, Filter, Operator
from app.sources.catalogue import Kind

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
# Of a text in an address. The web server reads 8,190 characters, the time range and the path among them.
LONGEST_ADDRESS = 7_000
_WORDS = {Operator.IS: "eq", Operator.IS_NOT: "ne", Operator.MATCHES: "re", Operator.MATCHES_NOT: "nre"}
_OPERATORS = {word: operator for operator, word in _WORDS.items()}
_FIELDS = ("metric", "kind", "where", "agg", "by", "top", "promql")


def text(exploration: Exploration) -> str:
    """The canonical text: equal explorations have equal texts, and ``parse`` gives the exploration back."""
    one = exploration
    parts = [
        ("metric", _encoded(one.metric)),
        ("kind", one.kind.value if one.kind else ""),
        *(("where", f"{each.label},{_WORDS[each.operator]},{_encoded(each.value)}") for each in one.filters),
        ("agg", "" if one.aggregation is Aggregation.NONE else one.aggregation.value),
        ("by", ",".join(one.by)),
        ("top", "" if one.top == DEFAULT_TOP else str(one.top)),
        ("promql", _encoded(one.promql)),
    ]
    return "&".join(f"{name}={value}" for name, value in parts if value)


def address(exploration: Exploration) -> str:
    """The canonical text as it stands in an address, a query's value or a widget's key: percent-encoded once more."""
    return quote(text(exploration), safe="")


def parse(written: str) -> Exploration:
    """The exploration of a text; fields in any order. Raises BadExploration, which says what is allowed."""
    if len(written) > LONGEST_ADDRESS:
        raise _too_long("")
    one = _read(_fields(written))
    if len(address(one)) > LONGEST_ADDRESS:
        raise _too_long("promql" if one.promql else "where")
    return one


def _too_long(field: str) -> BadExploration:
    words = f"The exploration is too long for an address: {LONGEST_ADDRESS:,} characters at most"
    return BadExploration(f"{words}; a to z and digits count once, others five times or more.", field=field)


def _read(fields: dict[str, list[str]]) -> Exploration:
    return Exploration(
        metric=_only(fields, "metric", _decoded) or "",
        kind=_only(fields, "kind", lambda word: _word(Kind, "kind", word)),
        filters=tuple(_filter(one) for one in fields.get("where", ())[: MOST_FILTERS + 1]),
        aggregation=_only(fields, "agg", lambda word: _word(Aggregation, "agg", word)) or Aggregation.NONE,
        by=_only(fields, "by", lambda value: tuple(value.split(",")[: MOST_BY + 1])) or (),
        top=_only(fields, "top", _top) or DEFAULT_TOP,
        promql=_only(fields, "promql", _decoded) or "",
    )


def _fields(written: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for part in written.split("&"):
        name, equals, value = part.partition("=")
        if name not in _FIELDS or not equals:
            raise BadExploration(f"Not understood: {part[:60]!r}; allowed: {', '.join(_FIELDS)}.")
        fields.setdefault(name, []).append(value)
    return fields


def _only(fields: dict[str, list[str]], name: str, read: Callable[[str], T]) -> T | None:
    values = fields.get(name, [])
    if len(values) > 1:
        raise BadExploration(f"{name} is given {len(values)} times; allowed: once.", field=name)
    return read(values[0]) if values else None


def _filter(written: str) -> Filter:
    label, _, rest = written.partition(",")
    word, comma, value = rest.partition(",")
    if word not in _OPERATORS or not comma:
        words = f"Not a filter: {written[:60]!r}; allowed: label,{'|'.join(_OPERATORS)},value."
        raise BadExploration(words, field="where")
    return Filter(_decoded(label), _OPERATORS[word], _decoded(value))


def _top(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) <= 3 and written[0] != "0"):
        raise BadExploration(f"Not a number of series: {written[:60]!r}; allowed: 1 to 100.", field="top")
    return int(written)


def _word(words: type[E], name: str, written: str) -> E:
    try:
        return words(written)
    except ValueError:
        raise BadExploration(
            f"Unknown {name} {written[:60]!r}; allowed: {', '.join(one.value for one in words)}.", field=name
        ) from None


def _encoded(value: str) -> str:
    """``quote`` leaves dots and tildes as they are, whatever it is told."""
    return quote(value, safe="").replace(".", "%2E").replace("~", "%7E")


def _decoded(value: str) -> str:
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeError:
        raise BadExploration(f"Not UTF-8: {value[:60]!r}.") from None
