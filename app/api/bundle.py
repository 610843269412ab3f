"""The product's own scripts and styles as one file each: dozens of small files are dozens of round trips."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request

from app.access import Role
from app.auth.gate import declare

# The name changes with the content, so that a browser need never ask whether its copy is the newest.
KEPT = "private, max-age=31536000, immutable"
VENDOR = "/assets/vendor/"
_MIMETYPES = {"js": "text/javascript", "css": "text/css"}


@dataclass(frozen=True)
class Bundle:
    """The files of one kind, joined in the order of their names; ``path`` holds the digest of ``body``."""

    path: str
    body: bytes
    mimetype: str


def bundle(folder: Path, ending: str, *, leave_out: Iterable[str] = ()) -> Bundle:
    """The ``*.ending`` files of a folder but not of the folders in it."""
    files = [one for one in sorted(folder.glob(f"*.{ending}")) if one.name not in set(leave_out)]
    body = b"\n".join(one.read_bytes() for one in files)
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    return Bundle(f"/assets/app-{digest}.{ending}", body, _MIMETYPES[ending])


def serve_bundles(server: Flask, bundles: Iterable[Bundle]) -> None:
    """Adds a route for each, open to everyone with an account, and lets browsers keep the versioned vendor files."""
    for one in bundles:
        endpoint = f"bundle-{one.mimetype.partition('/')[2]}"
        server.add_url_rule(one.path, endpoint, _view(one))
        declare(server, endpoint, Role.READONLY)
    server.after_request(_keep_vendor)


def _view(one: Bundle) -> Callable[[], Response]:
    def view() -> Response:
        reply = Response(one.body, mimetype=one.mimetype)
        reply.set_etag(one.path)
        reply.headers["Cache-Control"] = KEPT
        return reply

    return view


def _keep_vendor(response: Response) -> Response:
    """Files of others have their version in their name."""
    if response.status_code == 200 and request.path.startswith(VENDOR):
        response.headers["Cache-Control"] = KEPT
    return response
