"""A maintenance window as people and programs write it, checked field by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.sources.maintenance import LONGEST, LONGEST_REASON, Draft
from app.sources.moments import read_moment, read_zone

YEARS = range(2000, 2101)
_CLOCK = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?"
_ZONE = r"(Z|[+-]\d\d:?\d\d)"
_LOCAL = re.compile(rf"now|{_CLOCK}{_ZONE}?", re.ASCII)
# Marks of direction that hold on to what follows, and letters that show nothing.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BLANK = frozenset("\u115f\u1160\u3164\uffa0")
_ZONED = re.compile(rf"{_CLOCK}{_ZONE}", re.ASCII)


@dataclass(frozen=True)
class Written:
    """The fields as they are sent; a time without a zone is one of ``zone`` (IANA name).

    Where ``zone`` is empty every time has to carry its own, and ``now`` is none.
    """

    start: str
    end: str
    services: Sequence[str]
    reason: str
    zone: str = "UTC"


def read_draft(written: Written, allowed: Sequence[str], *, now: float) -> Draft | Mapping[str, str]:
    """The draft, or what is wrong by field: ``start``, ``end``, ``services``, ``reason``. ``now`` in epoch seconds."""
    problems: dict[str, str] = {}
    moments: dict[str, datetime] = {}
    for field, text in (("start", written.start), ("end", written.end)):
        try:
            moments[field] = _moment(text, written.zone, last=field == "end", now=now)
        except ValueError as error:
            problems[field] = str(error)
    if len(moments) == len(("start", "end")) and (said := _length_problem(moments["start"], moments["end"])):
        problems["end"] = said
    if said := _services_problem(written.services, allowed):
        problems["services"] = said
    reason = written.reason.strip()
    if said := _reason_problem(reason):
        problems["reason"] = f"Say why: {said}."
    if problems:
        return problems
    return Draft(moments["start"], moments["end"], tuple(dict.fromkeys(written.services)), reason)


def _services_problem(services: Sequence[str], allowed: Sequence[str]) -> str:
    if unknown := [name for name in services if name not in allowed]:
        return f"{unknown[0][:40]} is no service; allowed: {', '.join(allowed)}."
    return f"At most {len(allowed)} services can be named." if len(services) > len(allowed) else ""


def _reason_problem(reason: str) -> str:
    """What is wrong with a reason, empty when nothing is: what no database and no browser can show is refused."""
    if not 1 <= len(reason) <= LONGEST_REASON:
        return f"1 to {LONGEST_REASON} characters are needed"
    if any(_unshowable(one) for one in reason):
        return "control characters are not allowed"
    if not any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANK for one in reason):
        return "something that can be read is needed"
    return ""


def _unshowable(letter: str) -> bool:
    """Whether it is no text, or turns the text around it round."""
    if letter in "\n\t":
        return False
    return unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} or letter in _TURNING


def _moment(text: str, zone: str, *, last: bool, now: float) -> datetime:
    """An aware time. Raises ValueError with words for people."""
    text = text.strip()
    if not (_LOCAL if zone else _ZONED).fullmatch(text):
        like = "like 2026-01-31 14:00, or now" if zone else "with its zone, like 2026-01-31T14:00:00Z"
        raise ValueError(f"Write a date and a time, {like}.")
    try:
        # In whole seconds where the clock is asked: what is shown in the form is what is stored.
        moment = datetime.fromtimestamp(read_moment(text, int(now), zone=read_zone(zone or "UTC"), last=last), UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such date or time.") from None
    if zone and _skipped(text, moment, zone):
        raise ValueError(f"There is no such time in {zone}: the clock was put forward.")
    if moment.year not in YEARS:
        raise ValueError(f"A year from {YEARS[0]} to {YEARS[-1]} is needed.")
    return moment


def _skipped(text: str, moment: datetime, zone: str) -> bool:
    """Whether the clock of the zone never showed the time that was written without an offset."""
    clock = re.fullmatch(_CLOCK, text, re.ASCII)
    return clock is not None and not moment.astimezone(read_zone(zone)).isoformat(" ").startswith(
        text.replace("T", " ")[:16]
    )


def _length_problem(start: datetime, end: datetime) -> str:
    if end <= start:
        return "The end has to come after the start."
    return f"At most {LONGEST.days} days are allowed." if end - start > LONGEST else ""
