"""The pictures that browsers were sent lately, so that the next one may be told by what changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import orjson

from app.figures.difference import difference

MOST_BYTES = 16 * 1024 * 1024
# What changed is sent only where it is so much smaller than the picture.
WORTH = 0.6


class Differences:
    """Keeps pictures by their version. Safe for use by several threads.

    ``recall`` finds one by its version that another process has sent.
    """

    def __init__(self, *, recall: Callable[[str], bytes | None] = lambda _: None, most_bytes: int = MOST_BYTES) -> None:
        self._recall = recall
        self._most = most_bytes
        self._kept: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._held = 0
        self._guard = threading.Lock()

    def between(self, old_version: str, new_version: str, picture: bytes) -> bytes | None:
        """The changes from the picture that a browser has to this one, as JSON.

        None where the old one is known nowhere, or where all of the new one is about as small. Worked out once for all
        browsers that have the same.
        """
        self._keep((new_version,), picture)
        if (found := self._find((old_version, new_version))) is not None:
            return found or None
        old = self._find((old_version,)) or self._recall(old_version)
        if old is None:
            return None
        told = _told(old, picture)
        self._keep((old_version, new_version), told)
        return told or None

    def _find(self, name: tuple[str, ...]) -> bytes | None:
        with self._guard:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
            return found

    def _keep(self, name: tuple[str, ...], value: bytes) -> None:
        with self._guard:
            if name in self._kept:
                self._kept.move_to_end(name)
                return
            self._kept[name] = value
            self._held += len(value)
            while self._held > self._most:
                _, dropped = self._kept.popitem(last=False)
                self._held -= len(dropped)


def _told(old: bytes, new: bytes) -> bytes:
    changes = orjson.dumps(difference(orjson.loads(old), orjson.loads(new)))
    return changes if len(changes) < WORTH * len(new) else b""
