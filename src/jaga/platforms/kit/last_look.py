"""Caches an account's observation within one attempt, so the next step need not observe again.

An attempt starts with an observation by all routes (`Step.OBSERVE`), on one account by one worker in one thread. Each
thread therefore caches its latest observation for some seconds, until something is changed. Effects of a change are
always observed afresh.
"""

import time
from threading import local
from typing import Generic, TypeVar

SECONDS = 5.0

Seen = TypeVar("Seen")


class LastLook(Generic[Seen]):
    """One observation per thread. Each adapter has its own cache."""

    def __init__(self) -> None:
        self._mine = local()

    def keep(self, account_id: str, seen: Seen) -> Seen:
        """Cache this observation."""
        self._mine.look = account_id, time.monotonic(), seen
        return seen

    def of(self, account_id: str) -> Seen | None:
        """This thread's latest observation, if it is recent and of this account."""
        whose, when, seen = getattr(self._mine, "look", ("", 0.0, None))
        return seen if whose == account_id and time.monotonic() - when < SECONDS else None

    def forget(self) -> None:
        """Clear the cache before a change."""
        self._mine.look = "", 0.0, None
