"""Compression of answers: files once and then from memory, everything else as it is sent."""

from __future__ import annotations

import brotli
from flask import Flask, Response, request
from flask_compress import Compress

FILE_MIMETYPES = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
MIN_BYTES = 500
QUALITY = 9  # about a second for the largest file, paid once per process
MAX_FILES = 256


class Files:
    """Compressed forms of the files that Flask and Dash send, by path and entity tag.

    The query is no part of the name: whoever makes queries up must neither fill the store nor cost another second.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str | None], bytes] = {}

    def compress(self, response: Response) -> Response:
        """The file compressed, when it is one that gains from it and its reader takes Brotli."""
        if not _is_file(response) or "br" not in request.headers.get("Accept-Encoding", ""):
            return response
        name = (request.path, response.get_etag()[0])
        response.direct_passthrough = False
        kept = self._kept.get(name)
        if kept is None:
            kept = brotli.compress(response.get_data(), quality=QUALITY)
            if len(self._kept) < MAX_FILES:
                self._kept[name] = kept
        response.set_data(kept)
        response.headers["Content-Encoding"] = "br"
        response.headers["Content-Length"] = str(len(kept))
        response.vary.add("Accept-Encoding")
        return response


def compress(server: Flask) -> None:
    """Compresses what ``server`` answers by the best method its reader takes; streams stay streams."""
    server.config["COMPRESS_STREAMS"] = False
    server.config["COMPRESS_ALGORITHM"] = ["zstd", "br", "gzip"]
    server.config["COMPRESS_MIN_SIZE"] = MIN_BYTES
    Compress(server)
    files = Files()
    # Functions after a request run last first: files are done before Flask-Compress sees them.
    server.after_request(files.compress)


def _is_file(response: Response) -> bool:
    return (
        response.status_code == 200
        and request.method == "GET"
        and response.mimetype in FILE_MIMETYPES
        and "Content-Encoding" not in response.headers
        and (response.content_length or MIN_BYTES) >= MIN_BYTES
    )
