"""Which system account runs a server that refuses root, and how a command is started as it."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from app.sources.children import tied

ACCOUNTS = ("postgres", "nobody")  # the first that the machine has


@dataclass(frozen=True)
class Account:
    """The user that owns a folder and runs its server; ``name`` is None for ourselves."""

    name: str | None

    def own(self, path: Path) -> None:
        """Give ``path`` to the account."""
        if self.name is not None:
            entry = pwd.getpwnam(self.name)
            os.chown(path, entry.pw_uid, entry.pw_gid)


def account_for(folder: Path) -> Account:
    """Ourselves, unless we are root: then the owner of ``folder``, or an unprivileged account where it is new."""
    if os.geteuid() != 0:
        return Account(None)
    if folder.exists() and (owner := folder.stat().st_uid) != 0:
        return Account(pwd.getpwuid(owner).pw_name)
    known = {entry.pw_name for entry in pwd.getpwall()}
    return Account(next(name for name in ACCOUNTS if name in known))


def as_account(account: Account, command: list[str]) -> list[str]:
    """``command`` as the account, interrupted when the thread that starts it ends."""
    options: list[str] = []
    if account.name is not None:
        entry = pwd.getpwnam(account.name)
        options += ["--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups"]
        if not all(_is_open(Path(word)) for word in command if word.startswith("/")):
            # Below a closed folder such as /root the account could not even reach the program. The securebit makes
            # access(2), with which initdb looks for its programs, heed the capability.
            options += ["--securebits=+no_setuid_fixup"]
            options += ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    return tied(command, end_with="INT", options=options)


def _is_open(path: Path) -> bool:
    """Whether every account may pass through the folders above ``path``."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
