"""What a view is: sections of widgets, named by their keys."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A widget's place; ``columns`` of twelve on a wide screen, the widget's own where it is None."""

    key: str
    columns: int | None = None


@dataclass(frozen=True)
class Section:
    """Widgets under a heading; the first section of a page needs none."""

    places: tuple[Place, ...]
    title: str = ""


@dataclass(frozen=True)
class View:
    """A page of widgets. Keys of families are given their argument when the view is laid out."""

    title: str
    sections: tuple[Section, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every widget's key, in order."""
        return tuple(place.key for section in self.sections for place in section.places)


def section(*keys: str | Place, title: str = "") -> Section:
    """A section of widgets at their own size."""
    return Section(tuple(key if isinstance(key, Place) else Place(key) for key in keys), title)
