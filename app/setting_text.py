"""What the text of a setting may be, and the value it stands for.

Each reader takes the text and returns the value, or raises ValueError.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

SECRET_BYTES = 32


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host(value: str) -> str:
    """An IP address or a host name."""
    if ":" in value:
        return str(ipaddress.ip_address(value))
    if not re.fullmatch(r"[0-9A-Za-z.-]+", value):
        raise ValueError(value)
    return value


def plain(value: str) -> str:
    """Whatever was given."""
    return value


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number between both, which are allowed too."""

    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(value)
        return number

    return parse


def url(*schemes: str) -> Callable[[str], str]:
    """An address of one of ``schemes`` that names a host, without the slash at its end."""

    def parse(value: str) -> str:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError when it is no number up to 65535
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(value)
        return value.rstrip("/")

    return parse


def database_url(value: str) -> str:
    """Only what libpq itself can read: its own complaint would repeat the address with the password."""
    if not re.match(r"postgres(ql)?://", value):
        raise ValueError("scheme")
    try:
        conninfo_to_dict(value)
    except ProgrammingError:
        raise ValueError("address") from None
    return value


def redis_url(value: str) -> str:
    """Nothing but the place: the driver would let a query overrule our timeouts, and reads any other path as /0."""
    address = url("redis", "rediss")(value)
    parts = urlsplit(address)
    if parts.query or parts.fragment or not re.fullmatch(r"(/\d{1,5})?", parts.path):
        raise ValueError("address")
    return address


def public_url(value: str) -> str:
    """Over https, except where only this machine can reach it."""
    address = url("http", "https")(value)
    parts = urlsplit(address)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(value)
    return address


def secret(value: str) -> str:
    """Long enough to sign with, and not one character again and again."""
    if len(value.encode()) < SECRET_BYTES or len(set(value)) < 8:
        raise ValueError("secret")
    return value


def identifier(value: str) -> str:
    """A name that PostgreSQL takes without quotes."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", value):
        raise ValueError(value)
    return value


def listed(value: str) -> tuple[str, ...]:
    """The parts between commas, without empty ones."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def origins(value: str) -> tuple[str, ...]:
    """Addresses between commas."""
    return tuple(url("http", "https")(part) for part in listed(value))


def existing_file(value: str) -> Path:
    """A file that is there now."""
    path = Path(value)
    if not path.is_file():
        raise ValueError(value)
    return path


def level(value: str) -> str:
    """How much is logged, in lower case."""
    if value.lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError(value)
    return value.lower()
