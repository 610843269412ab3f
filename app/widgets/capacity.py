"""Which resources will run full and when: the worst in a word, all of them ranked, and the trend of each."""

from __future__ import annotations

from app.figures.moments import iso
from app.figures.trend import Course, Foretold, trend_chart
from app.figures.units import limit_text
from app.health.capacity import Outlook
from app.health.local_time import DAY_S
from app.health.phrases import percent_text
from app.health.status import Status
from app.widgets.capacity_standing import PRESSING, Standing, amount, growth_text, limit_of, standing, values_of
from app.widgets.capacity_subjects import DAYS, SUBJECTS, Subject
from app.widgets.content import Badge, Cell, Chart, Column, Grid, Number, Table
from app.widgets.widget import Given, Widget

# A chart looks a month ahead, and further where the resource is full before three months are over.
AHEAD_DAYS, FURTHEST_DAYS = 30, 90
CONFIDENCE = 0.8
_ALL = {name: question for subject in SUBJECTS for name, question in subject.questions().items()}
_NOW = frozenset(f"{subject.name} now" for subject in SUBJECTS)
_METRICS = tuple(dict.fromkeys(subject.metric for subject in SUBJECTS))


def link(subject: Subject) -> str:
    """Where its chart is."""
    return f"/capacity#card-{subject.key.replace('.', '-')}"


def standings(given: Given) -> list[Standing]:
    """Every resource that is measured, the worst first."""
    found = [standing(given, subject) for subject in SUBJECTS]
    return sorted((one for one in found if one.used is not None or one.outlook), key=lambda one: one.rank)


def _draw_verdict(given: Given) -> Badge:
    every = standings(given)
    status, reason, href = _verdict(every)
    return Badge(status, reason, href, _facts(every))


def _verdict(every: list[Standing]) -> tuple[Status, str, str]:
    """The worst in words, and where it is shown."""
    if every and every[0].status in PRESSING:
        return every[0].status, f"{every[0].subject.words}: {every[0].words}", link(every[0].subject)
    ranking = "/capacity#card-capacity-ranking"
    if any(one.status is Status.HEALTHY for one in every):
        return Status.HEALTHY, "nothing is expected to run full within a month", ranking
    return Status.UNKNOWN, "nothing can be foretold yet", ranking


def _facts(every: list[Standing]) -> tuple[Number, ...]:
    pressing = sum(one.status in PRESSING for one in every)
    unknown = sum(one.status is Status.UNKNOWN for one in every)
    missing = len(SUBJECTS) - len(every)
    fullest = max((one for one in every if one.share is not None), key=lambda one: one.share or 0.0, default=None)
    facts = [Number("Need attention", str(pressing), note=f"of {len(every)} measured")]
    if unknown:
        facts.append(Number("Not foretold", str(unknown), note="no limit or too little history"))
    if fullest is not None:
        facts.append(Number("Fullest now", percent_text(fullest.share, 1), note=fullest.subject.words))
    if missing:
        facts.append(Number("Not measured", str(missing), note="named below the table"))
    return tuple(facts)


def _draw_ranking(given: Given) -> Grid:
    every = standings(given)
    missing = [subject.words for subject in SUBJECTS if subject not in {one.subject for one in every}]
    remark = f"Not measured: {', '.join(missing)}." if missing else ""
    return Grid(
        ("Resource", "Outlook", "Now", "Limit", "Used", "Head room", "Growth a day"),
        tuple(_cells(one) for one in every),
        remark,
    )


def _cells(one: Standing) -> tuple[Cell, ...]:
    unit = one.subject.unit
    room = None if one.limit is None or one.used is None else one.limit - one.used
    return (
        Cell(one.subject.words, href=link(one.subject)),
        Cell(one.words, status=one.status),
        Cell(amount(one.used, unit), numeric=True),
        Cell("none known" if one.limit is None else limit_text(one.limit, unit), numeric=True),
        Cell(percent_text(one.share, 1), numeric=True),
        Cell("none" if room is not None and room <= 0 else amount(room, unit), numeric=True),
        Cell(growth_text(one), numeric=True),
    )


_RANKED = ("now", "limit", "growth a day", "growth from", "growth to")
_DATES = ("full at the earliest", "full expected", "full at the latest")


def _ranking_table(given: Given) -> Table:
    """Values in the unit that the row names: bytes, a share, a count."""
    head = (Column("resource"), Column("unit"), *(Column(name) for name in (*_RANKED, *_DATES, "verdict")))
    return Table(head, tuple(_ranked(one) for one in standings(given)))


def _ranked(one: Standing) -> tuple[str | float | None, ...]:
    line = one.outlook.line if one.outlook else None
    found = one.outlook.exhaustion if one.outlook else None
    growth = (line.slope.per_x, line.slope.low, line.slope.high) if line else (None,) * 3
    dates = (found.earliest, found.expected, found.latest) if found else (None,) * 3
    written = tuple(None if date is None else iso(date) for date in dates)
    return (one.subject.words, one.subject.unit.value, one.used, one.limit, *growth, *written, one.words)


_HOW = (
    f"The trend is that of each day's high of the hourly means of the last {DAYS} days, whatever the page's range; "
    "dates have an interval of 80 %."
)

VERDICT = Widget(
    key="capacity.verdict",
    title="Will anything run full?",
    help="Unhealthy: at its limit, or expected there within 7 days. Degraded: over 90 % used, or expected at its limit "
    f"within 30 days. To have all workflows at once under way is neither: the next one waits. {_HOW}",
    source="Prometheus",
    questions=_ALL,
    draw=_draw_verdict,
    table=_ranking_table,
    metrics=_METRICS,
    needed=_NOW,
    columns=12,
    zoned=True,
)

RANKING = Widget(
    key="capacity.ranking",
    title="Resources, the most pressing first",
    help=f"What is used now against its limit, the growth of a day with its interval of 95 %, and the outlook. {_HOW}",
    source="Prometheus",
    questions=_ALL,
    draw=_draw_ranking,
    table=_ranking_table,
    metrics=_METRICS,
    needed=_NOW,
    columns=12,
    zoned=True,
)


def _trend(subject: Subject) -> Widget:
    def draw(given: Given) -> Chart:
        return _chart(given, subject)

    def table(given: Given) -> Table:
        return _trend_table(given, subject)

    return Widget(
        key=subject.key,
        title=subject.words,
        help=f"{subject.help} Hourly means, the trend of the daily highs, and where the high of a day lies with a "
        f"probability of 80 %. The time axis is its own: {DAYS} days back, and at least {AHEAD_DAYS} days ahead.",
        source="Prometheus",
        questions=subject.questions(),
        draw=draw,
        table=table,
        chart=True,
        metrics=(subject.metric,),
        needed=frozenset({f"{subject.name} past"}),
        zoned=True,
        href=subject.href,
    )


def _chart(given: Given, subject: Subject) -> Chart:
    one, past = standing(given, subject), _past(given, subject)
    foretold, end = foretell(one, past.end)
    limit = limit_of(given, subject)
    figure = trend_chart(
        past,
        foretold,
        revision=subject.key,
        unit=subject.unit,
        limits={} if limit is None else {f"{subject.limit_word} {limit_text(limit, subject.unit)}": limit},
        end=end,
    )
    return Chart(figure, remarks=(_sentence(one),))


def _sentence(one: Standing) -> str:
    cleaned = one.outlook.cleaned if one.outlook else 0
    often = f", cleaned up {'once' if cleaned == 1 else f'{cleaned} times'}" if cleaned else ""
    return f"{one.words[:1].upper()}{one.words[1:]}{often}; growth a day {growth_text(one)}."


def _past(given: Given, subject: Subject) -> Course:
    matrix = given.matrix(f"{subject.name} past")
    return Course(matrix.times[0], matrix.times[1] - matrix.times[0], values_of(matrix))


def foretell(one: Standing, end: int) -> tuple[Foretold | None, int]:
    """The trend from its beginning into the future, day by day, and where the chart ends (epoch seconds)."""
    ahead = AHEAD_DAYS
    if one.full is not None and one.full > end:
        needed = int((one.full - end) / DAY_S * 1.1) + 1
        ahead = max(AHEAD_DAYS, needed) if needed <= FURTHEST_DAYS else AHEAD_DAYS
    last = end + ahead * DAY_S
    line = one.outlook.line if one.outlook else None
    if line is None or one.outlook is None:
        return None, last
    start = last - int((last - line.since) // DAY_S) * DAY_S
    moments = range(start, last + 1, DAY_S)
    low, high = line.band(moments, CONFIDENCE)
    curves = [
        Course(start, DAY_S, tuple(max(0.0, float(value)) for value in values))
        for values in (line.at(moments), low, high)
    ]
    return Foretold(curves[0], curves[1], curves[2], one.full, _date_words(one.outlook)), last


def _date_words(found: Outlook) -> str:
    """The expected date of the verdict, without its interval."""
    return found.words.partition(" (")[0] if found.exhaustion and found.exhaustion.expected else ""


def _trend_table(given: Given, subject: Subject) -> Table:
    """The hourly past, then the days to come."""
    one, past = standing(given, subject), _past(given, subject)
    foretold, _ = foretell(one, past.end)
    columns = ("used", "trend", "likely from", "likely to")
    rows: list[tuple[str | float | None, ...]] = [
        (iso(past.start + at * past.step), value, None, None, None) for at, value in enumerate(past.values)
    ]
    if foretold is not None:
        trend = foretold.trend
        days = zip(trend.values, foretold.low.values, foretold.high.values, strict=True)
        rows += [
            (iso(trend.start + at * trend.step), None, *values)
            for at, values in enumerate(days)
            if trend.start + at * trend.step > past.end
        ]
    return Table((Column("time"), *(Column(name, subject.unit) for name in columns)), tuple(rows))


WIDGETS = (VERDICT, RANKING, *(_trend(subject) for subject in SUBJECTS))
