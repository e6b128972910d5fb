"""A cache for public counts: many concurrent readers cost the database one count."""

from collections import defaultdict
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import TypeVar

from django.core.cache import cache

T = TypeVar("T")
FRESH_SECONDS = 5
SHARE = 20  # Counting takes at most a twentieth of the time, whatever the size and number of readers.
_LOCKS: defaultdict[str, Lock] = defaultdict(Lock)


def counted(key: str, count: Callable[[], T]) -> T:
    """A recent count, or a new one computed by one reader while the others wait.

    The slower the count, the longer it is kept; pages show its time.
    """
    with _LOCKS[key]:
        kept: T | None = cache.get(key)
        if kept is None:
            began = monotonic()
            kept = count()
            cache.set(key, kept, max(FRESH_SECONDS, SHARE * (monotonic() - began)))
        return kept
