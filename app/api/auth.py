"""``/api/auth``: signing in for programs, by tokens instead of a cookie."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, jsonify, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import BadRequest

from app.access import Role
from app.api.replies import data, failure, json_object
from app.auth.errors import Busy, Locked, Refused
from app.auth.gate import declare, declare_public
from app.auth.identity import visitor
from app.auth.services import Services
from app.auth.tokens import Pair

NAME = "api_auth"
MAX_BODY_BYTES = 16 * 1024


def blueprint(parts: Services) -> Blueprint:
    """Routes under ``/api/auth``; declares them at the gate when registered, so ``install`` comes first."""
    routes = Blueprint(NAME, __name__, url_prefix="/api/auth")
    api = _AuthApi(parts)
    routes.add_url_rule("/login", "login", api.login, methods=["POST"])
    routes.add_url_rule("/refresh", "refresh", api.refresh, methods=["POST"])
    routes.add_url_rule("/logout", "logout", api.logout, methods=["POST"])
    routes.record_once(_declare)
    return routes


def _declare(state: BlueprintSetupState) -> None:
    server = cast(Flask, state.app)
    declare_public(server, f"{NAME}.login", f"{NAME}.refresh")
    declare(server, f"{NAME}.logout", Role.READONLY)


class _AuthApi:
    def __init__(self, parts: Services) -> None:
        self._parts = parts

    def login(self) -> Response:
        """Name and password for a pair of tokens."""
        name, password = _texts("username", "password")
        try:
            user = self._parts.credentials.check(name, password, address=request.remote_addr or "")
        except Refused as error:
            return failure(401, str(error))
        except Locked as error:
            return _later(429, str(error), error.retry_after_s)
        except Busy as error:
            return _later(503, str(error), 1)
        return _reply(self._parts.tokens.issue(user))

    def refresh(self) -> Response:
        """A refresh token for the next pair."""
        (token,) = _texts("refresh_token")
        pair = self._parts.tokens.refresh(token)
        if pair is None:
            return failure(401, "The refresh token is not valid any more. Sign in again.")
        return _reply(pair)

    def logout(self) -> Response:
        """Ends what the caller showed: the token's family, or the session."""
        who = visitor()
        if who.family_id:
            self._parts.tokens.end(who.family_id)
            return data({"signed_out": True})
        self._parts.sessions.end(who.session_token)
        response = data({"signed_out": True})
        self._parts.cookies.clear(response)
        return response


def _texts(*names: str) -> tuple[str, ...]:
    """The body's fields; each must be text. Raises what Flask answers with 400, 413 or 415."""
    request.max_content_length = MAX_BODY_BYTES
    body = json_object()
    values = tuple(body.get(name) for name in names)
    if not all(isinstance(value, str) for value in values):
        raise BadRequest(f"Send {' and '.join(names)} as text.")
    return tuple(str(value) for value in values)


def _reply(pair: Pair) -> Response:
    return jsonify(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        token_type="Bearer",  # noqa: S106 - a word of the protocol
        expires_in=pair.expires_in,
    )


def _later(status: int, message: str, retry_after_s: int) -> Response:
    response = failure(status, message)
    response.headers["Retry-After"] = str(retry_after_s)
    return response
