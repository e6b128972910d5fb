"""Keeping what was fetched while our own disk may be full: noted where it waits, and others are fetched later."""

import time
from collections.abc import Callable
from typing import TypeVar

from jaga.records.room import says_full

T = TypeVar("T")
PAUSE = 30.0
"""Seconds in which nothing more is fetched that could not be stored."""


class FullDisk:
    """Remembers that the disk was full a moment ago."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def lasts(self) -> bool:
        """Whether it was full less than `PAUSE` seconds ago."""
        return time.monotonic() < self._until

    def keeping(self, keep: Callable[[], T], note: Callable[[], None]) -> T | None:
        """What `keep` gives; None if the disk is full, which `note` says where it is shown. Raises what `keep`
        raises.
        """
        try:
            return keep()
        except OSError as error:
            if not says_full(error):
                raise
            self._until = time.monotonic() + PAUSE
            note()
            return None
