"""What gunicorn loads in each worker process: settings, sources, application, and one page to warm it up."""

from __future__ import annotations

import os
from typing import Any

from app.config import load_config
from app.factory import create_app
from app.push.live import EXTENSION
from app.serving import Turns
from app.settings import Settings, load
from app.sources.opened import open_sources
from app.telemetry import log_as_json


def application() -> Any:
    """The WSGI application of this process. Raises SettingsError."""
    settings = load(os.environ)
    log_as_json(settings.log_level)
    return build(settings, metrics_folder=os.environ.get("PROMETHEUS_MULTIPROC_DIR"))


def build(settings: Settings, *, metrics_folder: str | None) -> Any:
    """The warmed Flask server for settings whose database address is known."""
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is filled in by the command that starts the web processes")
    sources = open_sources(settings, settings.database_url)
    config = load_config(settings.dashboard_config)
    app = create_app(settings, sources, config=config, metrics_folder=metrics_folder)
    warm(app.server)
    app.server.wsgi_app = Turns(app.server.wsgi_app, settings.web_threads)
    app.server.extensions[EXTENSION].start()
    return app.server


def warm(server: Any) -> None:
    """One page through the application: a cold Dash answers its own scripts with 500 until it has served one."""
    server.test_client().get("/login")
    with server.test_request_context("/"):
        server.view_functions["/"]()
