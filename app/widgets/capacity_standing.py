"""How each resource stands: what is used now, its outlook, and how bad that is."""

from __future__ import annotations

from dataclasses import dataclass

from app.figures.units import Unit, number_text
from app.health.capacity import Outlook, Verdict, outlook
from app.health.local_time import DAY_S
from app.health.phrases import percent_text
from app.health.status import Status
from app.sources.results import Matrix
from app.widgets.capacity_subjects import Subject
from app.widgets.resources import FULL
from app.widgets.widget import Given

# An expected date within so many days wants attention now, or soon.
NOW_DAYS, SOON_DAYS = 7, 30
PRESSING = (Status.UNHEALTHY, Status.DEGRADED)
NO_PAST = "no history yet"


@dataclass(frozen=True)
class Standing:
    """A resource at the end of the range: ``used`` and ``limit`` in its unit, None where unknown.

    ``outlook`` is None while there is no history at all.
    """

    subject: Subject
    used: float | None
    limit: float | None
    outlook: Outlook | None
    now: float

    @property
    def share(self) -> float | None:
        """The part of the limit that is used."""
        return self.used / self.limit if self.limit and self.used is not None else None

    @property
    def full(self) -> float | None:
        """When it is expected to be full, in epoch seconds; None when it is not, or not within the horizon."""
        found = self.outlook.exhaustion if self.outlook else None
        return found.expected if found else None

    @property
    def at_limit(self) -> bool:
        """Whether it is at its limit, or was within the last day; never where the limit only caps what runs at once."""
        if self.subject.caps:
            return False
        reached = self.outlook is not None and self.outlook.verdict is Verdict.AT_LIMIT
        return reached or (self.share is not None and self.share >= 1)

    @property
    def status(self) -> Status:
        """Unhealthy at its limit or within a week of it, degraded when nearly full or within a month of it."""
        share = None if self.subject.caps else self.share
        days = None if self.full is None else (self.full - self.now) / DAY_S
        if self.at_limit or (days is not None and days <= NOW_DAYS):
            return Status.UNHEALTHY
        if (share is not None and share > FULL) or (days is not None and days <= SOON_DAYS):
            return Status.DEGRADED
        foretold = self.outlook is not None and self.outlook.verdict is not Verdict.NOT_ENOUGH_HISTORY
        return Status.HEALTHY if foretold and self.limit is not None else Status.UNKNOWN

    @property
    def words(self) -> str:
        """The verdict for people; what is used now counts for more than the trend of whole days."""
        said = self.outlook.words if self.outlook else NO_PAST
        share = self.share
        if share is None or share <= FULL or (self.outlook and self.outlook.verdict is Verdict.AT_LIMIT):
            return said
        return f"{'at its limit' if share >= 1 else 'nearly full'} now; {said}"

    @property
    def rank(self) -> tuple[float, float, float]:
        """What is pressing first, the worst of it; then by the date, then by what is used of the limit."""
        pressing = self.status.severity if self.status in PRESSING else 0
        date = self.now if self.at_limit else float("inf") if self.full is None else self.full
        return (-pressing, date, -(self.share or 0.0))


def standing(given: Given, subject: Subject) -> Standing:
    """How a resource stands, from the answers to its questions."""
    used = given.vector(f"{subject.name} now").scalar()
    limit = limit_of(given, subject)
    matrix = given.matrix(f"{subject.name} past")
    found = None
    if not matrix.empty:
        found = outlook(matrix.times, values_of(matrix), limit=limit, zone=given.window.zone)
    return Standing(subject, used, limit, found, given.now)


def limit_of(given: Given, subject: Subject) -> float | None:
    """What the resource may reach, in its unit."""
    if subject.limit_now:
        return given.vector(f"{subject.name} limit").scalar()
    return subject.limit(given.config)


def values_of(matrix: Matrix) -> tuple[float | None, ...]:
    """The only series of an answer; unknown throughout where there is none."""
    return matrix.series[0].values if matrix.series else (None,) * len(matrix.times)


def amount(value: float | None, unit: Unit) -> str:
    """A value with its unit; shares are cut as everywhere, small counts have a digit where they are means."""
    if unit is Unit.SHARE:
        return percent_text(value, 1)
    if unit is Unit.COUNT and value is not None and abs(value) < 10 and value != round(value):
        return f"{value:.1f}"
    return "".join(number_text(value, unit))


def growth_text(standing: Standing) -> str:
    """Units a day with their interval, ``+12 MiB (8 to 16)``; a dash where there is no trend."""
    line = standing.outlook.line if standing.outlook else None
    if line is None:
        return "–"
    unit, slope = standing.subject.unit, line.slope
    return f"{_signed(slope.per_x, unit)} ({_signed(slope.low, unit)} to {_signed(slope.high, unit)})"


def _signed(value: float, unit: Unit) -> str:
    text = f"{abs(value):.2f}" if unit is Unit.COUNT else "".join(number_text(abs(value), unit))
    zero = not any(digit in text for digit in "123456789")
    return text if zero else f"{'+' if value > 0 else '−'}{text}"
