"""What the cards of external services are about: one of them by its name, or all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from app.health.external import label_of
from app.health.topology import KIND_WORDS, Kind
from app.sources.promql import matchers, quoted
from app.widgets.widget import BadArgument, Family, Widget

PAGE = "/external"
LONGEST_NAME = 700
EXAMPLES = ("", "anthropic_claude", "anthropic-claude", "github", "a%20%22%7D%20b")


@dataclass(frozen=True)
class Scope:
    """An external by the name that telemetry has for it; all of them where it is empty."""

    name: str = ""

    @property
    def argument(self) -> str:
        """The only way to write this scope: the name, percent-encoded."""
        return quote(self.name, safe="")

    @property
    def href(self) -> str:
        """The address of the page about it; the whole page where no address can carry the name."""
        return f"{PAGE}?name={self.argument}" if self.name and fits(self.name) else PAGE

    def where(self, label: str) -> str:
        """Matchers for the label that names externals; a name of events matches what labels make of it, too."""
        written = label_of(self.name)
        if not self.name:
            return ""
        if written == self.name:
            return matchers({label: self.name})
        return f"{label}=~{quoted(f'{re.escape(self.name)}|{written}')}"

    def includes(self, name: str) -> bool:
        """Whether an external of that name is meant."""
        return not self.name or self.name == name or label_of(self.name) == name


def scope_of(argument: str) -> Scope:
    """The scope of an argument. Raises BadArgument for what is no name, or written in another way."""
    name = unquote(argument)
    if "\x00" in name:  # which no event store can be asked for
        raise BadArgument("text without NUL")
    try:
        canonical = quote(name, safe="")
        quoted(name)
    except ValueError:
        raise BadArgument("text that is Unicode") from None
    if canonical != argument or len(name) > LONGEST_NAME:
        raise BadArgument(f"a percent-encoded name of at most {LONGEST_NAME} characters, or nothing")
    return Scope(name)


def fits(name: str) -> bool:
    """Whether the name can be an argument of a family, and stand in an address."""
    try:
        return scope_of(quote(name, safe="")).name == name
    except (BadArgument, UnicodeEncodeError):
        return False


def family(key: str, of: Callable[[str, Scope], Widget], *, examples: tuple[str, ...] = EXAMPLES) -> Family:
    """The family whose members ``of`` makes from their key and scope."""
    return Family(key, lambda argument: of(f"{key}:{argument}", scope_of(argument)), examples)


def external_address(name: str, kind: Kind) -> str:
    """The address of an external by its name in the dependency graph.

    Two of one name, or one without a name, are drawn there with their kind behind it.
    """
    return Scope(name.removesuffix(f" ({KIND_WORDS[kind]})")).href
