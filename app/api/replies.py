"""Answers in the API's form, for all API modules and for errors that none of them has caught."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

from app.auth.refusals import failure, refuse
from app.sources.errors import BadQuery, SourceError, TooLarge

__all__ = ["data", "failure", "install", "json_object", "status_of"]

_SOURCE_STATUS = ((BadQuery, 400), (TooLarge, 413))


def data(value: Any, status: int = 200) -> Response:
    """``value`` as a success."""
    response = jsonify({"data": value})
    response.status_code = status
    return response


def json_object() -> dict[str, Any]:
    """The request's body; raises what becomes 400, 413 or 415."""
    if not request.is_json:
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
    try:
        body = request.get_json()
    except RecursionError:  # ten thousand opening brackets
        raise BadRequest("The JSON is nested too deeply.") from None
    if not isinstance(body, dict):
        raise BadRequest("Send a JSON object.")
    return body


def install(server: Flask) -> None:
    """Gives ``/api`` its errors as JSON; errors of pages stay Flask's, source errors become 503, 400 or 413."""
    server.register_error_handler(HTTPException, _http_error)
    server.register_error_handler(SourceError, _source_error)


def _http_error(error: HTTPException) -> Response | HTTPException:
    if not _is_api() or error.code is None or error.code < 400:
        return error
    response = failure(error.code, error.description or error.name)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def status_of(error: SourceError) -> int:
    """HTTP's number for a source that did not answer, or would not."""
    return next((status for kind, status in _SOURCE_STATUS if isinstance(error, kind)), 503)


def _source_error(error: SourceError) -> Response:
    """What failed on what; the driver's own words stay in the log."""
    status = status_of(error)
    return failure(status, str(error)) if _is_api() else refuse(request, status, str(error))


def _is_api() -> bool:
    return request.path == "/api" or request.path.startswith("/api/")
