"""The doors that Dash leaves open: callbacks that are none, and addresses of the API that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Flask, Response, request

from app.api.replies import failure

ENDPOINT = "/_dash-update-component"
# Dash answers every other path with its page, and status 200.
CATCH_ALL = "/<path:path>"


def check_callbacks(
    server: Flask, callback_map: dict[str, Any], *, shortcuts: Mapping[str, Callable[[dict[str, Any]], Response]]
) -> None:
    """Refuses calls that no page of ours makes with 400 or 404, instead of the 500 or 200 that Dash answers.

    A callback named in ``shortcuts`` by its output is answered from its body there, once that is found to fit. Call it
    after the gate is installed: a stranger is refused before anything is read.
    """

    def check() -> Response | None:
        if request.endpoint == CATCH_ALL and request.path.startswith("/api/"):
            return failure(404, "There is nothing at this address.")
        if request.endpoint != ENDPOINT:
            return None
        body = _body()
        if not isinstance(body, dict) or not isinstance(body.get("inputs"), list):
            return failure(400, "A callback needs a JSON object with its output and inputs.")
        output = str(body.get("output"))
        if output not in callback_map:
            return failure(400, "There is no such callback.")
        if not _fits(body, callback_map[output]):
            return failure(400, "The inputs are not those of the callback.")
        shortcut = shortcuts.get(output)
        return shortcut(body) if shortcut else None

    server.before_request(check)


def _body() -> Any:
    """The request's JSON, or None where it is none. Dash's own parser is slower, and reads what is kept here again."""
    if not request.is_json:
        return None
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        return None


def _fits(body: dict[str, Any], callback: dict[str, Any]) -> bool:
    """Whether outputs, inputs and states are named as the callback declares them, in its order, with plain values."""
    changed = body.get("changedPropIds", [])
    return (
        _names(body["inputs"]) == _names(callback["inputs"])
        and _names(body.get("state", [])) == _names(callback["state"])
        and _output(body.get("outputs")) == body["output"]
        and isinstance(changed, list)
        and all(isinstance(one, str) for one in changed)
        and all(_is_place(one) for one in body["inputs"])
    )


def _output(outputs: Any) -> str | None:
    """The name that Dash gives to a callback with these outputs; None where they are none."""
    if isinstance(outputs, dict):
        return ".".join(str(outputs.get(part)) for part in ("id", "property"))
    names = _names(outputs)
    return None if names is None else f"..{'...'.join('.'.join(name) for name in names)}.."


def _is_place(one: dict[str, Any]) -> bool:
    """Whether an input that says where the browser is does so in text: Dash's router takes nothing else."""
    return one.get("property") not in {"pathname", "search"} or isinstance(one.get("value"), str | None)


def _names(given: Any) -> list[tuple[str, str]] | None:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return None
    return [(str(one.get("id")), str(one.get("property"))) for one in given]
