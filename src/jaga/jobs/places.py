"""How many of a worker's jobs may be at one platform: never all of them, however slowly it answers.

A platform that answers rightly and takes its time breaks no limit. So in each worker the actions on one platform have
half of the places for jobs, looking up names on it a quarter, and what is left is for everybody else. Who finds no
place does not keep one by waiting: one waits for a moment, so that a place that is given back is taken at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from threading import BoundedSemaphore, Lock

JOBS = 8
"""Jobs of one worker at the same time, where nobody says otherwise."""
_PATIENCE = 0.3  # seconds


class Work(Enum):
    """What a job does on a platform, by its share of the places: one of so many."""

    ACTIONS = 2
    NAMES = 4


class _Places:
    def __init__(self, number: int) -> None:
        self._free, self._waiting = BoundedSemaphore(number), BoundedSemaphore(1)

    def take(self) -> bool:
        if self._free.acquire(blocking=False):
            return True
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._free.acquire(timeout=_PATIENCE)
        finally:
            self._waiting.release()

    def give_back(self) -> None:
        self._free.release()


_jobs = JOBS
_guard = Lock()
_places: dict[tuple[str, Work], _Places] = {}


def share_out(jobs: int) -> None:
    """This worker does so many jobs at the same time. Called before the first of them."""
    global _jobs
    with _guard:
        _jobs = jobs
        _places.clear()


@contextmanager
def place_on(platform: str, work: Work) -> Iterator[bool]:
    """A place for the block; False where the platform has as many as it may have."""
    with _guard:
        places = _places.setdefault((platform, work), _Places(max(1, _jobs // work.value)))
    free = places.take()
    try:
        yield free
    finally:
        if free:
            places.give_back()
