"""The doors that Dash leaves open: callbacks that are none, and addresses of the API that lead nowhere."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request

from app.api.replies import failure

ENDPOINT = "/_dash-update-component"
# Dash answers every other path with its page, and status 200.
CATCH_ALL = "/<path:path>"


def check_callbacks(server: Flask, callback_map: dict[str, Any]) -> None:
    """Refuses calls that no page of ours makes with 400 or 404, instead of the 500 or 200 that Dash answers.

    Call it after the gate is installed: a stranger is refused before anything is read.
    """

    def check() -> Response | None:
        if request.endpoint == CATCH_ALL and request.path.startswith("/api/"):
            return failure(404, "There is nothing at this address.")
        if request.endpoint != ENDPOINT:
            return None
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("inputs"), list):
            return failure(400, "A callback needs a JSON object with its output and inputs.")
        callback = callback_map.get(str(body.get("output")))
        if callback is None:
            return failure(400, "There is no such callback.")
        if not _fits(body, callback):
            return failure(400, "The inputs are not those of the callback.")
        return None

    server.before_request(check)


def _fits(body: dict[str, Any], callback: dict[str, Any]) -> bool:
    """Whether the inputs and states are named as the callback declares them, in its order."""
    return _names(body["inputs"]) == _names(callback["inputs"]) and _names(body.get("state", [])) == _names(
        callback["state"]
    )


def _names(given: Any) -> list[tuple[str, str]] | None:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return None
    return [(str(one.get("id")), str(one.get("property"))) for one in given]
