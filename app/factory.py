"""Puts the application together: the only module that knows everyone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import dash
import numpy as np  # noqa: F401  plotly imports it lazily, and threads of a first request would meet it half imported
import pandas as pd  # noqa: F401  as numpy
from dash.exceptions import DependencyException
from flask import Blueprint, Flask, Response, current_app, has_request_context
from werkzeug.middleware.proxy_fix import ProxyFix

from app import readiness, telemetry
from app.access import Role
from app.api import auth as auth_api
from app.api import dashboard as dashboard_api
from app.api import explorations as explorations_api
from app.api import explore as explore_api
from app.api import maintenance as maintenance_api
from app.api import metrics as metrics_api
from app.api import probes, push, replies
from app.api.bundle import Bundle, bundle, serve_bundles
from app.api.callbacks import check_callbacks
from app.api.compression import compress
from app.api.cors import allow_origins
from app.auth.gate import declare
from app.auth.identity import NOBODY, Visitor, visitor
from app.auth.presence import Presence
from app.auth.setup import EXTENSION, install, services
from app.auth.tickets import Tickets
from app.checks import Checks
from app.config import DEFAULTS, Config
from app.drawing import Drawer
from app.patience import Patience
from app.push import live as live_channel
from app.push.hub import Hub
from app.push.topics import OF_TALLY
from app.refresh import Refresher
from app.settings import Settings
from app.sources.answers import Answers
from app.sources.catalogue import Catalogue
from app.sources.errors import SourceError
from app.sources.explorations import Explorations
from app.sources.opened import Sources
from app.system_status import system_status
from app.ui.registration import register_pages
from app.ui.render import render
from app.ui.shell import shell
from app.widgets.registry import find
from callbacks import explore as explore_callbacks
from callbacks import maintenance as maintenance_callbacks
from callbacks import shell as shell_callbacks
from callbacks import system as system_callback
from callbacks import tick as tick_callback
from pages.registry import PAGES

ASSETS = Path(__file__).resolve().parent.parent / "assets"
STYLES = ("vendor/bootstrap/bootstrap-5.3.6.min.css",)
SCRIPTS = ("vendor/plotly/plotly-cartesian-4.1.1.min.js",)
# In the page's head, so that it is never drawn in the other theme first.
HEAD_SCRIPTS = ("theme.js",)
SIGN_IN_ASSETS = ("signin.css", "theme.css", "theme.js", "favicon.svg", "vendor/inter/inter-latin-5.woff2", *STYLES)
MAX_BODY_BYTES = 512 * 1024
# By name, so that a route which a later Dash adds is closed until somebody has looked at it.
DASH_ENDPOINTS = (
    "/",
    "/<path:path>",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    "/_dash-dependencies",
    "/_dash-layout",
    "/_dash-update-component",
    "/_favicon.ico",
    "_dash_assets.static",
)
_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
{%css%}
<script src="/assets/theme.js"></script>
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""


def create_app(
    settings: Settings, sources: Sources, *, config: Config = DEFAULTS, metrics_folder: str | None = None
) -> dash.Dash:
    """The Dash application on its Flask server, closed to strangers.

    ``metrics_folder`` is where all web processes keep their counters; None counts this process alone.
    """
    scripts, styles = bundle(ASSETS, "js", leave_out=HEAD_SCRIPTS), bundle(ASSETS, "css", leave_out=("signin.css",))
    app = _dash(scripts, styles)
    server: Flask = app.server
    live = _live(settings, sources)
    server.extensions[live_channel.EXTENSION] = live
    patience = Patience(settings.web_threads // 2)
    answers = _answers(sources, live.hub)
    drawer = Drawer(answers=answers, cache=sources.cache, render=render, patience=patience, config=config)
    refresher = Refresher(find=find, drawer=drawer, patience=patience)
    checks = Checks(readiness.checks_of(sources, settings.data_dir))
    register_pages(PAGES, _role)
    app.layout = lambda: shell(PAGES, name=_caller().name, role=_role(), csrf_token=_csrf_token(server))
    tick = _register_callbacks(app, sources, refresher=refresher, checks=checks, hub=live.hub)
    _finish_setup(server)
    _harden(server, settings)
    allow_origins(server, settings.cors_origins)
    hashes = tuple(f"'{one}'" if not one.startswith("'") else one for one in app.csp_hashes())
    install(server, settings=settings, pool=sources.pool, sign_in_assets=SIGN_IN_ASSETS, script_hashes=hashes)
    check_callbacks(server, app.callback_map, shortcuts={tick_callback.OUTPUT: tick})
    replies.install(server)
    server.register_error_handler(DependencyException, lambda _: replies.failure(404, "There is no such file."))
    status_now = partial(system_status, answers, patience)
    tickets, public = Tickets(sources.pool), settings.public_url or ""
    for blueprint in (
        auth_api.blueprint(services(server)),
        dashboard_api.blueprint(refresher, drawer, status_now=status_now, role=_role),
        push.blueprint(live.hub, tickets, origins=settings.cors_origins, public=public),
        maintenance_api.blueprint(sources.maintenance),
        explore_api.blueprint(Catalogue(sources.prometheus, sources.cache), patience),
        explorations_api.blueprint(Explorations(sources.pool)),
        metrics_api.blueprint(sources.prometheus, answers.outages, patience),
        _probes(settings, sources, checks, metrics_folder),
    ):
        server.register_blueprint(blueprint)
    _declare_dash(server)
    serve_bundles(server, (scripts, styles))
    compress(server)
    return app


def _live(settings: Settings, sources: Sources) -> live_channel.Live:
    roles = Presence(sources.pool).roles
    return live_channel.Live(settings.database_url or "", settings.event_schema, logs=sources.logs, roles=roles)


def _answers(sources: Sources, hub: Hub) -> Answers:
    """What sources say, counted on /metrics and marked with the news that it is older than."""
    sources.cache.watch(hit=telemetry.CACHE_HITS.inc, miss=telemetry.CACHE_MISSES.inc)
    return Answers(
        prometheus=sources.prometheus,
        events=sources.events,
        cache=sources.cache,
        maintenance=sources.maintenance,
        observe=telemetry.observe_source,
        mark=lambda tally: hub.mark(OF_TALLY.get(tally, ())),
    )


def _register_callbacks(
    app: dash.Dash, sources: Sources, *, refresher: Refresher, checks: Checks, hub: Hub
) -> Callable[[dict[str, Any]], Response]:
    """All callbacks of the page; returns the refresh, which the server may also answer without Dash."""
    tick = tick_callback.register(app, refresher, _role, hub.caught_up)
    shell_callbacks.register(app)
    explore_callbacks.register(app)
    system_callback.register(app, checks, _role)
    maintenance_callbacks.register(app, sources.maintenance, _caller)
    return tick


def _probes(settings: Settings, sources: Sources, checks: Checks, metrics_folder: str | None) -> Blueprint:
    return probes.blueprint(
        checks,
        metrics_token=settings.metrics_token,
        metrics_folder=metrics_folder,
        active_users=lambda: _active_users(sources),
        cache_up=lambda: _cache_up(sources),
    )


def _dash(scripts: Bundle, styles: Bundle) -> dash.Dash:
    return dash.Dash(
        __name__,
        server=Flask(__name__, static_folder=None),
        use_pages=True,
        pages_folder="",
        assets_folder=str(ASSETS),
        assets_ignore=".*",
        external_stylesheets=[*(f"/assets/{path}" for path in STYLES), styles.path],
        external_scripts=[*(f"/assets/{path}" for path in SCRIPTS), scripts.path],
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
        index_string=_DOCUMENT,
        title="Tamma system health",
        update_title=None,
        serve_locally=True,
        suppress_callback_exceptions=True,
        add_log_handler=False,
    )


def _finish_setup(server: Flask) -> None:
    """Runs Dash's own hooks of a first request now: they add the inline script that the CSP has to know."""
    with server.test_request_context():
        server.preprocess_request()


def _harden(server: Flask, settings: Settings) -> None:
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    if hops := settings.trusted_proxies:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _declare_dash(server: Flask) -> None:
    """Opens what Dash serves to everyone with an account: pages and widgets check their own role."""
    for endpoint in DASH_ENDPOINTS:
        declare(server, endpoint, Role.READONLY)


def _caller() -> Visitor:
    """Who the request comes from; nobody while the application is put together, when Dash checks the layout."""
    return visitor() if has_request_context() and EXTENSION in current_app.extensions else NOBODY


def _role() -> Role | None:
    return _caller().role


def _csrf_token(server: Flask) -> str:
    """The token that the sign-out form carries; empty for those who are not here by a session."""
    token = _caller().session_token
    return services(server).csrf.token_for(token) if token else ""


def _active_users(sources: Sources) -> int | None:
    try:
        return readiness.active_users(sources.pool)
    except SourceError:
        return None


def _cache_up(sources: Sources) -> bool | None:
    """Whether the Redis that replicas share answers; None where there is none."""
    shared = sources.cache.redis
    return shared.away_since() is None if shared else None
