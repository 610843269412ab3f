"""/api/dashboard/maintenance: the windows that operators announce and everybody may read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self, cast
from uuid import UUID

from flask import Blueprint, Flask, Response, request, url_for
from flask.blueprints import BlueprintSetupState
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from app.access import Role
from app.api.replies import data, failure, json_object
from app.auth.gate import declare
from app.auth.identity import visitor
from app.health.services import SERVICES
from app.sources.drafts import YEARS, reason_problem
from app.sources.maintenance import LONGEST, MOST, Draft, Entry, Maintenance

NAME = "maintenance"
MAX_BODY_BYTES = 16 * 1024
DEFAULT_LIMIT = 100
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
# Each route by name: a new one is closed until its role is written here.
ROLES = {
    "listed": Role.READONLY,
    "one": Role.READONLY,
    "create": Role.OPERATOR,
    "replace": Role.OPERATOR,
    "cancel": Role.OPERATOR,
}
UNKNOWN = "There is no such maintenance window."
CANCELLED = "This maintenance window is cancelled; enter a new one."


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("an ISO 8601 time with its zone is needed, like 2026-01-31T14:00:00Z")
    moment = datetime.fromisoformat(value)
    if moment.year not in YEARS:
        raise ValueError(f"a year from {YEARS[0]} to {YEARS[-1]} is needed")
    return moment.astimezone(UTC)


def _service(name: str) -> str:
    if name not in SERVICES:
        raise ValueError(f"only {', '.join(SERVICES)} are known")
    return name


def _reason(text: str) -> str:
    """Text for people; what no database and no browser can show is refused, markup is not."""
    text = text.strip()
    if said := reason_problem(text):
        raise ValueError(said)
    return text


class _Body(BaseModel):
    """The body of a request that creates or replaces one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: Annotated[datetime, BeforeValidator(_moment)]
    end: Annotated[datetime, BeforeValidator(_moment)]
    services: list[Annotated[str, Field(strict=True), AfterValidator(_service)]] = Field(
        default=[], max_length=len(SERVICES)
    )
    reason: Annotated[str, Field(strict=True), AfterValidator(_reason)]

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if not self.start < self.end <= self.start + LONGEST:
            raise ValueError(f"end: a time after start and at most {LONGEST.days} days after it is needed")
        return self


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
        draft = _draft()
        if isinstance(draft, Response):
            return draft
        entry = self._maintenance.create(draft, by=visitor().name)
        response = data(_shown(entry), 201)
        response.headers["Location"] = url_for(f"{NAME}.one", entry_id=entry.id)
        return response

    def one(self, entry_id: UUID) -> Response:
        """The one of that id, cancelled or not."""
        return _found(self._maintenance.find(entry_id))

    def replace(self, entry_id: UUID) -> Response:
        """The one of that id with another content; a cancelled one stays as it is."""
        draft = _draft()
        if isinstance(draft, Response):
            return draft
        entry = self._maintenance.replace(entry_id, draft, by=visitor().name)
        return failure(409, CANCELLED, _shown(entry)) if entry and entry.cancelled_at else _found(entry)

    def cancel(self, entry_id: UUID) -> Response:
        """Cancels it; a second time changes nothing."""
        return _found(self._maintenance.cancel(entry_id, by=visitor().name))


def _found(entry: Entry | None) -> Response:
    return data(_shown(entry)) if entry else failure(404, UNKNOWN)


def _whole(name: str, default: int) -> int | None:
    """A whole number of the query string; None when it is none."""
    text = request.args.get(name)
    if text is None:
        return default
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def _draft() -> Draft | Response:
    """What the body says, or the refusal that says what is wrong with it, key by key."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        body = _Body.model_validate(json_object())
    except ValidationError as error:
        problems = [_problem(one) for one in error.errors(include_url=False, include_context=False)]
        return failure(400, "; ".join(f"{one['field']}: {one['message']}" for one in problems[:5]) + ".", problems)
    return Draft(body.start, body.end, tuple(dict.fromkeys(body.services)), body.reason)


def _problem(error: Any) -> dict[str, str]:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:  # of the rule between start and end, which names its field itself
        field, _, message = message.partition(": ")
    else:
        field = ".".join(str(part)[:60] for part in error["loc"])
    return {"field": field, "message": message}


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
