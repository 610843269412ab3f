"""The settings of the product, declared once and read from the environment.

The only reader of ``os.environ``. Each setting may also be given as ``NAME_FILE``, the path of a file that holds
the value; then the value never stands in a process's environment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from app import setting_text as read
from app.setting_text import SECRET_BYTES

Purpose = Literal["serve", "worker", "migrate", "check", "user", "demo"]


class SettingsError(Exception):
    """One or more settings are missing or wrong; ``findings`` has a sentence for each."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(findings))


@dataclass(frozen=True)
class Setting:
    """One setting: how it is read, what is allowed, and what it is for.

    ``parse`` takes the text and returns the value, or raises ValueError. ``needed_by`` names the commands that
    refuse to start without it.
    """

    name: str
    parse: Callable[[str], Any]
    default: str | None
    allowed: str
    help: str
    secret: bool = False
    needed_by: frozenset[Purpose] = frozenset()


@dataclass(frozen=True)
class Settings:
    """What a process was told; every field is a parsed value of the setting of the same name."""

    host: str
    port: int
    data_dir: Path
    database_url: str | None = field(repr=False)
    event_schema: str
    prometheus_url: str | None
    prometheus_token: str | None = field(repr=False)
    alertmanager_url: str | None
    log_paths: tuple[str, ...]
    redis_url: str | None = field(repr=False)
    dashboard_secret_key: str | None = field(repr=False)
    dashboard_jwt_secret: str | None = field(repr=False)
    dashboard_config: Path | None
    public_url: str | None
    trusted_proxies: int
    cors_origins: tuple[str, ...]
    metrics_token: str | None = field(repr=False)
    web_workers: int
    web_threads: int
    log_level: str

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry Secure and the ``__Host-`` prefix.

        Plain http is only for a browser on the same machine: without ``PUBLIC_URL`` a host that others can reach
        is taken to stand behind TLS.
        """
        if self.public_url:
            return self.public_url.startswith("https://")
        return not read.is_loopback(self.host)


_SERVE: frozenset[Purpose] = frozenset({"serve"})

SETTINGS: tuple[Setting, ...] = (
    Setting("HOST", read.host, "127.0.0.1", "an address or host name", "Address the web process listens on"),
    Setting("PORT", read.whole(1, 65535), "3000", "1 to 65535", "Port the web process listens on"),
    Setting("DATA_DIR", Path, "./data", "a writable folder", "Caches, and the embedded PostgreSQL where that is used"),
    Setting(
        "DATABASE_URL",
        read.database_url,
        None,
        "postgresql://user:password@host:port/name",
        "PostgreSQL with the event store; unset: an embedded PostgreSQL under DATA_DIR",
        secret=True,
    ),
    Setting(
        "EVENT_SCHEMA",
        read.identifier,
        "public",
        "a lower-case schema name",
        "Schema of the platform's `events` and `workflow_runs`",
    ),
    Setting(
        "PROMETHEUS_URL",
        read.url("http", "https"),
        None,
        "http(s)://host[:port]",
        "Prometheus's HTTP API",
        needed_by=_SERVE,
    ),
    Setting(
        "PROMETHEUS_TOKEN", read.plain, None, "a bearer token", "Sent to Prometheus as a bearer token", secret=True
    ),
    Setting(
        "ALERTMANAGER_URL",
        read.url("http", "https"),
        None,
        "http(s)://host[:port]",
        "Alertmanager; checked, not used yet",
    ),
    Setting("LOG_PATHS", read.listed, "", "comma-separated globs", "Pino log files, rotated ones included"),
    Setting(
        "REDIS_URL",
        read.redis_url,
        None,
        "redis(s)://host[:port][/db]",
        "Redis with the cache that all replicas share; unset: each replica has its own, and asks Prometheus for itself",
        secret=True,
    ),
    Setting(
        "DASHBOARD_SECRET_KEY",
        read.secret,
        None,
        f"at least {SECRET_BYTES} random bytes",
        "Signs CSRF tokens and forms",
        secret=True,
        needed_by=_SERVE,
    ),
    Setting(
        "DASHBOARD_JWT_SECRET",
        read.secret,
        None,
        f"at least {SECRET_BYTES} random bytes",
        "Signs API access tokens",
        secret=True,
        needed_by=_SERVE,
    ),
    Setting(
        "DASHBOARD_CONFIG",
        read.existing_file,
        None,
        "an existing YAML file",
        "Time zone, service levels, limits; see docs/configuration.md",
    ),
    Setting(
        "PUBLIC_URL",
        read.public_url,
        None,
        "https://host, or http:// on loopback",
        "Address people use; decides whether cookies are for https only",
    ),
    Setting("TRUSTED_PROXIES", read.whole(0, 10), "0", "0 to 10", "How many proxies in front may set X-Forwarded-*"),
    Setting(
        "CORS_ORIGINS", read.origins, "", "comma-separated origins", "Origins that may call the API from a browser"
    ),
    Setting(
        "METRICS_TOKEN", read.plain, None, "a bearer token", "Lets others than loopback read /metrics", secret=True
    ),
    Setting("WEB_WORKERS", read.whole(1, 64), "2", "1 to 64", "Processes of the web server"),
    Setting("WEB_THREADS", read.whole(1, 1024), "16", "1 to 1024", "Threads of each web process"),
    Setting("LOG_LEVEL", read.level, "info", "debug, info, warning, error", "How much the dashboard logs of itself"),
)


def load(environ: Mapping[str, str], purpose: Purpose = "serve") -> Settings:
    """Settings for a command, or SettingsError with every finding at once; no finding repeats a secret's value."""
    values: dict[str, Any] = {}
    findings: list[str] = []
    for setting in SETTINGS:
        try:
            text = _given(setting, environ)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            findings.append(f"{setting.name}_FILE: cannot be read ({why}); allowed: a readable text file")
            continue
        if text is None:
            values[setting.name.lower()] = None
            if purpose in setting.needed_by:
                findings.append(f"{setting.name}: missing; allowed: {setting.allowed}")
            continue
        try:
            values[setting.name.lower()] = setting.parse(text)
        except ValueError:
            shown = "the given value (not shown)" if setting.secret else repr(text)
            findings.append(f"{setting.name}: {shown} is not allowed; allowed: {setting.allowed}")
    if values.get("dashboard_secret_key") and values["dashboard_secret_key"] == values.get("dashboard_jwt_secret"):
        findings.append("DASHBOARD_JWT_SECRET: the same as DASHBOARD_SECRET_KEY; allowed: another one")
    if findings:
        raise SettingsError(tuple(findings))
    return Settings(**values)


def _given(setting: Setting, environ: Mapping[str, str]) -> str | None:
    """The text for a setting: its variable, else the file named by ``NAME_FILE``, else its default."""
    if text := environ.get(setting.name):
        return text
    if file := environ.get(f"{setting.name}_FILE"):
        return Path(file).read_text(encoding="utf-8").strip() or setting.default
    return setting.default
