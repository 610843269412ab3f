"""Who watches, and what they are told: coalesced, numbered, and never waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import orjson

from app.access import Role
from app.push.changes import Change
from app.push.ledger import Ledger
from app.push.listener import Mode
from app.push.topics import OF_DATABASE, Topic, permitted

# How often everybody is told something: a page cannot see pings, and takes a long silence for a line that is cut.
REPEAT_S = 30.0
# Connections of one session or one family of tokens.
MOST_EACH = 20
HEARD = "heard"
# How long a question waits for what its page was told by another process; they hear of it within milliseconds.
LAG_S = 0.3


@dataclass(frozen=True)
class Watcher:
    """Who watches, and ``key``: the digest of their session, or the id of their family of tokens."""

    key: bytes | UUID
    role: Role


class Client:
    """One connection: what it takes at once it is given, and for the rest it has a letter box.

    ``give`` says whether a message was taken without a wait. ``ring`` is called when something is in the box: the
    newest message of each topic, and of how changes are heard.
    """

    def __init__(self, watcher: Watcher, ring: Callable[[], None], give: Callable[[bytes], bool]) -> None:
        self.watcher = watcher
        self._ring = ring
        self._give = give
        self._guard = threading.Lock()
        self._waiting: dict[str, bytes] = {}
        self.topics = permitted(watcher.role)
        self.closed = ""

    def subscribe(self, topics: Iterable[Topic]) -> frozenset[Topic]:
        """The topics of these that this watcher may see; only they are put from now on."""
        self.topics = permitted(self.watcher.role) & frozenset(topics)
        return self.topics

    def put(self, messages: Iterable[tuple[Topic, bytes]]) -> None:
        """Gives messages, or leaves them. One that is not taken in time gives way to the next of its topic."""
        self._keep({topic: message for topic, message in messages if topic in self.topics})

    def put_heard(self, message: bytes) -> None:
        """Leaves word of how changes are heard from now on, whatever the topics."""
        self._keep({HEARD: message})

    def _keep(self, wanted: Mapping[str, bytes]) -> None:
        with self._guard:  # what waits comes first
            left = {key: message for key, message in wanted.items() if self._waiting or not self._give(message)}
            self._waiting |= left
        if left:
            self._ring()

    def take(self) -> list[bytes]:
        """What waits."""
        with self._guard:
            taken, self._waiting = list(self._waiting.values()), {}
        return taken

    def close(self, reason: str) -> None:
        """Tells the connection to end."""
        self.closed = reason
        self._ring()


class Hub:
    """All clients of a process. Safe for use by several threads.

    News are those of ``Ledger``. When changes are heard of in another way, or no more, everybody is told
    ``{"type": "heard", "data": {"heard"}}``; and every ``repeat_s`` as well.
    """

    def __init__(self, instance: str, *, most: int, repeat_s: float = REPEAT_S) -> None:
        self.instance = instance
        self.most = most
        self._clients: set[Client] = set()
        self._guard = threading.Condition()
        self._ledger = Ledger(instance)
        self._stopped = False
        self._heard_by = Mode.AWAY
        self._repeat_s = repeat_s
        self._repeat_at = time.monotonic() + repeat_s
        self._thread = threading.Thread(target=self._tell, name="push", daemon=True)

    def start(self) -> None:
        """Begins to tell."""
        self._thread.start()

    def stop(self) -> None:
        """Ends every connection."""
        with self._guard:
            self._stopped = True
            self._guard.notify_all()
        for client in self.clients():
            client.close("going away")

    def mark(self, topics: Iterable[Topic]) -> str:
        """A text that changes with the topics' news, and is the same in all processes soon after."""
        return self._ledger.mark(topics)

    def caught_up(self, told: Mapping[str, float], role: Role | None) -> bool:
        """Whether this process has heard of what a page was told by any, by topic; waits a moment for it."""
        wanted = {topic: told[topic] for topic in permitted(role) & OF_DATABASE if topic in told}
        until = time.monotonic() + LAG_S
        with self._guard:
            while not all(self._ledger.has(topic, at, time.monotonic()) for topic, at in wanted.items()):
                left_s = until - time.monotonic()
                if left_s <= 0 or self._heard_by is Mode.AWAY or self._stopped:
                    return False
                self._guard.wait(left_s)
        return True

    def join(self, client: Client) -> bool:
        """Lets somebody watch; False when there is no room."""
        with self._guard:
            same = sum(one.watcher.key == client.watcher.key for one in self._clients)
            if len(self._clients) >= self.most or same >= MOST_EACH or self._stopped:
                return False
            self._clients.add(client)
        return True

    def leave(self, client: Client) -> None:
        """Forgets a client."""
        with self._guard:
            self._clients.discard(client)

    def clients(self) -> list[Client]:
        """Those who watch now."""
        with self._guard:
            return list(self._clients)

    def greeting(self, client: Client) -> bytes:
        """The first message of a connection: who speaks, how changes are heard of, each topic's newest number."""
        told = {"instance": self.instance, "heard": self._heard_by, "topics": self.state(client.topics)}
        return orjson.dumps({"type": "hello", "data": told})

    def state(self, topics: Iterable[Topic]) -> dict[str, int]:
        """The number of the newest message of each topic."""
        return self._ledger.numbers(topics)

    def heard(self, change: Change) -> None:
        """Takes a change to be told; returns at once."""
        with self._guard:
            self._ledger.add(change, time.monotonic())
            self._guard.notify_all()

    def heard_by(self, mode: Mode) -> None:
        """How changes are heard of from now on; whoever watches is told, lest a page trust a silence."""
        if mode == self._heard_by:
            return
        self._heard_by = mode
        self._say_how(self.clients())

    def _say_how(self, clients: Iterable[Client]) -> None:
        message = orjson.dumps({"type": HEARD, "data": {"heard": self._heard_by}})
        for client in clients:
            client.put_heard(message)

    def _tell(self) -> None:
        while True:
            with self._guard:
                while not self._stopped and (wait_s := self._wait_s()) > 0:
                    self._guard.wait(wait_s)
                if self._stopped:
                    return
                clients = list(self._clients)
                messages = self._ledger.take_due(time.monotonic(), len(clients))
            for client in clients:
                client.put(messages)
            if time.monotonic() >= self._repeat_at:
                self._repeat_at = time.monotonic() + self._repeat_s
                self._say_how(clients)

    def _wait_s(self) -> float:
        """Seconds until there is something to say."""
        now = time.monotonic()
        return min(self._ledger.due_in_s(now, len(self._clients)), self._repeat_at - now)
