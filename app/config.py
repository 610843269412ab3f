"""The configuration file: what operators decide about levels, limits and time, checked whole at the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from app.config_file import Finding, findings_of, read_yaml
from app.health.services import SERVICES
from app.settings import Purpose, Settings, SettingsError, load
from app.sources.windows import UNITS_S

SETTING = "DASHBOARD_CONFIG"
ALL = "all"
SHORTEST_WINDOW_S = 3_600
LONGEST_WINDOW_S = 30 * 86_400
MOST_LEVELS = 50
_MIB = 1024**2
_BYTE_UNITS = {"": 1, "Ki": 1024, "Mi": _MIB, "Gi": 1024**3, "Ti": 1024**4}
Kind = Literal["availability", "latency", "errors"]


def _seconds(window: str) -> int:
    """The seconds of ``7d``; ValueError when it is none, too short or too long."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([mhdw])", window)
    if not found or not SHORTEST_WINDOW_S <= (seconds := int(found[1]) * UNITS_S[found[2]]) <= LONGEST_WINDOW_S:
        raise ValueError(window)
    return seconds


def _window(window: str) -> str:
    _seconds(window)
    return window


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(name)
    return name


def _service(name: str) -> str:
    if name not in (*SERVICES, ALL):
        raise ValueError(name)
    return name


def _bytes(value: object) -> object:
    """Bytes of ``2Gi``; anything else is left for the type to judge."""
    if isinstance(value, str) and (found := re.fullmatch(r"([0-9]{1,15})(Ki|Mi|Gi|Ti)?", value)):
        return int(found[1]) * _BYTE_UNITS[found[2] or ""]
    return value


_WINDOW = "a duration from 1h to 30d, like 90m, 24h, 7d"
_BYTES = "a whole number of bytes of at least 1 MiB, like 2147483648 or 2Gi"
Cores = Annotated[float, Field(strict=True, gt=0, le=4096, allow_inf_nan=False)]
Bytes = Annotated[int, BeforeValidator(_bytes), Field(strict=True, ge=_MIB, le=2**60)]


class _Part(BaseModel):
    """A part of the configuration: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceLevel(_Part):
    """One promise: the share of good time or good requests over a rolling window.

    ``kind`` says what is good: ``availability`` counts time in which an instance answered, ``latency`` requests
    answered within ``threshold_s``, ``errors`` requests without a server error.
    """

    name: str = Field(
        strict=True, pattern=r"^[^\x00-\x1f\x7f]{1,80}$", description="1 to 80 characters on one line, each name once"
    )
    kind: Kind = Field(description="availability, latency or errors")
    service: Annotated[str, AfterValidator(_service)] = Field(
        strict=True, description=f"{', '.join(SERVICES)} or {ALL}"
    )
    target: float = Field(
        strict=True, gt=0, lt=1, allow_inf_nan=False, description="a share above 0 and below 1, like 0.999 for 99.9 %"
    )
    window: Annotated[str, AfterValidator(_window)] = Field(strict=True, description=_WINDOW)
    threshold_s: float | None = Field(
        default=None,
        validate_default=True,
        strict=True,
        gt=0,
        allow_inf_nan=False,
        description="seconds above 0, needed for latency and for nothing else",
    )

    @field_validator("threshold_s")
    @classmethod
    def _threshold_fits(cls, threshold_s: float | None, others: ValidationInfo) -> float | None:
        if "kind" in others.data and (others.data["kind"] == "latency") != (threshold_s is not None):
            raise Finding((), threshold_s)
        return threshold_s

    @property
    def window_s(self) -> int:
        """The window's seconds."""
        return _seconds(self.window)

    @property
    def services(self) -> tuple[str, ...]:
        """The services it speaks of."""
        return SERVICES if self.service == ALL else (self.service,)


class InstanceLimits(_Part):
    """What one instance of a service may use; None where no limit is known."""

    cpu_cores: Cores | None = Field(default=None, description="cores above 0, like 0.5, or null for no limit")
    memory_bytes: Bytes | None = Field(default=None, description=f"{_BYTES}, or null for no limit")
    disk_bytes: Bytes | None = Field(default=None, description=f"{_BYTES}, or null for no limit")


# Of the platform's own deployment: data dictionary, section 4. It names a disk for the database alone; volumes of the
# services are taken to be as large, as the shipped alerts do.
_LIMITS: Mapping[str, Mapping[str, object]] = {
    "orchestrator": {"cpu_cores": 1.0, "memory_bytes": "2Gi", "disk_bytes": "10Gi"},
    "workers": {"cpu_cores": 0.5, "memory_bytes": "1Gi", "disk_bytes": "10Gi"},
    "api": {"cpu_cores": 0.5, "memory_bytes": "1Gi", "disk_bytes": "10Gi"},
    "dashboard": {"cpu_cores": 0.5, "memory_bytes": "512Mi", "disk_bytes": "10Gi"},
    "postgres": {"cpu_cores": 0.5, "memory_bytes": "1Gi", "disk_bytes": "10Gi"},
    "redis": {"cpu_cores": 0.2, "memory_bytes": "512Mi"},
}
_INSTANCE = "a mapping with cpu_cores, memory_bytes, disk_bytes"


class Limits(_Part):
    """Limits of one instance of each service; what a file leaves out keeps its default."""

    orchestrator: InstanceLimits = Field(description=_INSTANCE)
    workers: InstanceLimits = Field(description=_INSTANCE)
    api: InstanceLimits = Field(description=_INSTANCE)
    dashboard: InstanceLimits = Field(description=_INSTANCE)
    postgres: InstanceLimits = Field(description=_INSTANCE)
    redis: InstanceLimits = Field(description=_INSTANCE)

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        kept = {name: limits for name, limits in _LIMITS.items() if name not in given}
        own = {name: {**_LIMITS.get(name, {}), **one} if isinstance(one, dict) else one for name, one in given.items()}
        return {**kept, **own}

    def of(self, service: str) -> InstanceLimits:
        """The limits of a service's instance; none are known for a service that has no entry."""
        found = getattr(self, service) if service in _LIMITS else None
        return found if isinstance(found, InstanceLimits) else InstanceLimits()


class Workflows(_Part):
    """What the platform allows its workflows."""

    max_running: int = Field(default=10, strict=True, ge=1, le=100_000, description="a whole number from 1 to 100000")


# Data dictionary, section 7: 99.9 % over 30 days for each service, p95 under 0.5 s over 7 days (19 of 20 requests
# within it), fewer than one failed request in a thousand over 24 hours.
_LEVELS: tuple[Mapping[str, object], ...] = (
    *(
        {"name": f"{service} answers", "kind": "availability", "service": service, "target": 0.999, "window": "30d"}
        for service in SERVICES
    ),
    {
        **{"name": "Requests answered within 0.5 s", "kind": "latency", "service": ALL},
        **{"target": 0.95, "window": "7d", "threshold_s": 0.5},
    },
    {"name": "Requests without error", "kind": "errors", "service": ALL, "target": 0.999, "window": "24h"},
)


class Config(_Part):
    """The whole configuration. ``time_zone`` is the one whose hours of the week baselines follow."""

    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", strict=True, description="a time zone of the IANA list, like Europe/Berlin"
    )
    service_levels: tuple[ServiceLevel, ...] = Field(
        default=tuple(ServiceLevel.model_validate(level) for level in _LEVELS),
        max_length=MOST_LEVELS,
        description=f"a list of at most {MOST_LEVELS} mappings, each name once",
    )
    limits: Limits = Field(
        default_factory=lambda: Limits.model_validate({}), description=f"a mapping with {', '.join(_LIMITS)}"
    )
    workflows: Workflows = Field(default=Workflows(), description="a mapping with max_running")

    @field_validator("service_levels")
    @classmethod
    def _names_once(cls, levels: tuple[ServiceLevel, ...]) -> tuple[ServiceLevel, ...]:
        seen: set[str] = set()
        for place, level in enumerate(levels):
            if level.name.casefold() in seen:
                raise Finding((place, "name"), level.name)
            seen.add(level.name.casefold())
        return levels

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)


def load_config(path: Path | None) -> Config:
    """The configuration in a YAML file, or the defaults without one. Raises SettingsError with every finding."""
    if path is None:
        return Config()
    try:
        return Config.model_validate(read_yaml(path))
    except ValidationError as error:
        findings = findings_of(error, Config)
    except ValueError as error:
        findings = (str(error),)
    raise SettingsError(tuple(f"{SETTING}: {finding}" for finding in findings)) from None


def load_both(environ: Mapping[str, str], purpose: Purpose = "serve") -> tuple[Settings, Config]:
    """Settings and the configuration they name. Raises SettingsError with the findings of both at once."""
    findings: list[str] = []
    try:
        config = load_config(_named_file(environ))
    except SettingsError as error:
        findings.extend(error.findings)
    try:
        settings = load(environ, purpose)
    except SettingsError as error:
        findings[:0] = error.findings
    if findings:
        raise SettingsError(tuple(findings))
    return settings, config


def _named_file(environ: Mapping[str, str]) -> Path | None:
    """The file, whatever is wrong with other settings; None as well when its own is wrong, which ``load`` says."""
    alone = {name: environ[name] for name in (SETTING, f"{SETTING}_FILE") if name in environ}
    try:
        return load(alone, "user").dashboard_config
    except SettingsError:
        return None


DEFAULTS = Config()
