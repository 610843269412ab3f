"""The reference: a bare Flask route that answers the bytes of a tick, read once from the folder BENCH_BYTES."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response, request


def server() -> Flask:
    """What gunicorn serves: ``/<name>`` answers the file of that name as the product compressed it."""
    app = Flask(__name__)
    files = {path.name: path.read_bytes() for path in Path(os.environ["BENCH_BYTES"]).iterdir()}

    @app.post("/<name>")
    def answer(name: str) -> Response:
        request.get_data()
        return Response(files[name], mimetype="application/json", headers={"Content-Encoding": "zstd"})

    return app
