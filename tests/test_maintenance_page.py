"""Planning, changing, ending and cancelling maintenance, as the page's form asks for it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from dash import Dash, html
from dash.exceptions import PreventUpdate
from psycopg_pool import ConnectionPool

from app.access import Role
from app.auth.identity import Visitor
from app.auth.users import User
from app.sources.drafts import Written
from app.sources.maintenance import Maintenance
from app.ui import maintenance as ui
from callbacks import maintenance as page
from callbacks.maintenance import Answer, Asked, answer

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z
GOOD = Written("2026-09-21 16:00", "2026-09-21 18:30", ("api",), " new disks ", "Europe/Berlin")


@pytest.fixture
def maintenance(pool: ConnectionPool[Any]) -> Maintenance:
    return Maintenance(pool)


def asked(act: str, *, entry: uuid.UUID | None = None, written: Written = GOOD, **changes: Any) -> Asked:
    return replace(Asked(act, entry, written, editing=uuid.uuid4(), new=True), **changes)


def does(maintenance: Maintenance, one: Asked, now: float = NOW) -> Answer:
    return answer(maintenance, one, by="olga", now=now)


def test_what_is_saved_is_what_was_written_in_the_pages_zone(maintenance: Maintenance) -> None:
    shown = does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    assert entry.starts_at == datetime(2026, 9, 21, 14, 0, tzinfo=UTC)
    assert entry.ends_at == datetime(2026, 9, 21, 16, 30, tzinfo=UTC)
    assert (list(entry.services), entry.reason, entry.created_by) == (["api"], "new disks", "olga")
    assert (shown.said, shown.is_open, shown.changed, shown.problems) == ("Saved.", False, True, {})


def test_a_form_sent_twice_is_stored_once(maintenance: Maintenance) -> None:
    one = asked("save")
    assert does(maintenance, one) == does(maintenance, one)
    assert maintenance.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"start": ""}, "start", "Write a date and a time"),
        ({"start": "tomorrow"}, "start", "Write a date and a time"),
        ({"start": "2026-02-30 10:00"}, "start", "There is no such date"),
        ({"start": "1999-12-01 10:00", "end": "1999-12-01 11:00"}, "start", "A year from 2000"),
        ({"end": "2026-09-21 16:00"}, "end", "after the start"),
        ({"end": "2026-10-30 16:00"}, "end", "At most 30 days"),
        ({"end": "2026-09-22"}, "end", "Write a date and a time"),
        ({"services": ("api", "<b>x</b>")}, "services", "<b>x</b> is no service"),
        ({"reason": "  "}, "reason", "1 to 500 characters"),
        ({"reason": "x" * 501}, "reason", "1 to 500 characters"),
        ({"reason": "a\x00b"}, "reason", "control characters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    maintenance: Maintenance, changes: dict[str, Any], field: str, words: str
) -> None:
    shown = does(maintenance, asked("save", written=replace(GOOD, **changes)))
    assert words in shown.problems[field]
    assert not shown.changed
    assert maintenance.count() == 0


def test_everything_that_is_wrong_is_said_at_once(maintenance: Maintenance) -> None:
    shown = does(maintenance, asked("save", written=Written("x", "y", ("z",), "")))
    assert set(shown.problems) == set(ui.FIELDS)


def test_a_plan_begins_now_and_lasts_an_hour(maintenance: Maintenance) -> None:
    shown = does(maintenance, asked("new"))
    assert shown.is_open
    assert (shown.fields["start"], shown.fields["end"]) == ("2026-09-21 16:13", "2026-09-21 17:13")
    assert shown.title == "Plan maintenance (times in Europe/Berlin)"
    assert maintenance.count() == 0


def test_what_is_edited_is_read_back_and_changed(maintenance: Maintenance) -> None:
    does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    form = does(maintenance, asked("edit", entry=entry.id))
    assert form.fields == {"start": GOOD.start, "end": GOOD.end, "services": ["api"], "reason": "new disks"}
    assert form.editing == {"id": str(entry.id)}
    written = replace(GOOD, services=(), reason="more")
    does(maintenance, asked("save", written=written, editing=entry.id, new=False))
    (changed,) = maintenance.list()
    assert (changed.id, list(changed.services), changed.reason, changed.changed_by) == (entry.id, [], "more", "olga")


def test_one_that_runs_ends_now_and_others_do_not(maintenance: Maintenance) -> None:
    does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    assert does(maintenance, asked("end", entry=entry.id)).said == "Ended."
    (ended,) = maintenance.list()
    assert ended.ends_at.timestamp() == NOW
    assert does(maintenance, asked("end", entry=entry.id)).said == "It does not run now."
    assert maintenance.list() == (ended,)


def test_what_is_cancelled_can_no_longer_be_changed(maintenance: Maintenance) -> None:
    does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    assert does(maintenance, asked("cancel", entry=entry.id)).said == "Cancelled."
    for act in ("edit", "end"):
        assert does(maintenance, asked(act, entry=entry.id)).said == page.CANCELLED
    assert does(maintenance, asked("save", editing=entry.id, new=False)).said == page.CANCELLED
    (left,) = maintenance.list()
    assert left.cancelled_by == "olga"


@pytest.mark.parametrize("act", ["edit", "end", "cancel"])
def test_what_is_gone_is_said_to_be_gone(maintenance: Maintenance, act: str) -> None:
    assert does(maintenance, asked(act, entry=uuid.uuid4())).said == page.GONE


@pytest.mark.parametrize("one", [asked("edit"), asked(""), asked("drop table")])
def test_what_nobody_can_ask_for_does_nothing(maintenance: Maintenance, one: Asked) -> None:
    with pytest.raises(PreventUpdate):
        does(maintenance, one)


def test_a_database_that_is_away_is_said(unreachable_pool: ConnectionPool[Any]) -> None:
    shown = does(Maintenance(unreachable_pool), asked("save"))
    assert shown.said.startswith("Nothing was changed. ")
    assert not shown.changed


@pytest.fixture
def unreachable_pool() -> Any:
    pool: ConnectionPool[Any] = ConnectionPool(
        "postgresql://nobody@127.0.0.1:1/none", min_size=0, max_size=1, timeout=0.2, open=True
    )
    yield pool
    pool.close()


Call = Callable[..., Any]


@pytest.fixture
def call(maintenance: Maintenance) -> Call:
    """``call(role, act)``: what the callback answers to somebody of that role; ``call(role)`` is the list."""
    app = Dash("maintenance", use_pages=False)
    app.layout = html.Div()
    holder: dict[str, Visitor] = {}
    page.register(app, maintenance, lambda: holder["who"])

    def made(role: Role | None, act: str = "") -> Any:
        user = None if role is None else User(uuid.uuid4(), "olga", role, False)
        holder["who"] = Visitor(user=user)
        (name,) = [one for one in app.callback_map if (ui.FORM in one) == bool(act)]
        function = app.callback_map[name]["callback"].__wrapped__
        if not act:
            return function(None, None, {"zone": "UTC"})
        values = (GOOD.start, GOOD.end, list(GOOD.services), GOOD.reason)
        return function({"act": act}, *values, ui.fresh(), {"zone": "Europe/Berlin"})

    return made


def test_who_may_only_read_changes_nothing(call: Call, maintenance: Maintenance) -> None:
    for role in (None, Role.READONLY):
        assert "needs the role operator" in str(call(role, "save"))
    assert maintenance.count() == 0
    call(Role.OPERATOR, "save")
    assert maintenance.count() == 1


def test_the_list_is_for_everyone_with_an_account_and_its_buttons_are_not(call: Call, maintenance: Maintenance) -> None:
    call(Role.OPERATOR, "save")
    with pytest.raises(PreventUpdate):
        call(None)
    read, operated = str(call(Role.READONLY)), str(call(Role.OPERATOR))
    assert "new disks" in read
    assert "2026-09-21 14:00" in read
    assert "data-maintenance" not in read
    assert "data-maintenance" in operated


@pytest.mark.parametrize("junk", [None, 7, [], {"act": ["x"], "entry": {}}, {"act": "edit", "entry": "no id"}])
def test_junk_is_dropped(maintenance: Maintenance, junk: Any) -> None:
    with pytest.raises(PreventUpdate):
        does(maintenance, page._asked(junk, GOOD, junk))
