"""The headers that tell a browser what these pages may do, and who may keep a copy."""

from __future__ import annotations

from flask import Flask, Response, request

CSP = "Content-Security-Policy"
# Answers of these are the same for everyone and may be kept; Dash sets how long.
SHARED_ENDPOINTS = frozenset({"_dash_assets.static"})
SHARED_PREFIX = "/_dash-component-suites/"
_HSTS = "max-age=63072000"
_UNUSED_FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
    "microphone", "midi", "payment", "usb",
)  # fmt: skip

# No page can be made of these, and refreshes are so small that the headers of a page would be most of them.
DATA = frozenset({"application/json"})
DATA_CSP = "default-src 'none'; frame-ancestors 'none'"
SIGN_IN_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def page_csp(script_hashes: tuple[str, ...]) -> str:
    """The policy of the dashboard's pages; ``script_hashes`` as Dash's ``csp_hashes()`` gives them, quoted."""
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *script_hashes)),
            # Plotly and Dash set style attributes; no one can do without.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def fixed_headers(*, secure: bool) -> dict[str, str]:
    """Headers that every answer carries, whatever it is."""
    headers = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
    if secure:
        headers["Strict-Transport-Security"] = _HSTS
    return headers


def document_headers() -> dict[str, str]:
    """Headers of what a browser may show as a page."""
    return {
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES),
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }


def add_headers(server: Flask, *, secure: bool, script_hashes: tuple[str, ...]) -> None:
    """Adds them after each request; a view's own policy or Cache-Control stays.

    No view sets one of the fixed headers, so they are appended: looking each up costs more than all the rest.
    """
    fixed = tuple(fixed_headers(secure=secure).items())
    of_documents = (*fixed, *document_headers().items())
    policy = page_csp(script_hashes)

    def add(response: Response) -> Response:
        headers = response.headers
        is_data = response.mimetype in DATA
        headers.extend(fixed if is_data else of_documents)
        headers.setdefault(CSP, DATA_CSP if is_data else policy)
        headers.pop("Server", None)
        if not _may_be_shared(request.endpoint) or response.status_code >= 400:
            headers.setdefault("Cache-Control", "no-store")
        return response

    server.after_request(add)


def _may_be_shared(endpoint: str | None) -> bool:
    return endpoint is not None and (endpoint in SHARED_ENDPOINTS or endpoint.startswith(SHARED_PREFIX))
