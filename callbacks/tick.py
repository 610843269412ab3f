"""The one callback that refreshes a page, whatever is on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol

import orjson
from dash import Dash, Input, Output, State, ctx, set_props
from dash.exceptions import PreventUpdate
from flask import Response

from app.access import Role
from app.differences import Differences
from app.drawn import Drawn
from app.drawn import State as CardState
from app.reading import NOTHING, Reading, new_rows, reading
from app.refresh import MAX_WIDGETS, Refresher
from app.sources.windows import BadRange, Window, read_window
from app.telemetry import TICKS
from app.ui import ids
from app.ui.card import mounting
from app.widgets.marks import MARKS
from app.widgets.registry import find

OUTPUT = f"{ids.PULSE}.data"
NUDGED = f"{ids.NUDGE}.data"


@dataclass(frozen=True)
class Beat:
    """What a tick answers: the pulse (state, version, age and message of each card), and the pictures to replace.

    ``first`` are the keys of charts that have no graph in the browser yet. ``moved`` has what
    changed of the charts whose older picture the browser shows, as JSON.
    """

    pulse: dict[str, Any]
    changed: Mapping[str, bytes]
    first: frozenset[str] = frozenset()
    moved: Mapping[str, bytes] = field(default_factory=dict)


class CaughtUp(Protocol):
    """Whether this process has heard of all that a person of that role was told of by any process, by topic.

    The times are those of the messages, in epoch seconds. It may wait a moment for them.
    """

    def __call__(self, told: Mapping[str, float], role: Role | None) -> bool: ...


def register(
    app: Dash, refresher: Refresher, role: Callable[[], Role | None], caught_up: CaughtUp
) -> Callable[[dict[str, Any]], Response]:
    """Answers a tick of the shell, a new page and a new range with whatever changed on screen.

    Returns the same callback as a shortcut: from the request's body to the answer that Dash would give, joined from
    pictures that are JSON already, without the machinery that is the largest cost of a tick.
    """
    differences = Differences(recall=refresher.picture)

    def answer(said: Said) -> Beat:
        behind = said.nudge is not None and not caught_up(said.nudge.told, role())
        return beat_of(refresher, role(), said, differences=differences, behind=behind)

    @app.callback(
        Output(ids.PULSE, "data"),
        Input(ids.TICK, "n_intervals"),
        Input(ids.ASK, "data"),
        Input(ids.NUDGE, "data"),
        State(ids.PULSE, "data"),
        State(ids.READING, "data"),
        running=[(Output(ids.TICK, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def tick(_beats: int | None, asked: Any, nudge: Any, pulse: Any, read: Any) -> dict[str, Any]:
        nudged = _nudge(nudge) if list(ctx.triggered_prop_ids) == [NUDGED] else None
        beat = answer(Said(asked, pulse, nudged, reading(read)))
        if beat.moved:
            set_props(ids.MOVED, {"data": orjson.Fragment(_told(beat.moved))})
        for key, picture in beat.changed.items():
            place = place_of(key, first=key in beat.first)
            set_props(place.part, {place.prop: orjson.Fragment(place.before + picture + place.after)})
        return beat.pulse

    def shortcut(body: dict[str, Any]) -> Response:
        asked, nudge = (body["inputs"][at].get("value") for at in (1, 2))
        nudged = _nudge(nudge) if body.get("changedPropIds") == [NUDGED] else None
        pulse, read = (one.get("value") for one in body["state"])
        try:
            beat = answer(Said(asked, pulse, nudged, reading(read)))
            return Response(joined(beat), mimetype="application/json")
        except PreventUpdate:
            return Response(status=204)

    return shortcut


@dataclass(frozen=True)
class Nudge:
    """The widgets that news concern, and by topic when what was told was made. ``anew`` asks for whole pictures."""

    keys: frozenset[str]
    anew: bool = False
    told: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """What a browser asks for and has, in its own words, which are read with care.

    With a ``nudge`` of the page's widgets just those are looked at. Lists that are being read keep their rows.
    """

    asked: Any
    pulse: Any
    nudge: Nudge | None = None
    reading: Reading = NOTHING


def beat_of(
    refresher: Refresher, role: Role | None, said: Said, *, differences: Differences, behind: bool = False
) -> Beat:
    """The beat for what the browser says; the pulse repeats what it knows of the cards that stay as they are.

    A process that is ``behind`` what the browser was told may answer with the past, and is to be asked again.
    Raises PreventUpdate when it asks for no page.
    """
    asked, nudge = said.asked, said.nudge
    keys, visit = _on_screen(asked)
    known = _known(said.pulse, visit)
    others = {} if nudge is None else {key: known[key] for key in keys if key not in nudge.keys and key in known}
    try:
        window = read_window(
            _text(asked, "from"),
            _text(asked, "to"),
            time.time(),
            zone=_text(asked, "zone") or "UTC",
            compare=_text(asked, "compare") or "",
        )
    except BadRange as error:
        return Beat({"visit": visit, "problem": str(error), "cards": {}, "now": time.time()}, {})
    with TICKS.time():
        drawn = refresher.tick([key for key in keys if nudge is None or key in nudge.keys], window, role)
    seen = {key: str(card[1]) for key, card in known.items()}
    anew = nudge is not None and nudge.anew
    fresh = {key: one for key, one in drawn.items() if one.payload and (anew or seen.get(key) != one.version)}
    held = {} if anew else _held(fresh, seen, said)
    fresh = {key: one for key, one in fresh.items() if key not in held}
    first = frozenset(key for key in fresh if not seen.get(key))
    moved = {} if anew else _moved({key: fresh[key] for key in fresh.keys() - first}, seen, differences)
    changed = {key: _picture(key, one) for key, one in fresh.items() if key not in moved}
    found = _pulse(drawn, visit=visit, window=window)
    unseen_awaited = nudge is not None and not nudge.keys.issuperset(keys) and _is_awaited(said.pulse)
    found["again"] = found["again"] or behind or unseen_awaited
    cards = {**others, **found["cards"], **{key: known[key] for key in held}}
    return Beat({**found, "held": {**_held_before(said.pulse, others), **held}, "cards": cards}, changed, first, moved)


def _is_awaited(pulse: Any) -> bool:
    return isinstance(pulse, dict) and pulse.get("again") is True


def _held_before(pulse: Any, others: Mapping[str, Any]) -> dict[str, int]:
    """What the browser was told of lists that this beat does not look at."""
    told = pulse.get("held") if others else None
    return (
        {key: rows for key, rows in told.items() if key in others and type(rows) is int}
        if isinstance(told, dict)
        else {}
    )


def _held(fresh: Mapping[str, Drawn], seen: Mapping[str, str], said: Said) -> dict[str, int]:
    """The lists that wait because somebody reads them, and how many rows are new in each."""
    range_asked = " ".join(_text(said.asked, name) or "" for name in ("from", "to", "compare"))
    if said.reading.asked != range_asked:
        return {}  # another range is the reader's own wish
    waiting = {key: one for key, one in fresh.items() if seen.get(key) and one.state is CardState.LIVE}
    return {key: new_rows(waiting[key].payload, rows) for key, rows in said.reading.rows.items() if key in waiting}


def _moved(fresh: Mapping[str, Drawn], seen: Mapping[str, str], differences: Differences) -> dict[str, bytes]:
    """What changed of the charts whose older picture is known here, as JSON that names both pictures."""
    charts = {key: one for key, one in fresh.items() if _is_chart(key)}
    found = {key: differences.between(seen[key], one.version, one.payload) for key, one in charts.items()}
    return {
        key: b'{"of":%b,"to":%b,"changes":%b}' % (orjson.dumps(seen[key]), orjson.dumps(charts[key].version), changes)
        for key, changes in found.items()
        if changes is not None
    }


def _told(moved: Mapping[str, bytes]) -> bytes:
    return b"{%b}" % b",".join(orjson.dumps(key) + b":" + changes for key, changes in moved.items())


def _picture(key: str, one: Drawn) -> bytes:
    """A chart's figure carries its version: what changes it later has to know which one it is."""
    if not _is_chart(key):
        return one.payload
    return b'{"version":%b,%b' % (orjson.dumps(one.version), one.payload[1:])


def _is_chart(key: str) -> bool:
    widget = find(key)
    return widget is not None and widget.chart


def joined(beat: Beat) -> bytes:
    """Dash's answer for a beat."""
    places = ((place_of(key, first=key in beat.first), picture) for key, picture in beat.changed.items())
    parts = b",".join(b"%b%b%b%b}" % (one.address, one.before, picture, one.after) for one, picture in places)
    if beat.moved:
        parts += (b"," if parts else b"") + b'"%b":{"data":%b}' % (ids.MOVED.encode(), _told(beat.moved))
    side = b'"sideUpdate":{%b},' % parts if parts else b""
    return b'{"multi":true,%b"response":{"%b":{"data":%b}}}' % (side, ids.PULSE.encode(), orjson.dumps(beat.pulse))


@dataclass(frozen=True)
class Place:
    """Where a picture goes: the id of a component, its property, and what stands around the picture there."""

    part: dict[str, Any] | str
    prop: str
    before: bytes = b""
    after: bytes = b""

    @cached_property
    def address(self) -> bytes:
        """How the place is addressed in Dash's answer, up to its new value."""
        part = self.part
        name = part if isinstance(part, str) else orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode()
        return orjson.dumps(name) + b':{"' + self.prop.encode() + b'":'


@lru_cache(maxsize=2_048)
def place_of(key: str, *, first: bool) -> Place:
    """The place of a widget's picture. A chart's first one comes with the graph that shows it."""
    widget = find(key)
    if key == MARKS.key:
        return Place(ids.MARKS, "data")
    if widget is None or not widget.chart:
        return Place(ids.body(key), "children")
    return Place(ids.body(key), "children", *mounting(widget)) if first else Place(ids.figure(key), "figure")


def _pulse(drawn: dict[str, Drawn], *, visit: str, window: Window) -> dict[str, Any]:
    cards = {
        key: [one.state.value, one.version, one.as_of, one.every_s, one.message, one.start, one.end]
        for key, one in drawn.items()
    }
    return {
        "visit": visit,
        "problem": "",
        "cards": cards,
        "now": time.time(),
        "from": window.start,
        "to": window.end,
        "live": window.live,
        "again": not all(one.finished for one in drawn.values()),
    }


def _on_screen(asked: Any) -> tuple[list[str], str]:
    """Keys and visit as the browser names them: anything else than text is dropped."""
    if not isinstance(asked, dict) or not isinstance(asked.get("keys"), list):
        raise PreventUpdate
    keys = [key for key in asked["keys"] if isinstance(key, str)][:MAX_WIDGETS]
    return keys, (_text(asked, "visit") or "")[:40]


def _known(pulse: Any, visit: str) -> dict[str, list[Any]]:
    """What the browser knows of each card, when it is of this visit to the page."""
    if not isinstance(pulse, dict) or pulse.get("visit") != visit or not isinstance(pulse.get("cards"), dict):
        return {}
    return {key: card for key, card in pulse["cards"].items() if isinstance(card, list) and len(card) > 1}


def _nudge(given: Any) -> Nudge:
    """The news as the browser names them."""
    named = given if isinstance(given, dict) else {}
    keys = named.get("keys")
    texts = [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
    told = named.get("told")
    times = {key: at for key, at in told.items() if type(at) in (int, float)} if isinstance(told, dict) else {}
    return Nudge(frozenset(texts), named.get("anew") is True, times)


def _text(asked: Any, name: str) -> str | None:
    value = asked.get(name) if isinstance(asked, dict) else None
    return value if isinstance(value, str) else None
