"""What was seen of an account a moment ago within the same attempt, so that its next step need not ask once more.

An attempt begins with a look by all routes (`Step.OBSERVE`), one worker at a time is at an account, and it works in one
thread. So each thread remembers its last look, for some seconds and until something is ordered. What an order did is
always looked at afresh.
"""

import time
from threading import local
from typing import Generic, TypeVar

SECONDS = 5.0

Seen = TypeVar("Seen")


class LastLook(Generic[Seen]):
    """One look for each thread. Each adapter has one of its own."""

    def __init__(self) -> None:
        self._mine = local()

    def keep(self, account_id: str, seen: Seen) -> Seen:
        """Remember what was seen just now."""
        self._mine.look = account_id, time.monotonic(), seen
        return seen

    def of(self, account_id: str) -> Seen | None:
        """What this thread saw last, if it was this account and a moment ago."""
        whose, when, seen = getattr(self._mine, "look", ("", 0.0, None))
        return seen if whose == account_id and time.monotonic() - when < SECONDS else None

    def forget(self) -> None:
        """Something is about to be ordered."""
        self._mine.look = "", 0.0, None
