"""What is to be told and when: changes are coalesced by topic, and each message of a topic has the next number."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from app.push.changes import Change
from app.push.topics import Topic, told_types

# The least time between two messages of one topic: for few watchers, and how much more each one adds. An event that
# comes alone is told at once; of a storm all see the same few messages.
GAP_S, GAP_EACH_S = 0.25, 0.001
MOST_GAP_S = 2.0
# Over how long the questions that follow a message are spread: a process answers some hundred of them a second.
SPREAD_EACH_S = 0.004


class Ledger:
    """The news of a process by topic. Not safe for use by several threads; ``now`` is by a clock that never goes back.

    A message is ``{"type": "data-update", "source": topic, "data": {"seq", "at", "rows", "types", "within"}}``: ``seq``
    goes up by one with each message of the topic in this process, so that a client that missed some knows;
    ``instance`` names the process. ``at`` is when the change was made, in epoch seconds by PostgreSQL's clock;
    ``within`` the seconds over which clients are to spread what they ask because of it.
    """

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._marks = dict.fromkeys(Topic, "")
        self._marked_at = dict.fromkeys(Topic, float("-inf"))
        self._numbers = dict.fromkeys(Topic, 0)
        self._told_at = dict.fromkeys(Topic, float("-inf"))
        self._pending: dict[Topic, list[Change]] = {}
        self._heard_at = dict.fromkeys(Topic, 0.0)

    def add(self, change: Change, now: float) -> None:
        """Takes a change to be told.

        Its mark counts before it is told: a page may have been told by another process, which has fewer watchers. In a
        storm it counts with the next message, or each question would be answered anew.
        """
        for topic in change.topics:
            self._pending.setdefault(topic, []).append(change)
            self._heard_at[topic] = max(self._heard_at[topic], float(change.mark))
            if now - self._marked_at[topic] >= GAP_S:
                self._count(topic, now)

    def has(self, topic: Topic, at: float, now: float) -> bool:
        """Whether a change of that moment was heard of; it counts from now on, though it was not told."""
        if self._heard_at[topic] < at:
            return False
        if any(float(change.mark) >= at for change in self._pending.get(topic, ())):
            self._count(topic, now)
        return True

    def mark(self, topics: Iterable[Topic]) -> str:
        """A text that changes with the topics' news, and is the same in all processes soon after."""
        return ".".join(self._marks[topic] for topic in sorted(topics))

    def numbers(self, topics: Iterable[Topic]) -> dict[str, int]:
        """The number of the newest message of each topic."""
        return {topic.value: self._numbers[topic] for topic in sorted(topics)}

    def due_in_s(self, now: float, watchers: int) -> float:
        """Seconds until something may be told; infinite without news."""
        gap_s = _gap_s(watchers)
        return min((self._told_at[topic] + gap_s - now for topic in self._pending), default=float("inf"))

    def take_due(self, now: float, watchers: int) -> list[tuple[Topic, bytes]]:
        """The messages that may be told now, which are told with this."""
        due = [topic for topic in self._pending if self._told_at[topic] + _gap_s(watchers) <= now]
        return [(topic, self._message(topic, now, watchers)) for topic in due]

    def _count(self, topic: Topic, now: float) -> None:
        # The last one heard, not the latest made: what was committed late is news too, and all hear in one order.
        self._marks[topic] = self._pending[topic][-1].mark
        self._marked_at[topic] = now

    def _message(self, topic: Topic, now: float, watchers: int) -> bytes:
        self._count(topic, now)
        self._told_at[topic] = now
        self._numbers[topic] += 1
        changes = self._pending.pop(topic)
        data = {
            "instance": self._instance,
            "seq": self._numbers[topic],
            "at": float(max(change.mark for change in changes)),
            "rows": sum(change.rows for change in changes),
            "within": round(SPREAD_EACH_S * max(0, watchers - 1), 3),
            "types": told_types((kind for change in changes for kind in change.types), topic),
        }
        return orjson.dumps({"type": "data-update", "source": topic.value, "data": data})


def _gap_s(watchers: int) -> float:
    return min(MOST_GAP_S, GAP_S + GAP_EACH_S * watchers)
