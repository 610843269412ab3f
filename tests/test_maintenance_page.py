"""Planning, changing, ending and cancelling maintenance, as the page's form asks for it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dash import Dash, html, no_update
from dash.exceptions import PreventUpdate
from psycopg_pool import ConnectionPool

from app.access import Role
from app.auth.identity import Visitor
from app.auth.users import User
from app.maintenance.deeds import CANCELLED, GONE, NOT_RUNNING
from app.maintenance.form import Answer, Asked, Subject, answer
from app.sources.drafts import Written
from app.sources.maintenance import Draft, Maintenance, Seen
from app.ui import maintenance as ui
from callbacks import maintenance as page

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z
GOOD = Written("2026-09-21 16:00", "2026-09-21 18:30", ("api",), " new disks ", "Europe/Berlin")


@pytest.fixture
def maintenance(pool: ConnectionPool[Any]) -> Maintenance:
    return Maintenance(pool)


def asked(act: str, *, entry: uuid.UUID | None = None, written: Written = GOOD, **changes: Any) -> Asked:
    return replace(Asked(act, entry, written, Subject(uuid.uuid4(), None)), **changes)


def does(maintenance: Maintenance, one: Asked, now: float = NOW, *, by: str = "olga") -> Answer:
    found = answer(maintenance, one, by=by, now=now)
    assert found is not None
    return found


def opens(maintenance: Maintenance, entry: uuid.UUID) -> Subject:
    """What the form is about once somebody has pressed Edit."""
    opened = does(maintenance, asked("edit", entry=entry)).opened
    assert opened is not None
    return opened.subject


def test_what_is_saved_is_what_was_written_in_the_pages_zone(maintenance: Maintenance) -> None:
    shown = does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    assert entry.starts_at == datetime(2026, 9, 21, 14, 0, tzinfo=UTC)
    assert entry.ends_at == datetime(2026, 9, 21, 16, 30, tzinfo=UTC)
    assert (list(entry.services), entry.reason, entry.created_by) == (["api"], "new disks", "olga")
    assert (shown.said, shown.closed, shown.changed, shown.problems) == ("Saved.", True, True, {})


def test_a_form_sent_twice_is_stored_once(maintenance: Maintenance) -> None:
    one = asked("save")
    assert does(maintenance, one) == does(maintenance, one)
    assert maintenance.count() == 1


def test_what_was_not_stored_is_not_said_to_be_saved(maintenance: Maintenance) -> None:
    """The reply to the first was lost, and then the fields were changed."""
    one = asked("save")
    does(maintenance, one)
    again = does(maintenance, replace(one, written=replace(GOOD, end="2026-09-21 19:30")))
    assert again.said.startswith("Not saved: olga stored it before with another content.")
    assert (again.closed, again.changed) == (False, True)
    (entry,) = maintenance.list()
    assert entry.ends_at == datetime(2026, 9, 21, 16, 30, tzinfo=UTC)


def test_the_id_of_somebody_elses_window_saves_nothing(maintenance: Maintenance) -> None:
    one = asked("save")
    does(maintenance, one)
    assert does(maintenance, one, by="omar").said.startswith("Not saved: olga")
    (entry,) = maintenance.list()
    assert entry.created_by == "olga"


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
        ({"reason": "disks \u202eskdni"}, "reason", "control characters"),
        ({"reason": "\u200b\u3164"}, "reason", "something that can be read"),
        ({"start": "2027-03-28 02:30", "end": "2027-03-28 04:00"}, "start", "the clock was put forward"),
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
    opened = does(maintenance, asked("new")).opened
    assert opened is not None
    start = datetime(2026, 9, 21, 14, 13, tzinfo=UTC)
    assert opened.draft == Draft(start, start + timedelta(hours=1), (), "")
    assert (opened.title, opened.subject.seen) == ("Plan maintenance", None)
    assert maintenance.count() == 0


def test_what_is_edited_is_read_back_and_changed(maintenance: Maintenance) -> None:
    does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    opened = does(maintenance, asked("edit", entry=entry.id)).opened
    assert opened is not None
    assert (opened.draft, opened.subject) == (entry.draft, Subject(entry.id, Seen(None)))
    written = replace(GOOD, services=(), reason="more")
    one = asked("save", written=written, subject=opened.subject)
    assert does(maintenance, one).said == "Saved."
    (changed,) = maintenance.list()
    assert (changed.id, list(changed.services), changed.reason, changed.changed_by) == (entry.id, [], "more", "olga")
    assert does(maintenance, one).said == "Saved.", "the same once more is there already"
    assert maintenance.list() == (changed,)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(maintenance: Maintenance) -> None:
    does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    subject = opens(maintenance, entry.id)
    maintenance.replace(entry.id, replace(entry.draft, reason="by omar"), by="omar")
    mine = asked("save", written=replace(GOOD, reason="by olga"), subject=subject)
    shown = does(maintenance, mine)
    assert shown.said == "Not saved: omar changed it meanwhile. Look at it again before you edit it."
    assert (shown.closed, shown.changed) == (False, True)
    assert [one.reason for one in maintenance.list()] == ["by omar"]
    assert does(maintenance, replace(mine, subject=opens(maintenance, entry.id))).said == "Saved."
    assert [one.reason for one in maintenance.list()] == ["by olga"]


def test_one_that_runs_ends_now_and_others_do_not(maintenance: Maintenance) -> None:
    does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    assert does(maintenance, asked("end", entry=entry.id), NOW - 900).said == NOT_RUNNING
    assert does(maintenance, asked("end", entry=entry.id)).said == "Ended."
    (ended,) = maintenance.list()
    assert ended.ends_at.timestamp() == NOW
    assert replace(ended.draft, ends_at=entry.ends_at) == entry.draft
    assert does(maintenance, asked("end", entry=entry.id), NOW + 1).said == NOT_RUNNING
    assert maintenance.list() == (ended,)


def test_what_is_cancelled_can_no_longer_be_changed(maintenance: Maintenance) -> None:
    does(maintenance, asked("save"))
    (entry,) = maintenance.list()
    assert does(maintenance, asked("cancel", entry=entry.id)).said == "Cancelled."
    for act in ("edit", "end"):
        assert does(maintenance, asked(act, entry=entry.id)).said == CANCELLED
    assert does(maintenance, asked("save", subject=Subject(entry.id, Seen(None)))).said == CANCELLED
    (left,) = maintenance.list()
    assert left.cancelled_by == "olga"


@pytest.mark.parametrize("act", ["edit", "end", "cancel"])
def test_what_is_gone_is_said_to_be_gone(maintenance: Maintenance, act: str) -> None:
    assert does(maintenance, asked(act, entry=uuid.uuid4())).said == GONE


@pytest.mark.parametrize("one", [asked("edit"), asked(""), asked("drop table")])
def test_what_nobody_can_ask_for_does_nothing(maintenance: Maintenance, one: Asked) -> None:
    assert answer(maintenance, one, by="olga", now=NOW) is None


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

    def made(role: Role | None, act: Any = "", entry: Any = "", *, editing: Any = None) -> Any:
        user = None if role is None else User(uuid.uuid4(), "olga", role, False)
        holder["who"] = Visitor(user=user)
        (name,) = [one for one in app.callback_map if (ui.FORM in one) == bool(act)]
        function = app.callback_map[name]["callback"].__wrapped__
        if not act:
            return function(None, None, {"zone": "UTC"})
        values = (GOOD.start, GOOD.end, list(GOOD.services), GOOD.reason)
        about = editing or ui.editing(uuid.uuid4(), None, zone="")
        return function({"act": act, "entry": entry}, *values, about, {"zone": "Europe/Berlin"})

    return made


def test_who_may_only_read_changes_nothing(call: Call, maintenance: Maintenance) -> None:
    for role in (None, Role.READONLY):
        assert "needs the role operator" in str(call(role, "save"))
    assert maintenance.count() == 0
    call(Role.OPERATOR, "save")
    assert maintenance.count() == 1


def test_the_form_opens_in_the_pages_zone_and_knows_what_it_is_about(call: Call, maintenance: Maintenance) -> None:
    call(Role.OPERATOR, "save")
    (entry,) = maintenance.list()
    fields, said = len(ui.FIELDS), 2 * len(ui.FIELDS)
    for changed in (False, True):
        shown = call(Role.OPERATOR, "edit", str(entry.id))
        assert shown[:fields] == [GOOD.start, GOOD.end, ["api"], "new disks"]
        hidden, title, editing, *_ = shown[said:]
        assert (hidden, title) == (False, "Change maintenance (times in Europe/Berlin)")
        assert (editing["changed"] is not None) == changed
        closed = call(Role.OPERATOR, "save", editing=editing)
        assert (closed[said], closed[said + 3]) == (True, "Saved.")
    stale = call(Role.OPERATOR, "save", editing={"id": str(entry.id), "changed": None})
    assert stale[said + 3] == "Saved.", "the content is the same"
    maintenance.replace(entry.id, replace(entry.draft, reason="other"), by="omar")
    refused = call(Role.OPERATOR, "save", editing=editing)
    assert (refused[said], "omar changed it meanwhile" in refused[said + 3]) == (no_update, True)


def test_times_are_those_of_the_zone_in_the_title_whatever_the_page_has_become(
    call: Call, maintenance: Maintenance
) -> None:
    call(Role.OPERATOR, "save", editing=ui.editing(uuid.uuid4(), None, zone="Asia/Tokyo"))
    (entry,) = maintenance.list()
    assert ui.written(entry.starts_at, ZoneInfo("Asia/Tokyo")) == GOOD.start


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-10-25T00:30Z", "2026-10-25T01:30Z"), ("2026-10-24T23:00Z", "2026-10-25T00:30Z")],
)
def test_what_is_saved_as_it_was_opened_stays_as_it_was(maintenance: Maintenance, start: str, end: str) -> None:
    """Also in the hour that the clock shows twice."""
    berlin, (first, last) = ZoneInfo("Europe/Berlin"), (datetime.fromisoformat(one) for one in (start, end))
    entry = maintenance.create(Draft(first, last, (), "winter time"), by="olga")
    unchanged = Written(ui.written(first, berlin), ui.written(last, berlin), (), "winter time", berlin.key)
    shown = does(maintenance, asked("save", written=unchanged, subject=opens(maintenance, entry.id)))
    assert shown.said == "Saved."
    (kept,) = maintenance.list()
    assert (kept.starts_at, kept.ends_at) == (first, last)


def test_the_list_is_for_everyone_with_an_account_and_its_buttons_are_not(call: Call, maintenance: Maintenance) -> None:
    call(Role.OPERATOR, "save")
    with pytest.raises(PreventUpdate):
        call(None)
    read, operated = str(call(Role.READONLY)), str(call(Role.OPERATOR))
    assert "new disks" in read
    assert "2026-09-21 14:00" in read
    assert "data-maintenance" not in read
    assert "data-maintenance" in operated


@pytest.mark.parametrize("junk", [["x"], 7, {"a": 1}, "edit"])
def test_junk_is_dropped(call: Call, maintenance: Maintenance, junk: Any) -> None:
    with pytest.raises(PreventUpdate):
        call(Role.OPERATOR, junk, junk)
    assert GONE in call(Role.OPERATOR, "save", editing=[junk])
    assert GONE in call(Role.OPERATOR, "save", editing={"id": str(uuid.uuid4()), "changed": junk})
    assert maintenance.count() == 0
