"""/api/dashboard/explorations: explorations that people keep, for themselves or for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Flask, Response
from flask.blueprints import BlueprintSetupState

from app.access import Role, permits
from app.api.explore import about, body, refuse, text_of
from app.api.replies import data, failure
from app.auth.gate import declare
from app.auth.identity import Visitor, visitor
from app.explore.errors import BadExploration
from app.explore.text import parse, text
from app.figures.moments import iso
from app.sources.explorations import LONGEST_NAME, Explorations, NotSaved, Saved

NAME = "explorations"
ROLES = {"listed": Role.READONLY, "create": Role.READONLY, "delete": Role.READONLY}


def blueprint(explorations: Explorations) -> Blueprint:
    """The routes; declares them at the gate when registered."""
    routes = Blueprint(NAME, __name__, url_prefix="/api/dashboard/explorations")
    kept = _Kept(explorations)
    routes.add_url_rule("", "listed", kept.listed)
    routes.add_url_rule("", "create", kept.create, methods=["POST"])
    routes.add_url_rule("/<saved_id>", "delete", kept.delete, methods=["DELETE"])
    routes.register_error_handler(BadExploration, refuse)
    routes.record_once(_declare)
    return routes


def _declare(state: BlueprintSetupState) -> None:
    for name, role in ROLES.items():
        declare(cast(Flask, state.app), f"{NAME}.{name}", role)


@dataclass(frozen=True)
class _Kept:
    """What people have saved."""

    explorations: Explorations

    def listed(self) -> Response:
        """One's own explorations, then those that others share."""
        who = visitor()
        return data({"explorations": [_saved(one, who) for one in self.explorations.visible_to(_id(who))]})

    def create(self) -> Response:
        """Saves ``name`` and ``text`` (and ``shared``) for the caller."""
        who, given = visitor(), body()
        name, shared = " ".join(text_of("name", given).split()), given.get("shared", False)
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            return failure(400, f"name: 1 to {LONGEST_NAME} printable characters are needed.")
        if not isinstance(shared, bool):
            return failure(400, "shared: true or false is needed.")
        one = parse(text_of("text", given))
        if not permits(who.role, one.role):
            return failure(403, f"This exploration needs the role {one.role.word} or above.")
        try:
            made = self.explorations.create(_id(who), name, text=text(one), shared=shared)
        except NotSaved as error:
            return failure(409, str(error))
        saved = self.explorations.find(made, _id(who))
        return data(_saved(saved, who), 201) if saved else failure(404, "It was deleted meanwhile.")

    def delete(self, saved_id: str) -> Response:
        """Deletes one's own; an administrator everybody's. Others' that are not shared do not exist."""
        who, admin = visitor(), permits(visitor().role, Role.ADMIN)
        found = self.explorations.find(wanted, _id(who), every=admin) if (wanted := _uuid(saved_id)) else None
        if found is None:
            return failure(404, "There is no such exploration.")
        if found.owner_id != who.id and not admin:
            return failure(403, f"This exploration is {found.owner}'s.")
        self.explorations.delete(found.id)
        return data({"deleted": str(found.id)})


def _saved(one: Saved, who: Visitor) -> dict[str, Any]:
    """As JSON. A text that this version cannot read keeps its name, so that it can be deleted."""
    try:
        told = about(parse(one.text))
    except BadExploration as error:
        told = {"text": one.text, "widget": None, "title": str(error), "role": Role.DEVELOPER.word}
    mine = one.owner_id == who.id
    return {
        **{"id": str(one.id), "name": one.name, "shared": one.shared, "owner": one.owner, "mine": mine},
        **{"created": iso(one.created), **told},
    }


def _id(who: Visitor) -> UUID:
    assert who.id is not None  # noqa: S101 - the gate lets nobody else in
    return who.id


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
