"""How many of a worker's jobs may be at one platform: never all of them, however slowly it answers.

A platform that answers rightly and takes its time breaks no limit. So in each worker one platform has at most half of
the places for jobs that the others leave, and of those half again for looking up names. Two slow platforms together
leave a quarter, three an eighth: what is left is for everybody else. Who finds no place does not keep one by waiting:
one waits for a moment, so that a place that is given back is taken at once.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from threading import Condition

JOBS = 8
"""Jobs of one worker at the same time, where nobody says otherwise."""
_PATIENCE = 0.3  # seconds


class Work(Enum):
    """What a job does on a platform, by its share of the places that others leave: one of so many."""

    ACTIONS = 2
    NAMES = 4


class _Places:
    """All places of one worker."""

    def __init__(self, jobs: int) -> None:
        self._jobs, self._given_back = jobs, Condition()
        self._held: Counter[tuple[str, Work]] = Counter()
        self._waiting: set[tuple[str, Work]] = set()

    def take(self, platform: str, work: Work) -> bool:
        """Whether there was one, now or within a moment. Of those who ask for the same, one waits."""
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
    """This worker does so many jobs at the same time. Called before the first of them."""
    global _places
    _places = _Places(jobs)


@contextmanager
def place_on(platform: str, work: Work) -> Iterator[bool]:
    """A place for the block; False where the platform has as many as it may have."""
    places = _places
    free = places.take(platform, work)
    try:
        yield free
    finally:
        if free:
            places.give_back(platform, work)
