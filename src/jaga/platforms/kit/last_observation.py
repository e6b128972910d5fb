"""Caches an account's observation within one attempt, so the next step need not observe again.

An attempt starts with an observation by all routes (`Step.OBSERVE`), on one account by one worker in one thread. Each
thread therefore caches its latest observation for some seconds, until something is changed. Effects of a change are
always observed afresh.
"""

import time
from threading import local
from typing import Generic, TypeVar

SECONDS = 5.0

Observed = TypeVar("Observed")


class LastObservation(Generic[Observed]):
    """One observation per thread. Each adapter has its own cache."""

    def __init__(self) -> None:
        self._mine = local()

    def keep(self, account_id: str, observation: Observed) -> Observed:
        """Cache this observation."""
        self._mine.observed = account_id, time.monotonic(), observation
        return observation

    def of(self, account_id: str) -> Observed | None:
        """This thread's latest observation, if it is recent and of this account."""
        whose, when, observation = getattr(self._mine, "observed", ("", 0.0, None))
        return observation if whose == account_id and time.monotonic() - when < SECONDS else None

    def forget(self) -> None:
        """Clear the cache before a change."""
        self._mine.observed = "", 0.0, None
