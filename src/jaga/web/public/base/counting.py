"""Public counts over the whole installation: many readers at once cost the database one count."""

from collections import defaultdict
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import TypeVar

from django.core.cache import cache

T = TypeVar("T")
FRESH_SECONDS = 5
SHARE = 20  # counting takes at most a twentieth of the time, however large the installation and however many readers
_LOCKS: defaultdict[str, Lock] = defaultdict(Lock)


def counted(key: str, count: Callable[[], T]) -> T:
    """What was counted a moment ago, or counted now, by one reader while the others wait for it.

    It is kept for the longer the longer it took; pages say as of when it is.
    """
    with _LOCKS[key]:
        kept: T | None = cache.get(key)
        if kept is None:
            began = monotonic()
            kept = count()
            cache.set(key, kept, max(FRESH_SECONDS, SHARE * (monotonic() - began)))
        return kept
