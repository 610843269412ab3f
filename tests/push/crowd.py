"""Many live connections in one thread, and all that each of them has been told."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.servers.processes import wait_until

AT_ONCE = 25
PATIENCE_S = 30.0


@dataclass
class Member:
    """One connection. ``lost`` once it has ended, ``refused`` when it never began; ``code`` is that of its end."""

    told: list[dict[str, Any]] = field(default_factory=list)
    line: ClientConnection | None = None
    refused: bool = False
    lost: bool = False
    code: int = 0

    @property
    def instance(self) -> str:
        """The web process at the other end, by its greeting."""
        instance: str = self.told[0]["data"]["instance"]
        return instance

    def of(self, topic: str) -> list[dict[str, Any]]:
        """The news of a topic so far."""
        return [one["data"] for one in list(self.told) if one.get("source") == topic]

    def heard(self) -> str:
        """How changes are heard of, by the newest message that says so."""
        return self.modes()[-1] if self.told else ""

    def modes(self) -> tuple[str, ...]:
        """How changes were heard of, one after the other; it may be told again while it stays the same."""
        said = (one["data"]["heard"] for one in list(self.told) if one["type"] in {"hello", "heard"})
        return tuple(mode for mode, _ in groupby(said))


class Crowd:
    """Connections to ``url``, a web process, each with a Cookie header of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.members: list[Member] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="crowd")
        self._thread.start()

    def enter(self, cookies: Sequence[str]) -> list[Member]:
        """One more connection for each cookie; returns once each is greeted, refused or lost."""
        came = [Member() for _ in cookies]
        self.members += came
        for member, cookie in zip(came, cookies, strict=True):
            self._begin(self._hold(member, cookie))
        wait_until(lambda: all(m.told or m.refused or m.lost for m in came), PATIENCE_S, what="the greetings")
        return came

    def forget(self) -> None:
        """What has been told so far, but for the greetings."""
        for member in self.members:
            del member.told[1:]

    def all(self, fits: Callable[[Member], Any], what: str, *, members: Sequence[Member] | None = None) -> None:
        """Waits until it is so for every member, or for those."""
        chosen = self.members if members is None else members

        lacking = list(chosen)

        def everybody() -> bool:
            lacking[:] = [member for member in lacking if not fits(member)]
            return not lacking

        try:
            wait_until(everybody, PATIENCE_S, what=what)
        except AssertionError as error:
            one = lacking[0]
            told = f"{len(lacking)} of {len(chosen)} lack it; the first: lost {one.lost} {one.code}, told {one.told}"
            raise AssertionError(f"{error}\n{told}") from error

    def say(self, member: Member, text: str) -> None:
        """Sends a message."""
        assert member.line is not None
        self._begin(member.line.send(text))

    def close(self, member: Member) -> None:
        """Ends a connection, returns when it has ended."""
        assert member.line is not None
        self._begin(member.line.close())
        wait_until(lambda: member.lost, what="the farewell")

    def leave(self) -> None:
        """Ends every connection, and the thread."""
        for member in self.members:
            if member.line is not None and not member.lost:
                self._begin(member.line.close())
        wait_until(lambda: all(m.lost or m.refused for m in self.members), PATIENCE_S, what="the last farewell")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _hold(self, member: Member, cookie: str) -> None:
        try:
            async with self._gate:
                member.line = await connect(
                    f"{self._url.replace('http', 'ws')}/api/dashboard/ws",
                    origin=self._url,  # type: ignore[arg-type]  # a NewType of str
                    additional_headers={"Cookie": cookie},
                    compression=None,
                    open_timeout=PATIENCE_S,
                    ping_interval=None,
                    close_timeout=2,
                    proxy=None,
                )
        except (OSError, InvalidHandshake):
            member.refused = True
            return
        try:
            async for text in member.line:
                member.told.append(json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            member.code = member.line.close_code or 0
            member.lost = True
