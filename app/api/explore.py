"""/api/dashboard/explore: what there is to explore, and whether an exploration can be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import BadRequest

from app.access import Role, permits
from app.api.replies import data, failure, json_object
from app.auth.gate import declare
from app.auth.identity import visitor
from app.explore.asking import promql, title, unit
from app.explore.errors import BadExploration
from app.explore.exploration import OPEN_TOP, Exploration
from app.explore.text import parse, text
from app.patience import Patience
from app.sources.catalogue import Catalogue, Metric
from app.widgets.explore import KEY

T = TypeVar("T")
NAME = "explore"
MOST_SHOWN = 50
LONGEST_SEARCH = 200
MAX_BODY_BYTES = 128 * 1024
ROLES = {
    "metrics": Role.READONLY,
    "labels": Role.READONLY,
    "values": Role.READONLY,
    "check": Role.READONLY,
}


def blueprint(catalogue: Catalogue, patience: Patience) -> Blueprint:
    """The routes; declares them at the gate when registered."""
    routes = Blueprint(NAME, __name__, url_prefix="/api/dashboard")
    there = _There(catalogue, patience)
    routes.add_url_rule("/explore/metrics", "metrics", there.metrics)
    routes.add_url_rule("/explore/labels", "labels", there.labels)
    routes.add_url_rule("/explore/values", "values", there.values)
    routes.add_url_rule("/explore/check", "check", there.check, methods=["POST"])
    routes.register_error_handler(BadExploration, refuse)
    routes.record_once(_declare)
    return routes


def refuse(error: BadExploration) -> Response:
    """What an exploration was refused for, as a 400; its details name the field, and the label in it."""
    return failure(400, str(error), {"field": error.field, "label": error.label})


def _declare(state: BlueprintSetupState) -> None:
    for name, role in ROLES.items():
        declare(cast(Flask, state.app), f"{NAME}.{name}", role)


@dataclass(frozen=True)
class _There:
    """What Prometheus has."""

    catalogue: Catalogue
    patience: Patience

    def metrics(self) -> Response:
        """Metrics whose name or help holds all words of ``search``; names that begin with it come first."""
        words = _search().lower().split()
        every = self._ask(lambda wait_s: self.catalogue.metrics(wait_s=wait_s))
        found = [one for one in every if all(word in f"{one.name} {one.help}".lower() for word in words)]
        # A recorded series is what a metric was made into: the metric itself is asked for more often.
        found.sort(key=lambda one: (":" in one.name, *_rank(one.name.lower(), words)))
        return data({"metrics": [_metric(one) for one in found[:MOST_SHOWN]], "total": len(found)})

    def labels(self) -> Response:
        """The labels of ``metric``."""
        metric = _argument("metric")
        found = self._ask(lambda wait_s: self.catalogue.labels(metric, wait_s=wait_s))
        return self._unknown(metric) if found is None else data({"labels": found})

    def values(self) -> Response:
        """The values of a metric's ``label`` that hold ``search``."""
        metric, label, wanted = _argument("metric"), _argument("label"), _search().lower()
        known = self._ask(lambda wait_s: self.catalogue.values(metric, label, wait_s=wait_s))
        if not known.items:
            return self._unknown(metric, label)
        found = [one for one in known.items if wanted in one.lower()]
        # Beyond the catalogue's limit values are counted but not known, so a search may miss some.
        total = len(found) if wanted else known.total
        return data({"values": found[:MOST_SHOWN], "total": total, "complete": known.total == len(known.items)})

    def check(self) -> Response:
        """Whether an exploration can be asked of what there is; its canonical text, query, unit and role."""
        one = parse(text_of("text", body()))
        if not permits(visitor().role, one.role):
            return _forbidden(one)
        if not one.promql:
            self._check_there(one)
        self._check_sayable(one)
        return data({**about(one), "promql": promql(one), "unit": unit(one).value})

    def _check_there(self, one: Exploration) -> None:
        """Raises BadExploration for a metric or label that does not exist."""
        labels = self._ask(lambda wait_s: self.catalogue.labels(one.metric, wait_s=wait_s))
        if labels is None:
            raise BadExploration(f"Prometheus has no metric {one.metric}.", field="metric")
        named = [("where", each.label) for each in one.filters] + [("by", label) for label in one.by]
        for field, label in named:
            if label not in labels:
                words = f"{one.metric} has no label {label}; it has: {', '.join(labels) or 'none'}."
                raise BadExploration(words, field=field, label=label)

    def _check_sayable(self, one: Exploration) -> None:
        """Raises BadExploration for what Prometheus refuses: of a query that we built that can only be a pattern."""
        if not (one.promql or any(each.operator.regex for each in one.filters)):
            return
        with self.patience.waiting(self.catalogue.wait_s) as allowed_s:
            refused = self.catalogue.refusal(promql(one), wait_s=allowed_s)
        if refused:
            patterns = {each.label for each in one.filters if each.operator.regex}
            label = patterns.pop() if len(patterns) == 1 else ""
            raise BadExploration(f"Prometheus {refused}", field="promql" if one.promql else "where", label=label)

    def _unknown(self, metric: str, label: str = "") -> Response:
        what = f"label {label[:60]!r} of {metric[:60]!r}" if label else f"metric {metric[:60]!r}"
        return failure(404, f"Prometheus has no {what}.")

    def _ask(self, ask: Callable[[float], T]) -> T:
        """The catalogue's answer within the time that a request may wait. Raises SourceError."""
        with self.patience.waiting(self.catalogue.wait_s) as allowed_s:
            return ask(allowed_s)


def _forbidden(one: Exploration) -> Response:
    field, what = ("promql", "Raw PromQL needs") if one.promql else ("top", f"More than {OPEN_TOP} series need")
    return failure(403, f"{what} the role {one.role.word} or above.", {"field": field, "label": ""})


def _rank(name: str, words: list[str]) -> tuple[bool, str]:
    return (not (words and name.startswith(words[0])), name)


def _metric(one: Metric) -> dict[str, Any]:
    """A metric with the unit of its chart as it would be drawn at first."""
    return {
        "name": one.name,
        "type": one.kind.value,
        "help": one.help,
        "unit": unit(Exploration(metric=one.name, kind=one.kind)).value,
    }


def about(one: Exploration) -> dict[str, Any]:
    """An exploration as JSON: its text, the key of its widget, what it is called and who may see it."""
    written = text(one)
    return {"text": written, "widget": f"{KEY}:{written}", "title": title(one), "role": one.role.word}


def _search() -> str:
    return request.args.get("search", "")[:LONGEST_SEARCH]


def _argument(name: str) -> str:
    value = request.args.get(name, "")
    if not value:
        raise BadRequest(f"{name} is needed.")
    return value


def body() -> dict[str, Any]:
    """The request's JSON object. Raises what becomes 400, 413 or 415."""
    request.max_content_length = MAX_BODY_BYTES
    return json_object()


def text_of(name: str, given: dict[str, Any]) -> str:
    """A field that must be text. Raises what becomes 400."""
    value = given.get(name)
    if not isinstance(value, str):
        raise BadRequest(f"Send {name} as text.")
    return value
