"""The doors that Dash leaves open: callbacks that are none, and addresses of the API that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Flask, Response, request

from app.api.replies import failure, json_object

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
        output = body.get("output")
        if not isinstance(output, str) or output not in callback_map:
            return failure(400, "There is no such callback.")
        if not _fits(body, callback_map[output]):
            return failure(400, "The inputs are not those of the callback.")
        shortcut = shortcuts.get(output)
        if shortcut is None:
            json_object()  # as Dash will read it, with a parser that takes less depth than ours
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
    names = _names([outputs] if isinstance(outputs, dict) else outputs)
    if names is None:
        return None
    joined = "...".join(".".join(name) for name in names)
    return joined if isinstance(outputs, dict) else f"..{joined}.."


def _is_place(one: dict[str, Any]) -> bool:
    """Whether an input that says where the browser is does so as a browser would: Dash's router takes nothing else."""
    value = one.get("value")
    if one["property"] == "pathname":
        return isinstance(value, str) and value.startswith("/")
    return one["property"] != "search" or isinstance(value, str | None)


def _names(given: Any) -> list[tuple[str, str]] | None:
    """The id and property of each; None where one of them is no text, or it is no list of such."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return None
    names = [(one.get("id"), one.get("property")) for one in given]
    return names if all(isinstance(part, str) for name in names for part in name) else None
