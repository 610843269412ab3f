"""Refreshes a second: the product's tick, the textbook page and the bare route in turns on the same two workers."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

from tests.bench.ground import CHARTS, ENDPOINT, Ground, Reference, pulse_of, tick_body, wait_for_phase
from tests.bench.load import Plan, Seen, drive
from tests.bench.results import Row
from tests.bench.textbook import OUTPUT
from tests.bench.usage import Family

CONNECTIONS = 8
WARM_S = 0.3


class Arm:
    """One thing that is measured, round after round."""

    def __init__(self, name: str, port: int, family: Family, viewers: list[tuple[str, list[str]]]) -> None:
        self.name, self.port, self.family, self.viewers = name, port, family, viewers
        self.rounds: list[Seen] = []
        self.cpu_ms: list[float] = []

    def run(self, seconds: float) -> None:
        """One round."""
        before = self.family.cpu_s()
        seen = drive(Plan(self.port, 0.0, WARM_S, seconds, self.viewers))
        assert not seen.failed, f"{self.name}: errors {seen.errors}"
        assert seen.answers > CONNECTIONS, f"{self.name}: {seen.answers} answers in {seconds} s; is the machine free?"
        self.rounds.append(seen)
        # The warm time's requests are not counted, their processor time is: scaled by the whole round.
        share = seconds / (seconds + WARM_S)
        self.cpu_ms.append((self.family.cpu_s() - before) * share * 1_000 / seen.answers)

    @property
    def per_s(self) -> float:
        """Requests a second, the median of the rounds."""
        return median(seen.per_s for seen in self.rounds)

    @property
    def details(self) -> dict[str, Any]:
        """For the JSON."""
        return {
            "requests_per_s": [round(seen.per_s, 1) for seen in self.rounds],
            "server_cpu_ms_per_request": [round(value, 3) for value in self.cpu_ms],
            "p50_ms": round(median(seen.percentile(0.5) for seen in self.rounds), 2),
            "bytes_per_reply": self.rounds[-1].received // self.rounds[-1].answers,
        }


def replies(ground: Ground) -> dict[str, bytes]:
    """Bodies of a full and of an unchanged tick as the product sends them."""
    wait_for_phase(1, 12)
    session = ground.sessions[0]
    full = ground.tick(session)
    unchanged = ground.tick(session, pulse=pulse_of(ground.told(full)))
    return {"full": full.raw_body, "unchanged": unchanged.raw_body}  # type: ignore[attr-defined]


def rows(ground: Ground, textbook: Reference, bare: Reference, *, rounds: int, seconds: float) -> list[Row]:
    """The rows of cached refreshes, and of the tick alone."""
    sessions = ground.sessions[:CONNECTIONS]
    body = tick_body(ground.keys)
    full = Arm("full", ground.port, ground.web, [(ground.head(one), [body]) for one in sessions])
    book = Arm("textbook", textbook.port, Family(textbook.process.pid), _textbook_viewers(ground))
    bare_family = Family(bare.process.pid)
    bare_full = Arm("bare full", bare.port, bare_family, _bare_viewers(ground, "full", body))
    unchanged = Arm("unchanged", ground.port, ground.web, [])
    bare_unchanged = Arm("bare unchanged", bare.port, bare_family, _bare_viewers(ground, "unchanged", body))
    for _ in range(rounds):
        for arm in (bare_full, full, book, unchanged, bare_unchanged):
            if arm is unchanged:
                # Pictures change every fifteen seconds: a round must lie between two changes.
                wait_for_phase(1.0, 13.0 - seconds)
                pulse = pulse_of(ground.told(ground.tick(sessions[0])))
                known = body.replace("PULSE", json.dumps(pulse))
                arm.viewers = [(ground.head(one), [known]) for one in sessions]
            arm.run(seconds)
    return [
        _against_textbook(ground, full, book),
        _against_bare("against a bare route, all pictures", full, bare_full),
        _against_bare("against a bare route, unchanged", unchanged, bare_unchanged),
        _unchanged_against_textbook(ground, unchanged, book),
    ]


def server_time(ground: Ground, *, seconds: float) -> list[Row]:
    """A tick from the cache for one viewer alone: from the request's first byte to the reply's last."""
    session = ground.sessions[0]
    wait_for_phase(1.0, 13.0 - seconds)
    pulse = pulse_of(ground.told(ground.tick(session)))
    found = []
    for name, told in (("all pictures", "null"), ("unchanged", json.dumps(pulse))):
        viewers = [(ground.head(session), [tick_body(ground.keys).replace("PULSE", told)])]
        before = ground.web.cpu_s()
        seen = drive(Plan(ground.port, 0.0, 0.1, seconds / 2, viewers))
        cpu_ms = (ground.web.cpu_s() - before) * 1_000 / max(1, seen.answers)
        p50, p95 = seen.percentile(0.5), seen.percentile(0.95)
        details = {"p50_ms": p50, "p95_ms": p95, "cpu_ms": cpu_ms, "ticks": seen.answers}
        found += [Row(f"cached tick server time, {name}: p50", p50, "ms", details=details)]
        found += [Row(f"cached tick server time, {name}: p95", p95, "ms")]
    return found


def _textbook_viewers(ground: Ground) -> list[tuple[str, list[str]]]:
    """Browsers on the textbook page: each asks for its charts one by one, over and over."""
    head = ground.head(ground.sessions[0])
    return [(head, [_textbook_body(number) for number in range(CHARTS)]) for _ in range(CONNECTIONS)]


def _textbook_body(number: int) -> str:
    output = OUTPUT.format(number)
    name, prop = output.split(".")
    body = {
        "output": output,
        "outputs": {"id": name, "property": prop},
        "inputs": [{"id": "interval", "property": "n_intervals", "value": 7}],
        "changedPropIds": ["interval.n_intervals"],
        "parsedChangedPropsIds": ["interval.n_intervals"],
    }
    return json.dumps(body, separators=(",", ":"))


def _bare_viewers(ground: Ground, name: str, body: str) -> list[tuple[str, list[str]]]:
    return [(ground.head(one).replace(ENDPOINT, f"/{name}", 1), [body]) for one in ground.sessions[:CONNECTIONS]]


def _against_textbook(ground: Ground, full: Arm, book: Arm) -> Row:
    charts = len(ground.charts)
    figures = full.per_s * charts
    ratio = median(ours.per_s * charts / theirs.per_s for ours, theirs in zip(full.rounds, book.rounds, strict=True))
    return Row(
        f"cached refresh, all pictures ({charts} charts + {CHARTS - charts} cards)",
        figures,
        "figures/s",
        ">= 40 x textbook",
        ratio >= 40,
        book.per_s,
        "textbook",
        ratio,
        {
            "keys": ground.keys,
            "figures_per_tick": charts,
            "ours": full.details,
            "textbook": book.details,
            "ratio_by_server_cpu": median(book.cpu_ms) * charts / median(full.cpu_ms),
        },
    )


def _unchanged_against_textbook(ground: Ground, unchanged: Arm, book: Arm) -> Row:
    ratio = median(
        ours.per_s * len(ground.charts) / theirs.per_s
        for ours, theirs in zip(unchanged.rounds, book.rounds, strict=True)
    )
    return Row(
        "cached refresh, unchanged",
        unchanged.per_s * len(ground.charts),
        "figures/s",
        "",
        None,
        book.per_s,
        "textbook",
        ratio,
        {"ours": unchanged.details},
    )


def _against_bare(what: str, ours: Arm, bare: Arm) -> Row:
    share = median(one.per_s / other.per_s for one, other in zip(ours.rounds, bare.rounds, strict=True))
    details = {
        "ours": ours.details,
        "bare": bare.details,
        "ratio_by_server_cpu": median(bare.cpu_ms) / median(ours.cpu_ms),
    }
    return Row(what, ours.per_s, "req/s", ">= 0.25 x bare", share >= 0.25, bare.per_s, "bare", share, details)
