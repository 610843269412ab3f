"""What an exploration may be refused for."""

from __future__ import annotations


class BadExploration(ValueError):
    """An exploration that cannot be asked; the message says what is wrong and what is allowed, for people.

    ``field`` is the part of the text form that it is about, empty for the whole; ``label`` the label in it, if it is
    about one.
    """

    def __init__(self, message: str, *, field: str = "", label: str = "") -> None:
        super().__init__(message)
        self.field, self.label = field, label
