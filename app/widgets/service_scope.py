"""What a service's cards are about: the service, and the filters that narrow them, as one argument of a family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote, unquote

from app.access import Role
from app.sources.promql import matchers
from app.widgets.widget import BadArgument, Family, Widget

# Parameters of the address, and the labels that they narrow.
FILTERS = MappingProxyType({"instance": "instance", "endpoint": "endpoint", "error": "error_type"})
LONGEST_ARGUMENT = 1_500
LONGEST_SHOWN = 80
EXAMPLES = ("api", "workers", "node", "api?instance=api-0&endpoint=_api_v1_issues&error=timeout")


@dataclass(frozen=True)
class Scope:
    """A service by the name of its Prometheus job, and the value of each filter that is set."""

    service: str
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def argument(self) -> str:
        """The only way to write this scope: ``api?instance=api-0``, each part percent-encoded."""
        parts = [f"{name}={quote(self.filters[name], safe='')}" for name in FILTERS if self.filters.get(name)]
        return quote(self.service, safe="") + ("?" + "&".join(parts) if parts else "")

    @property
    def href(self) -> str:
        """The address of the page that shows it; empty for a name that no address carries."""
        return f"/services/{self.argument}" if fits(self) else ""

    def with_filter(self, name: str, value: str) -> Scope:
        """The same with a filter set, or without it when the value is empty."""
        return Scope(self.service, {**self.filters, name: value} if value else _without(self.filters, name))

    def where(self, *names: str, more: str = "") -> str:
        """Matchers for the job and for those of the named filters that are set; ``more`` are matchers of our own."""
        narrowed = {FILTERS[name]: self.filters[name] for name in names if self.filters.get(name)}
        return matchers({"job": self.service, **narrowed}, more=more)

    def narrowed(self, *names: str) -> bool:
        """Whether one of the named filters is set."""
        return any(self.filters.get(name) for name in names)


def fits(scope: Scope) -> bool:
    """Whether the scope can be the argument of a family, and an address."""
    try:
        return scope_of(scope.argument) == scope
    except (BadArgument, UnicodeEncodeError):
        return False


def scope_of(argument: str) -> Scope:
    """The scope of an argument. Raises BadArgument for what names no service, or writes it in another way."""
    path, _, query = argument.partition("?")
    pairs = [part.partition("=") for part in query.split("&")] if query else []
    filters = {name: unquote(value) for name, _, value in pairs}
    scope = Scope(unquote(path), filters)
    if not scope.service or len(argument) > LONGEST_ARGUMENT:
        raise BadArgument(f"a service's name and filters, at most {LONGEST_ARGUMENT} characters")
    if "\x00" in unquote(argument):  # which no event store can be asked for
        raise BadArgument("text without NUL")
    try:
        canonical = scope.argument
        scope.where(*FILTERS)
    except ValueError:
        raise BadArgument("text that is Unicode") from None
    if canonical != argument:
        raise BadArgument(f"percent-encoded names, filters only of {', '.join(FILTERS)}")
    return scope


def family(
    key: str,
    of: Callable[[str, Scope], Widget],
    *,
    examples: tuple[str, ...] = EXAMPLES,
    role: Role = Role.READONLY,
) -> Family:
    """The family whose members ``of`` makes from their key and scope."""
    return Family(key, lambda argument: of(f"{key}:{argument}", scope_of(argument)), examples, role)


def shown(text: str) -> str:
    """A label's value as a table has room for it; a word where there is none."""
    flat = " ".join(text.split())
    if not flat:
        return "not named"
    return flat if len(flat) <= LONGEST_SHOWN else flat[: LONGEST_SHOWN - 1] + "…"


def _without(filters: Mapping[str, str], name: str) -> dict[str, str]:
    return {one: value for one, value in filters.items() if one != name}
