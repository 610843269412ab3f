"""Command lines of child processes that end when we do, even when we are killed."""

from __future__ import annotations

import os
from collections.abc import Sequence

# By the time the kernel is told, we may be gone already: then nobody would ever end the child.
_ONLY_WITH_PARENT = '[ "$PPID" = "$0" ] || exit 1; exec "$@"'


def tied(command: Sequence[str], *, end_with: str = "TERM", options: Sequence[str] = ()) -> list[str]:
    """``command`` so that it gets the signal ``end_with`` when the thread that starts it ends.

    Done by setpriv (util-linux), which takes further ``options``; the process id is the command's own.
    """
    watched = ["sh", "-c", _ONLY_WITH_PARENT, str(os.getpid()), *command]
    return ["setpriv", "--pdeathsig", end_with, *options, "--", *watched]
