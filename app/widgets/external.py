"""AI providers and Git platforms as they are: whether all are fine, the table of them, and a short one for homes."""

from __future__ import annotations

from app.figures.units import Unit, number_text
from app.health.external import External, limit_words, worst_first
from app.health.status import ERROR_SHARE_LIMIT, Status
from app.health.topology import EXTERNAL_KINDS, KIND_WORDS, Kind
from app.widgets.content import Badge, Cell, Column, Grid, Number, Table
from app.widgets.external_measured import METRICS, NEEDED, NOW, externals
from app.widgets.external_scope import PAGE, Scope, family
from app.widgets.service_scope import shown
from app.widgets.widget import Given, Widget

MOST_ROWS, MOST_BRIEF = 20, 6
NO_SUCH = "No external service of that name"
_PLURAL = {Kind.AI_PROVIDER: "AI providers", Kind.GIT_PLATFORM: "Git platforms"}
_SAYS = (
    "Degraded above 5 % of failed calls (three at least), when calls are refused, when p95 over half an hour is above "
    "its usual, or when a provider takes over 20 s on average over 15 minutes; unhealthy above half of the calls "
    "failing. Calls that do not say how they ended have no success."
)


def chosen(given: Given, scope: Scope) -> tuple[External, ...]:
    """The externals that the scope means, the worst first."""
    return worst_first(one for one in externals(given) if scope.includes(one.name))


def _draw_worst(given: Given, scope: Scope) -> Badge | Grid:
    found = chosen(given, scope)
    if not found:
        return _no_such(given)
    status, reason = overall(found)
    more = f"/architecture?about={scope.argument}" if scope.name else Scope(found[0].name).href
    return Badge(status, reason, more, _facts(found))


def overall(found: tuple[External, ...]) -> tuple[Status, str]:
    """The status of externals together, the worst first in ``found``, with a reason that names it."""
    bad = [one for one in found if one.fails]
    well = sum(one.status is Status.HEALTHY for one in found)
    if bad:
        more = f" ({len(bad) - 1} more not fine)" if len(bad) > 1 else ""
        return bad[0].status, f"{shown(bad[0].name)}: {bad[0].reason}{more}"
    if not well:
        return Status.UNKNOWN, f"{shown(found[0].name)}: {found[0].reason}"
    rest = f", {len(found) - well} not known" if well < len(found) else ""
    return Status.HEALTHY, f"{well} of {len(found)} healthy{rest}" if rest else _all_fine(found)


def _all_fine(found: tuple[External, ...]) -> str:
    return f"all {len(found)} answer" if len(found) > 1 else f"{shown(found[0].name)} answers"


def _facts(found: tuple[External, ...]) -> tuple[Number, ...]:
    kinds = [kind for kind in EXTERNAL_KINDS if any(one.kind is kind for one in found)]
    counts = [[one for one in found if one.kind is kind] for kind in kinds]
    healthy = tuple(
        Number(_PLURAL[kind], f"{sum(one.status is Status.HEALTHY for one in some)} of {len(some)}", note="healthy")
        for kind, some in zip(kinds, counts, strict=True)
    )
    refused = [one.measured.refused for one in found if one.measured.refused is not None]
    rates = [one.measured.rate for one in found if one.measured.rate is not None]
    return (
        *healthy,
        Number("Calls", *number_text(60 * sum(rates) if rates else None, Unit.PER_MINUTE)),
        Number(
            "Refused",
            *number_text(sum(refused) if refused else None, Unit.COUNT),
            note="in five minutes" if refused else "not measured",
            alarming=any(one.measured.limited for one in found),
        ),
    )


def _no_such(given: Given) -> Grid:
    """What there is instead; assets/external.css hides the cards that would have nothing to show."""
    every = worst_first(externals(given))
    rows = tuple((Cell(shown(one.name), href=Scope(one.name).href, note=KIND_WORDS[one.kind]),) for one in every)
    return Grid((f"{NO_SUCH}. There are:",), rows[:MOST_ROWS])


def _worst(key: str, scope: Scope) -> Widget:
    return Widget(
        key=key,
        title="External services" if not scope.name else f"Status of {shown(scope.name)[:40]}",
        help=f"The worst of them with its reason, over five minutes at the end of the range. {_SAYS}",
        source="Prometheus, event store",
        questions=NOW,
        draw=lambda given: _draw_worst(given, scope),
        table=lambda given: _table(given, scope),
        metrics=METRICS,
        needed=NEEDED,
        columns=12,
        href="/architecture",
    )


_COLUMNS = ("Name", "Status", "Success", "Calls", "p95", "Rate limit", "Last failure")


def _draw_now(given: Given, scope: Scope) -> Grid:
    found = chosen(given, scope)
    rows = tuple(_cells(one) for one in found[:MOST_ROWS])
    cut = f"{len(rows)} of {len(found)} shown, the worst first." if len(rows) < len(found) else ""
    return Grid(_COLUMNS, rows, cut or ("" if rows else f"{NO_SUCH}."))


def _cells(one: External) -> tuple[Cell, ...]:
    measured, page = one.measured, Scope(one.name).href
    rate = None if measured.rate is None else 60 * measured.rate
    usual = f"usual up to {_text(measured.slow.usual_s, Unit.SECONDS)}" if measured.slow else ""
    return (
        Cell(shown(one.name), href=page, note=KIND_WORDS[one.kind]),
        Cell("", status=one.status, note=one.reason),
        _success(one),
        Cell(_text(rate, Unit.PER_MINUTE), numeric=True),
        Cell(_text(measured.p95_s, Unit.SECONDS), numeric=True, note=usual),
        Cell(limit_words(measured) or "–", status=Status.DEGRADED if measured.limited else None),
        _last_failure(one),
    )


def _success(one: External) -> Cell:
    failed = one.measured.failed
    if failed is None:
        return Cell("–", numeric=True)
    bad = Status.DEGRADED if failed > ERROR_SHARE_LIMIT and one.fails else None
    return Cell(_text(1 - failed, Unit.SHARE), numeric=True, status=bad)


def _last_failure(one: External) -> Cell:
    if one.measured.failure_at is not None:
        return Cell("", moment=one.measured.failure_at)
    return Cell("none in 24 h" if one.measured.failed is not None else "–")


def _text(value: float | None, unit: Unit) -> str:
    return "".join(number_text(value, unit))


def _table(given: Given, scope: Scope) -> Table:
    columns = (
        *(Column("name"), Column("kind"), Column("status"), Column("reason")),
        *(Column("success", Unit.SHARE), Column("calls", Unit.PER_SECOND), Column("p95", Unit.SECONDS)),
        Column("mean of 15 min", Unit.SECONDS),
        *(Column("usual p95 up to", Unit.SECONDS), Column("refused", Unit.COUNT), Column("resets in", Unit.SECONDS)),
        *(Column("last failure", Unit.SECONDS), Column("since a success", Unit.SECONDS)),
    )
    return Table(columns, tuple(_values(one) for one in chosen(given, scope)))


def _values(one: External) -> tuple[str | float | None, ...]:
    measured = one.measured
    return (
        *(one.name, one.kind.value, one.status.value, one.reason),
        None if measured.failed is None else 1 - measured.failed,
        *(measured.rate, measured.p95_s, measured.mean_s, measured.slow.usual_s if measured.slow else None),
        *(measured.refused, measured.reset_s, measured.failure_at, measured.success_ago_s),
    )


def _now(key: str, scope: Scope) -> Widget:
    return Widget(
        key=key,
        title="AI providers and Git platforms",
        help="Success, calls and p95 over five minutes at the end of the range, the worst first. Rate limits as "
        "callers count refusals, and as they are told when limits reset. The last failure is looked for in the "
        f"counters of the last day and the events of the range. {_SAYS} Circuit breakers are not measured.",
        source="Prometheus, event store",
        questions=NOW,
        draw=lambda given: _draw_now(given, scope),
        table=lambda given: _table(given, scope),
        metrics=METRICS,
        needed=NEEDED,
        columns=12,
    )


def _draw_summary(given: Given) -> Grid:
    found = chosen(given, Scope())
    rows = tuple(_brief(one) for one in found[:MOST_BRIEF])
    cut = f"{len(rows)} of {len(found)} shown, the worst first." if len(rows) < len(found) else ""
    return Grid(("Name", "Status", "Success", "p95"), rows, cut)


def _brief(one: External) -> tuple[Cell, ...]:
    name, status, success, _, p95, *_ = _cells(one)
    return name, status, success, p95


SUMMARY = Widget(
    key="external.summary",
    title="External services",
    help=f"AI providers and Git platforms, the worst first, over five minutes at the end of the range. {_SAYS}",
    source="Prometheus, event store",
    questions=NOW,
    draw=_draw_summary,
    table=lambda given: _table(given, Scope()),
    metrics=METRICS,
    needed=NEEDED,
    columns=6,
    href=PAGE,
)

WIDGETS = (SUMMARY,)
FAMILIES = (family("external.worst", _worst), family("external.now", _now))
