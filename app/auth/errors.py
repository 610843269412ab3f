"""Why somebody is not let in, or an account cannot be changed.

AuthError
 ├─ Refused        wrong name or password; never says which
 ├─ Locked         too many failures; carries the seconds to wait
 ├─ Busy           too many sign-ins at once
 └─ AccountError   an account command that cannot be done
     ├─ WeakPassword
     ├─ InvalidName
     ├─ NameTaken
     └─ UnknownUser
"""

from __future__ import annotations


class AuthError(Exception):
    """The text is for the person at the screen."""


class Refused(AuthError):
    """The user name or the password is wrong, or the account is disabled."""

    def __init__(self) -> None:
        super().__init__("The user name or the password is wrong.")


class Locked(AuthError):
    """Too many failures; ``retry_after_s`` until the next try."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        minutes = -(-retry_after_s // 60)
        super().__init__(f"Too many failed attempts. Try again in {minutes} minute{'s' if minutes != 1 else ''}.")


class Busy(AuthError):
    """The process checks as many passwords as it may; a moment later it can."""


class AccountError(AuthError):
    """An account cannot be made or changed as asked."""


class WeakPassword(AccountError):
    """The password is too short, too long or too uniform."""


class InvalidName(AccountError):
    """The user name has characters or a length that are not allowed."""


class NameTaken(AccountError):
    """Another account has the name, perhaps in other case."""


class UnknownUser(AccountError):
    """There is no such account."""
