"""A maintenance window as people write it into a form, checked field by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.sources.maintenance import LONGEST, LONGEST_REASON, Draft
from app.sources.moments import BadRange, read_moment, read_zone

YEARS = range(2000, 2101)
LONGEST_TEXT = 40
_WRITTEN = re.compile(r"now|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


@dataclass(frozen=True)
class Written:
    """The fields as a browser sends them; a time without a zone is one of ``zone`` (IANA name)."""

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
    if unknown := [name for name in written.services if name not in allowed]:
        problems["services"] = f"{unknown[0][:40]} is no service; allowed: {', '.join(allowed)}."
    reason = written.reason.strip()
    if said := reason_problem(reason):
        problems["reason"] = f"Say why: {said}."
    if problems:
        return problems
    return Draft(moments["start"], moments["end"], tuple(dict.fromkeys(written.services)), reason)


def reason_problem(reason: str) -> str:
    """What is wrong with a reason, empty when nothing is: what no database and no browser can show is refused."""
    if not 1 <= len(reason) <= LONGEST_REASON:
        return f"1 to {LONGEST_REASON} characters are needed"
    if any(unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\t" for one in reason):
        return "control characters are not allowed"
    return ""


def _moment(text: str, zone: str, *, last: bool, now: float) -> datetime:
    """An aware time. Raises ValueError with words for people."""
    text = text.strip()
    if not _WRITTEN.fullmatch(text):
        raise ValueError("Write a date and a time, like 2026-01-31 14:00, or now.")
    try:
        moment = datetime.fromtimestamp(read_moment(text, now, zone=read_zone(zone), last=last), UTC)
    except BadRange:
        raise ValueError("There is no such date or time.") from None
    if moment.year not in YEARS:
        raise ValueError(f"A year from {YEARS[0]} to {YEARS[-1]} is needed.")
    return moment.replace(microsecond=0)


def _length_problem(start: datetime, end: datetime) -> str:
    if end <= start:
        return "The end has to come after the start."
    return f"At most {LONGEST.days} days are allowed." if end - start > LONGEST else ""
