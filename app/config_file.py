"""Reading a YAML file that people write, and saying what is wrong in it in their words."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

LARGEST_BYTES = 256 * 1024
LONGEST_SHOWN = 60
Place = tuple[str | int, ...]


class _Short(reprlib.Repr):
    """Values as Python writes them, cut to what fits a line."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxdict, self.maxlist = 2, 4, 4
        self.maxstring = self.maxother = self.maxlong = LONGEST_SHOWN


def shown(value: object) -> str:
    """A wrong value in a finding, cut to what fits a line."""
    try:
        return _Short().repr(value)
    except ValueError:  # a number with more digits than Python is willing to write
        return "a number of thousands of digits"


class Finding(ValueError):
    """A rule between several keys is broken; ``place`` says where below the part that raises it, ``value`` what is."""

    def __init__(self, place: Place, value: object) -> None:
        super().__init__(place, value)
        self.place = place
        self.value = value


class _Loader(yaml.SafeLoader):
    """Safe YAML without what a configuration has no use for: aliases, which can grow, and keys given twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {shown(key.value)} is there twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> object:
    """What the file holds; an empty one is an empty mapping. Raises ValueError saying what is wrong and where."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"the file cannot be read ({error.strerror}); allowed: a readable file") from error
    if len(raw) > LARGEST_BYTES:
        raise ValueError(f"the file is too large; allowed: {LARGEST_BYTES // 1024} KiB")
    try:
        value = yaml.load(raw.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError:
        raise ValueError("the file is no text; allowed: UTF-8") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{_position(error)}; allowed: YAML without aliases, each key once") from None
    except RecursionError:
        raise ValueError("the file is nested too deeply; allowed: YAML as documented") from None
    except ValueError as error:  # a date or number that looks like one and is none
        raise ValueError(f"a value cannot be read ({shown(str(error))}); allowed: YAML as documented") from None
    return {} if value is None else value


def _position(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or "unreadable characters"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else str(problem)


def findings_of(error: ValidationError, root: type[BaseModel]) -> tuple[str, ...]:
    """A sentence for each thing wrong: where, what is there, and what is allowed there."""
    return tuple(dict.fromkeys(_sentence(one, root) for one in error.errors(include_url=False)))


def _sentence(error: ErrorDetails, root: type[BaseModel]) -> str:
    place, value = error["loc"], error["input"]
    broken = error.get("ctx", {}).get("error")
    if isinstance(broken, Finding):
        place, value = (*place, *broken.place), broken.value
    model, allowed = _declared(place, root)
    if error["type"] == "extra_forbidden":
        allowed = f"the keys {', '.join(model.model_fields)}"
        return f"{_path(place)}: there is no such key; allowed: {allowed}"
    if error["type"] == "missing" or (broken is not None and value is None):
        return f"{_path(place)}: missing; allowed: {allowed}"
    return f"{_path(place)}: {shown(value)} is not allowed; allowed: {allowed}"


def _declared(place: Place, root: type[BaseModel]) -> tuple[type[BaseModel], str]:
    """The model that holds the last key of a place, and what is allowed there as its field says."""
    model, allowed, inner = root, f"a mapping with {', '.join(root.model_fields)}", root
    for key in place:
        if isinstance(key, int):
            allowed = f"a mapping with {', '.join(inner.model_fields)}"
        elif key in inner.model_fields:
            model, field = inner, inner.model_fields[key]
            allowed, inner = field.description or "", _model_in(field.annotation) or inner
        else:
            model = inner
    return model, allowed


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model of a field, of the items of a list of models too."""
    candidates: Iterable[Any] = (annotation, *get_args(annotation))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _path(place: Place) -> str:
    """``service_levels[0].target``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key[:LONGEST_SHOWN]}" for key in place)
    return text.removeprefix(".") or "the file"
