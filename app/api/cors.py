"""Calls of the API from other origins: off, but for the origins an operator has named."""

from __future__ import annotations

from flask import Flask, Response, request

METHODS = "GET, POST, PUT, PATCH, DELETE"
HEADERS = "Authorization, Content-Type"
MAX_AGE_S = "600"


def allow_origins(server: Flask, origins: tuple[str, ...]) -> None:
    """Lets scripts of ``origins`` call ``/api`` with a bearer token; cookies are never shared with them.

    Call it before the gate is installed: a browser asks permission without showing who it is.
    """

    def permitted() -> bool:
        return request.path.startswith("/api/") and request.headers.get("Origin") in origins

    def preflight() -> Response | None:
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return Response(status=204) if asks and permitted() else None

    def add(response: Response) -> Response:
        if permitted():
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Allow-Methods"] = METHODS
            response.headers["Access-Control-Allow-Headers"] = HEADERS
            response.headers["Access-Control-Max-Age"] = MAX_AGE_S
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            response.vary.add("Origin")
        return response

    if origins:
        server.before_request(preflight)
        server.after_request(add)
