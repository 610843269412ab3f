"""What a source may raise; nothing else leaves this package.

SourceError
 ├─ Unavailable   no answer: refused, cut, not configured, or an answer that is none
 ├─ TimedOut      no whole answer within the time allowed
 ├─ BadQuery      the source understood and refused the question
 ├─ TooLarge      the answer is larger than allowed
 └─ NotYet        the answer is being worked out, and nobody has to wait for it
"""

from __future__ import annotations


class SourceError(Exception):
    """A question could not be answered. ``source`` is its name for people, ``message`` says what failed on what."""

    def __init__(self, source: str, message: str) -> None:
        self.source = source
        self.message = message
        super().__init__(f"{source}: {message}")


class Unavailable(SourceError):
    """The source gave no answer."""


class TimedOut(SourceError):
    """The source gave no whole answer in the time allowed."""


class BadQuery(SourceError):
    """The source refused the question; asking again will not help."""


class TooLarge(SourceError):
    """The answer exceeds the size, series or point limit."""


class NotYet(SourceError):
    """The answer is on its way; ask again soon."""
