"""When browsers come back: the law of ``assets/live.js`` in a real browser, for two hundred of them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SCRIPT = Path(__file__).parents[2] / "assets" / "live.js"
PEOPLE = 200
FIRST_MS, LONGEST_MS = 1_000, 30_000
GAP_MS = 1_000  # between two nudges
# A client is the script with a window of its own, whose timers are noted and whose connections are pretended.
CLIENTS = """([source, count]) => {
    const script = new Function("window", "document", "WebSocket", "Date", source);
    function client() {
        const made = { timers: [], sockets: [], signedOut: 0, nudges: 0, now: 1e12, said: [], topics: ["alerts"] };
        class Connection {
            constructor() { this.on = {}; made.sockets.push(this); }
            addEventListener(name, act) { this.on[name] = act; }
            send(text) { made.said.push(JSON.parse(text)); }
            close() {}
        }
        const view = { visibilityState: "visible", on: {}, addEventListener(name, act) { this.on[name] = act; } };
        const own = {
            dash_clientside: { set_props: () => { made.nudges += 1; }, no_update: null },
            location: { protocol: "http:", host: "here" },
            setTimeout: (act, wait) => made.timers.push({ act, wait }),
            setInterval: () => {},
            clearTimeout: (number) => { if (made.timers[number - 1]) made.timers[number - 1].act = () => {}; },
            addEventListener: () => {},
            tammaAskedAt: () => 1,
            tammaWholeTickAt: () => performance.now(),
            tammaPage: () => ({ live: true, everyMs: 60000, keys: ["card"], topics: { card: made.topics } }),
            tammaSignedOut: () => { made.signedOut += 1; },
        };
        script(own, view, Connection, { now: () => made.now });
        made.last = () => made.sockets[made.sockets.length - 1];
        made.lose = (code) => { made.last().on.close({ code }); return made.timers[made.timers.length - 1].wait; };
        made.say = (message) => made.last().on.message({ data: JSON.stringify(message) });
        made.greet = (heard) => made.say({ type: "hello", data: { instance: "one", heard, topics: { alerts: 1 } } });
        made.wake = () => made.timers[made.timers.length - 1].act();
        made.live = () => own.tammaLive();
        made.turn = (disabled) => own.dash_clientside.live.turn(disabled);
        return made;
    }
    window.clients = Array.from({ length: count }, client);
}"""


@pytest.fixture
def clients(page: Page) -> Page:
    """A page with that many clients in ``clients``, each with one connection under way."""
    page.evaluate(CLIENTS, [SCRIPT.read_text(), PEOPLE])
    return page


def waits(page: Page, attempts: int) -> list[list[float]]:
    """For how long each client waits after each of so many attempts that failed one after the other, in ms."""
    found: list[list[float]] = page.evaluate(
        """attempts => window.clients.map((one) => {
            const waits = [];
            for (let number = 0; number < attempts; number += 1) { waits.push(one.lose(1006)); one.wake(); }
            return waits;
        })""",
        attempts,
    )
    return found


def each(page: Page, script: str) -> list[Any]:
    """What the script, with ``one`` in it, says of each client."""
    found: list[Any] = page.evaluate(f"() => window.clients.map((one) => {{ {script} }})")
    return found


def test_two_hundred_come_back_one_after_the_other(clients: Page) -> None:
    each(clients, "one.greet('listening');")
    first = sorted(one[0] for one in waits(clients, 1))
    assert first[0] >= FIRST_MS / 2, "not at once"
    assert first[-1] <= 1.5 * FIRST_MS
    assert first[-1] - first[0] > FIRST_MS / 2, "over more than half of the second that there is"
    tenths = [sum(start <= wait < start + FIRST_MS / 10 for wait in first) for start in range(500, 1_500, 100)]
    assert max(tenths) < PEOPLE / 4, "and no crowd within it"


def test_each_attempt_waits_longer_up_to_half_a_minute(clients: Page) -> None:
    found = waits(clients, 12)
    for number in range(12):
        expected = min(LONGEST_MS, FIRST_MS * 2**number)
        of_number = [one[number] for one in found]
        assert min(of_number) >= expected / 2
        assert max(of_number) <= 1.5 * expected
        assert max(of_number) - min(of_number) > expected / 2
    assert each(clients, "return one.sockets.length;") == [13] * PEOPLE, "one connection at a time"


def test_who_was_greeted_begins_anew(clients: Page) -> None:
    waits(clients, 8)
    each(clients, "one.greet('listening');")
    assert max(one[0] for one in waits(clients, 1)) <= 1.5 * FIRST_MS


def test_a_full_house_is_not_run_against(clients: Page) -> None:
    """Turned away with 1013, before a greeting: that counts as a failure each time."""
    again = "const wait = one.lose(1013); one.wake(); return wait;"
    for _ in range(4):
        each(clients, again)
    assert min(each(clients, again)) >= 8 * FIRST_MS


def test_who_is_shown_out_asks_once_whether_it_has_to_sign_in(clients: Page) -> None:
    each(clients, "one.greet('listening'); one.lose(4401);")
    assert each(clients, "return one.signedOut;") == [1] * PEOPLE


def test_a_process_that_ends_is_no_reason_to_ask(clients: Page) -> None:
    each(clients, "one.greet('listening'); one.lose(1001);")
    assert each(clients, "return one.signedOut;") == [0] * PEOPLE


def test_a_connection_over_which_nothing_is_heard_is_none(clients: Page) -> None:
    def heard() -> set[str]:
        return set(each(clients, "return one.live();"))

    each(clients, "one.greet('away');")
    assert heard() == {""}
    each(clients, "one.say({ type: 'heard', data: { heard: 'listening' } });")
    assert heard() == {"listening"}
    each(clients, "one.say({ type: 'heard', data: { heard: 'away' } });")
    assert heard() == {""}
    each(clients, "one.say({ type: 'heard', data: { heard: 'polling' } });")
    assert heard() == {"polling"}


def test_a_clock_that_is_put_back_holds_no_news_up(clients: Page) -> None:
    """By the browser's clock there is a second between two nudges; put back by hours, it would be hours."""
    news = "one.say({ type: 'data-update', source: 'alerts', data: { instance: 'one', seq: SEQ, within: 0 } });"
    each(clients, "one.greet('listening'); one.turn(false); one.wake();")
    nudges = each(clients, "return one.nudges;")
    each(clients, "one.now -= 5 * 3600 * 1000; " + news.replace("SEQ", "2"))
    assert {0 < wait <= GAP_MS for wait in each(clients, "return one.timers[one.timers.length - 1].wait;")} == {True}
    each(clients, "one.now += 1000; one.wake();")
    assert each(clients, "return one.nudges;") == [number + 1 for number in nudges]


def asked_topics(page: Page) -> list[list[str]]:
    """The topics that each client has asked for, one after the other; all have asked for the same."""
    found = each(page, "return one.said.map((said) => [said.type, ...said.topics]);")
    assert all(one == found[0] for one in found)
    assert {said[0] for said in found[0]} <= {"subscribe"}
    return [said[1:] for said in found[0]]


def test_a_page_asks_for_the_topics_of_its_cards_once(clients: Page) -> None:
    each(clients, "one.turn(true);")
    assert asked_topics(clients) == [], "not before it was greeted"
    each(clients, "one.greet('listening'); one.turn(false); one.turn(true); one.turn(false);")
    assert asked_topics(clients) == [["alerts"]]


def test_another_page_asks_for_its_own(clients: Page) -> None:
    each(clients, "one.greet('listening'); one.topics = ['workflows', 'status', 'status']; one.turn(true);")
    assert asked_topics(clients) == [["alerts"], ["status", "workflows"]]
    each(clients, "one.topics = []; one.turn(false);")
    assert asked_topics(clients)[-1] == []


def test_a_new_connection_is_asked_anew(clients: Page) -> None:
    each(clients, "one.greet('listening'); one.lose(1006); one.wake(); one.turn(false);")
    assert asked_topics(clients) == [["alerts"]], "nobody is there yet"
    each(clients, "one.greet('listening');")
    assert asked_topics(clients) == [["alerts"]] * 2


def test_what_came_while_a_topic_was_not_asked_for_is_not_missed(clients: Page) -> None:
    """The page has asked for its cards since; a gap in the numbers would make it ask for all of them again."""
    each(clients, "one.greet('listening'); one.say({ type: 'subscribed', topics: { alerts: 7 } });")
    nudges = each(clients, "one.turn(false); one.wake(); return one.nudges;")
    news = "{ type: 'data-update', source: 'alerts', data: { instance: 'one', seq: 8, within: 0 } }"
    each(clients, "one.topics = ['status']; one.said.length = 0; one.now += 5000;")
    each(clients, f"one.say({news}); one.wake();")
    assert each(clients, "return one.nudges;") == nudges, "no card of this page is concerned"
