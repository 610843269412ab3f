"""/api/dashboard/ws and /api/dashboard/ws-ticket: the live connection, and the way into it without a cookie."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import orjson
from flask import Blueprint, Flask, Response, g, request
from flask.blueprints import BlueprintSetupState
from flask_sock import Sock
from simple_websocket import ConnectionClosed
from wsproto.connection import ConnectionState
from wsproto.frame_protocol import FrameProtocol
from wsproto.utilities import LocalProtocolError

from app.access import Role
from app.api.replies import data, failure
from app.auth.gate import declare, declare_public
from app.auth.identity import visitor
from app.auth.sessions import digest
from app.auth.tickets import Tickets
from app.push.doorman import SIGNED_OUT
from app.push.hub import Client, Hub, Watcher
from app.push.live import PATH
from app.push.topics import Topic
from app.telemetry import SOCKETS

NAME = "push"
LONGEST_MESSAGE = 2_048
# A line that is silent for so long is asked whether anybody is there, and given up after as long again.
PING_S = 25
# Who does not take what is sent within this time is shown out, not waited for.
SEND_TIMEOUT_S = 5
# What a client may say: so many messages in so many seconds.
MOST_SAID, SAID_IN_S = 20, 10.0
GONE, NO_ROOM, TOO_MUCH, SHOWN_OUT = 1001, 1013, 1008, 4401
SOCK_OPTIONS = {"ping_interval": PING_S, "max_message_size": LONGEST_MESSAGE}


def blueprint(hub: Hub, tickets: Tickets, *, origins: tuple[str, ...], public: str = "") -> Blueprint:
    """The routes; declares them at the gate when registered.

    ``public`` is the page's own origin behind a proxy; ``origins`` may connect besides, but not with a cookie alone.
    """
    routes = Blueprint(NAME, __name__)
    door = _Door(tickets, origins, public)
    sock = Sock()
    routes.add_url_rule("/api/dashboard/ws-ticket", "ticket", door.ticket, methods=["POST"])
    routes.before_request(door.check)
    sock.route(PATH, bp=routes, endpoint="watch")(lambda connection: _watch(connection, hub, g.watcher))
    routes.record_once(_declare)
    return routes


def _declare(state: BlueprintSetupState) -> None:
    server = cast(Flask, state.app)
    server.config["SOCK_SERVER_OPTIONS"] = SOCK_OPTIONS
    declare(server, f"{NAME}.ticket", Role.READONLY)
    declare_public(server, f"{NAME}.watch")  # checks its callers itself: they may come with a ticket


@dataclass(frozen=True)
class _Door:
    """Who may open a live connection."""

    tickets: Tickets
    origins: tuple[str, ...]
    public: str

    def ticket(self) -> Response:
        """A ticket for the caller."""
        return data({"ticket": self.tickets.issue(visitor()), "expires_in": 60})

    def check(self) -> Response | None:
        """Before the handshake, so that a refusal is an answer of HTTP. Compression is declined: it would cost 300 KiB
        of memory a connection, for messages of 150 bytes.
        """
        if request.endpoint != f"{NAME}.watch":
            return None
        request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        watcher, by_cookie = self._watcher()
        if watcher is None:
            return failure(401, "Sign in, or bring a ticket or a valid access token.")
        if not self._origin_fits(required=by_cookie):
            return failure(403, "Live connections are not open to pages of that origin.")
        g.watcher = watcher
        return None

    def _watcher(self) -> tuple[Watcher | None, bool]:
        """Who comes, and whether a cookie is all that says so."""
        if ticket := request.args.get("token"):
            bearer = self.tickets.redeem(ticket)
            key = (bearer.session or bearer.family) if bearer else None
            return (Watcher(key, bearer.user.role) if bearer and key else None), False
        who = visitor()
        key = digest(who.session_token) if who.via == "session" else who.family_id
        return (Watcher(key, who.role) if key and who.role is not None else None), who.via == "session"

    def _origin_fits(self, *, required: bool) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:
            return not required
        own = origin == request.host_url.rstrip("/") or (bool(self.public) and origin == self.public)
        return own or (not required and origin in self.origins)


@dataclass
class _Allowance:
    """How much a client has said of late."""

    said: deque[float] = field(default_factory=deque)

    def spent(self) -> bool:
        """Counts one message; whether that was too much."""
        now = time.monotonic()
        self.said.append(now)
        while self.said[0] < now - SAID_IN_S:
            self.said.popleft()
        return len(self.said) > MOST_SAID


def _watch(connection: Any, hub: Hub, watcher: Watcher) -> None:
    """One connection, from its beginning to its end."""
    outlet = _Outlet(connection)
    client = Client(watcher, connection.event.set, outlet.give)
    if not hub.join(client):
        _end(connection, NO_ROOM, "no room, come again")
        return
    SOCKETS.inc()
    try:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_TIMEOUT_S, 0))
        _converse(connection, outlet, hub, client)
    except OSError:
        connection.connected = False  # took nothing in time, or is gone
        _hang_up(connection)
    except (ConnectionClosed, LocalProtocolError):
        pass
    finally:
        hub.leave(client)
        SOCKETS.dec()


def _converse(connection: Any, outlet: _Outlet, hub: Hub, client: Client) -> None:
    allowance = _Allowance()
    outlet.send(hub.greeting(client))
    while True:
        connection.event.wait()
        connection.event.clear()
        while (said := connection.receive(timeout=0)) is not None:
            if allowance.spent():
                _end(connection, TOO_MUCH, "too many messages")
                return
            outlet.send(_answer(said, hub, client))
        if client.closed:  # looked at after ``receive``, which clears the event too
            # A browser that is shown out asks whether it has to sign in; thousands must not, of a process that ends.
            _end(connection, SHOWN_OUT if client.closed == SIGNED_OUT else GONE, client.closed)
            return
        if connection.ws.state is not ConnectionState.OPEN:
            # The library rings before it notes an end, and not again: who waited on would keep the seat for ever.
            connection.thread.join(SEND_TIMEOUT_S)
            return
        outlet.deliver(client.take)


def _end(connection: Any, code: int, reason: str) -> None:
    """Says goodbye."""
    connection.close(code, reason)
    _hang_up(connection)


def _hang_up(connection: Any) -> None:
    """Ends the library's thread while there is a socket: behind a closed one it would wait for the next ping."""
    with contextlib.suppress(OSError):
        connection.sock.shutdown(socket.SHUT_RDWR)
    connection.thread.join(SEND_TIMEOUT_S)


class _Outlet:
    """What a connection is sent, by its own thread or by the one that tells everybody.

    A thousand threads that are woken for one message each take five times as long as one that writes to all. The
    library's own ``send`` trusts that a socket takes everything at once.
    """

    def __init__(self, connection: Any) -> None:
        self._sock = connection.sock
        self._ring = connection.event.set
        self._guard = threading.Lock()
        self._rest = b""

    def give(self, message: bytes) -> bool:
        """Whether the message was taken without a wait; a rest of it is left to the connection's thread."""
        if not self._guard.acquire(blocking=False):
            return False
        try:
            if self._rest:
                return False
            frame = _frame(message)
            self._rest = frame[self._sock.send(frame, socket.MSG_DONTWAIT) :]
        except OSError:  # full, or gone: its thread will find out
            return False
        finally:
            self._guard.release()
        if self._rest:
            self._ring()
        return True

    def send(self, *messages: bytes) -> None:
        """All of them, after what was left. Raises OSError when they are not taken within SEND_TIMEOUT_S."""
        self.deliver(lambda: messages)

    def deliver(self, take: Callable[[], Iterable[bytes]]) -> None:
        """What ``take`` has, as ``send`` does. Nothing newer is given between its taking and its sending."""
        with self._guard:
            if frames := b"".join((self._rest, *map(_frame, take()))):
                self._sock.sendall(frames)
                self._rest = b""


@lru_cache(maxsize=64)
def _frame(message: bytes) -> bytes:
    """The message as a WebSocket frame; without compression it is the same for everybody."""
    return bytes(FrameProtocol(client=False, extensions=[]).send_data(message.decode(), fin=True))


def _answer(said: str | bytes, hub: Hub, client: Client) -> bytes:
    """What a message of a client is answered with. The only one there is names the topics it wants."""
    try:
        asked = orjson.loads(said)
    except orjson.JSONDecodeError:
        return _refusal("That is no JSON.")
    if not isinstance(asked, dict) or asked.get("type") != "subscribe" or not isinstance(asked.get("topics"), list):
        return _refusal('Send {"type": "subscribe", "topics": [...]}.')
    known = {topic.value: topic for topic in Topic}
    wanted = [str(one)[:40] for one in asked["topics"][: 4 * len(known)]]
    given = client.subscribe(known[one] for one in wanted if one in known)
    refused = sorted({one for one in wanted if known.get(one) not in given})
    return orjson.dumps({"type": "subscribed", "topics": hub.state(given), "refused": refused})


def _refusal(message: str) -> bytes:
    return orjson.dumps({"type": "error", "message": message})
