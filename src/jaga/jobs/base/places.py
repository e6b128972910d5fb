"""Limits how many of a worker's jobs may use one platform, so that a slow platform cannot occupy all of them.

A platform that answers correctly but slowly opens no circuit breaker. So each platform gets at most half of the job
slots that the others leave free, and lookups of handles half of that. Two slow platforms leave a quarter, three an
eighth. A job without a slot does not block: only one waits, for a moment, so that a returned slot is used at once.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from threading import Condition

JOBS = 8
"""Default number of concurrent jobs of a worker."""
_PATIENCE = 0.3  # seconds


class Work(Enum):
    """What a job does on a platform. The value n means at most 1/n of the slots the others leave free."""

    ACTIONS = 2
    NAMES = 4


class _Places:
    """The job slots of one worker."""

    def __init__(self, jobs: int) -> None:
        self._jobs, self._given_back = jobs, Condition()
        self._held: Counter[tuple[str, Work]] = Counter()
        self._waiting: set[tuple[str, Work]] = set()

    def take(self, platform: str, work: Work) -> bool:
        """Take a slot, waiting for a moment; returns whether there was one.

        Only one caller waits for the same slots.
        """
        wanted = (platform, work)
        with self._given_back:
            if not self._is_free(platform, work):
                if wanted in self._waiting:
                    return False
                self._waiting.add(wanted)
                try:
                    if not self._given_back.wait_for(lambda: self._is_free(platform, work), _PATIENCE):
                        return False
                finally:
                    self._waiting.discard(wanted)
            self._held[wanted] += 1
            return True

    def give_back(self, platform: str, work: Work) -> None:
        with self._given_back:
            self._held[platform, work] -= 1
            self._given_back.notify_all()

    def _is_free(self, platform: str, work: Work) -> bool:
        own = sum(self._held[platform, kind] for kind in Work)
        left = self._jobs - (self._held.total() - own)
        return own < max(1, left // 2) and self._held[platform, work] < max(1, left // work.value)


_places = _Places(JOBS)


def share_out(jobs: int) -> None:
    """Set this worker's number of concurrent jobs. Call it before the first one."""
    global _places
    _places = _Places(jobs)


@contextmanager
def place_on(platform: str, work: Work) -> Iterator[bool]:
    """A slot for the block; False if the platform has its share."""
    places = _places
    free = places.take(platform, work)
    try:
        yield free
    finally:
        if free:
            places.give_back(platform, work)
