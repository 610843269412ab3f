"""/api/dashboard/maintenance: the windows that operators announce and everybody may read."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Flask, Response, request, url_for
from flask.blueprints import BlueprintSetupState

from app.access import Role
from app.api.replies import data, failure, json_object
from app.auth.gate import declare
from app.auth.identity import visitor
from app.health.services import SERVICES
from app.maintenance.deeds import GONE, Outcome, change, enter
from app.sources.drafts import Written, read_draft
from app.sources.maintenance import MOST, Draft, Entry, Maintenance, Seen

NAME = "maintenance"
MAX_BODY_BYTES = 16 * 1024
DEFAULT_LIMIT = 100
FIELDS = ("start", "end", "services", "reason")
# Of the one that is to be replaced, as it was read: with it, nobody's change is lost.
SEEN = "changedAt"
# Each route by name: a new one is closed until its role is written here.
ROLES = {
    "listed": Role.READONLY,
    "one": Role.READONLY,
    "create": Role.OPERATOR,
    "replace": Role.OPERATOR,
    "cancel": Role.OPERATOR,
}


def blueprint(maintenance: Maintenance) -> Blueprint:
    """Routes under ``/api/dashboard/maintenance``; declares them at the gate when registered."""
    routes = Blueprint(NAME, __name__, url_prefix="/api/dashboard/maintenance")
    api = _MaintenanceApi(maintenance)
    routes.add_url_rule("", "listed", api.listed, methods=["GET"])
    routes.add_url_rule("", "create", api.create, methods=["POST"])
    # The converter takes a well-formed id only: anything else is a path that does not exist.
    routes.add_url_rule("/<uuid:entry_id>", "one", api.one, methods=["GET"])
    routes.add_url_rule("/<uuid:entry_id>", "replace", api.replace, methods=["PUT"])
    routes.add_url_rule("/<uuid:entry_id>", "cancel", api.cancel, methods=["DELETE"])
    routes.record_once(_declare)
    return routes


def _declare(state: BlueprintSetupState) -> None:
    for name, role in ROLES.items():
        declare(cast(Flask, state.app), f"{NAME}.{name}", role)


class _MaintenanceApi:
    def __init__(self, maintenance: Maintenance) -> None:
        self._maintenance = maintenance

    def listed(self) -> Response:
        """Those that start latest first, and how many there are."""
        limit, offset = _whole("limit", DEFAULT_LIMIT), _whole("offset", 0)
        if limit is None or offset is None or not 1 <= limit <= MOST:
            return failure(400, f"limit: a whole number from 1 to {MOST}; offset: a whole number from 0.")
        entries = self._maintenance.list(limit=limit, offset=offset)
        return data({"maintenance": [_shown(entry) for entry in entries], "total": self._maintenance.count()})

    def create(self) -> Response:
        """A new one; answers after it is stored."""
        body = _body()
        draft = _draft(body, FIELDS)
        if isinstance(draft, Response):
            return draft
        outcome = enter(self._maintenance, draft, by=visitor().name)
        response = _told(outcome, 201)
        if outcome.entry:
            response.headers["Location"] = url_for(f"{NAME}.one", entry_id=outcome.entry.id)
        return response

    def one(self, entry_id: UUID) -> Response:
        """The one of that id, cancelled or not."""
        return _found(self._maintenance.find(entry_id))

    def replace(self, entry_id: UUID) -> Response:
        """The one of that id with another content; one that is cancelled, or not as it was read, stays as it is."""
        body = _body()
        draft = _draft(body, (*FIELDS, SEEN))
        if isinstance(draft, Response):
            return draft
        seen = Seen(_time(body[SEEN])) if SEEN in body else None
        return _told(change(self._maintenance, entry_id, draft, by=visitor().name, seen=seen), 200)

    def cancel(self, entry_id: UUID) -> Response:
        """Cancels it; a second time changes nothing."""
        return _found(self._maintenance.cancel(entry_id, by=visitor().name))


def _found(entry: Entry | None) -> Response:
    return data(_shown(entry)) if entry else failure(404, GONE)


def _told(outcome: Outcome, done: int) -> Response:
    if outcome.entry is None:
        return failure(404, outcome.problem)
    shown = _shown(outcome.entry)
    return failure(409, outcome.problem, shown) if outcome.problem else data(shown, done)


def _whole(name: str, default: int) -> int | None:
    """A whole number of the query string; None when it is none."""
    text = request.args.get(name)
    if text is None:
        return default
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def _body() -> dict[str, Any]:
    request.max_content_length = MAX_BODY_BYTES
    return json_object()


def _draft(body: Mapping[str, Any], known: tuple[str, ...]) -> Draft | Response:
    """What the body says, or the refusal that says what is wrong with it, key by key."""
    services = body.get("services", [])
    listed = isinstance(services, list) and all(isinstance(one, str) for one in services)
    start, end, reason = (_text(body.get(name)) for name in ("start", "end", "reason"))
    draft = read_draft(Written(start, end, services if listed else (), reason, zone=""), SERVICES, now=time.time())
    problems = {} if isinstance(draft, Draft) else dict(draft)
    if not listed:
        problems["services"] = f"A list of names is needed; allowed: {', '.join(SERVICES)}."
    if (value := body.get(SEEN)) is not None and SEEN in known and _time(value) is None:
        problems[SEEN] = "The time of the last change is needed as it was read, null for none."
    problems |= {key[:60]: f"Is not known; allowed: {', '.join(known)}." for key in body if key not in known}
    return _refused(problems) if problems or not isinstance(draft, Draft) else draft


def _refused(problems: Mapping[str, str]) -> Response:
    """All that is wrong, the first five in one sentence each."""
    details = [{"field": field, "message": words} for field, words in problems.items()]
    return failure(400, " ".join(f"{field}: {words}" for field, words in list(problems.items())[:5]), details[:20])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    """A time with a zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "start": _iso(entry.starts_at),
        "end": _iso(entry.ends_at),
        "services": list(entry.services),
        "reason": entry.reason,
        "state": entry.state(datetime.now(UTC)),
        "createdBy": entry.created_by,
        "createdAt": _iso(entry.created_at),
        "changedBy": entry.changed_by,
        "changedAt": _iso(entry.changed_at),
        "cancelledBy": entry.cancelled_by,
        "cancelledAt": _iso(entry.cancelled_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
