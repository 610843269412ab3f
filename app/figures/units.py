"""Numbers with units: scaled for reading, on axes and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a value counts; as written in the header of an exported column."""

    SECONDS = "seconds"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes per second"
    PER_SECOND = "per second"
    PER_MINUTE = "per minute"
    SHARE = "share"  # 0 to 1
    CORES = "cores"
    COUNT = "count"


@dataclass(frozen=True)
class Scale:
    """Shown value = value * ``factor``, followed by ``suffix``."""

    factor: float
    suffix: str


_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def scale_for(unit: Unit, largest: float) -> Scale:
    """The scale that shows ``largest`` with one to four digits before the point."""
    largest = abs(largest)
    if unit is Unit.SECONDS:
        return Scale(1_000, " ms") if largest < 1 else Scale(1, " s")
    if unit in (Unit.BYTES, Unit.BYTES_PER_SECOND):
        power = 0
        while largest >= 1024 and power < len(_BINARY) - 1:
            largest, power = largest / 1024, power + 1
        return Scale(1024.0**-power, f" {_BINARY[power]}" + ("/s" if unit is Unit.BYTES_PER_SECOND else ""))
    suffixes = {Unit.SHARE: "%", Unit.PER_SECOND: "/s", Unit.PER_MINUTE: "/min", Unit.CORES: " cores", Unit.COUNT: ""}
    return Scale(100 if unit is Unit.SHARE else 1, suffixes[unit])


def limit_text(limit: float, unit: Unit) -> str:
    """A limit in words, without digits that say nothing: ``1 core`` and ``2 GiB``."""
    scale = scale_for(unit, limit)
    suffix = " core" if unit is Unit.CORES and limit == 1 else scale.suffix
    return f"{limit * scale.factor:,.4g}{suffix}"


def number_text(value: float | None, unit: Unit) -> tuple[str, str]:
    """The value in words as (number, suffix); an unknown value is a dash, never a zero."""
    if value is None:
        return "–", ""
    if unit is Unit.COUNT:
        return f"{value:,.0f}", ""
    scale = scale_for(unit, value)
    shown = value * scale.factor
    digits = 0 if abs(shown) >= 100 else 1 if abs(shown) >= 10 else 2
    if unit is Unit.SHARE and shown < 100 <= round(shown, digits):
        shown = 99.9  # 100 % means all of them
    return f"{shown:,.{digits}f}", scale.suffix
