"""What a refused request gets: JSON for programs, a plain page for people. Never a trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Request, Response, jsonify, make_response, render_template


def failure(status: int, message: str, details: Any = None) -> Response:
    """A failure in the API's form; ``error`` is the status's reason phrase."""
    response = jsonify({"error": HTTPStatus(status).phrase, "message": message, "details": details})
    response.status_code = status
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def is_page(request: Request) -> bool:
    """Whether a person waits for a page: decides the form of a refusal, never a right."""
    return (
        request.method in {"GET", "HEAD"}
        and "text/html" in request.headers.get("Accept", "")
        and not request.path.startswith(("/api/", "/_dash"))
    )


def refuse(request: Request, status: int, message: str) -> Response:
    """A refusal in the form that the caller reads."""
    if not is_page(request):
        return failure(status, message)
    return make_response(render_template("refused.html", title=HTTPStatus(status).phrase, message=message), status)
