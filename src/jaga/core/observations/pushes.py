"""Batches that a platform sends by itself, stored until the worker has taken them in."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from jaga.core.terms.watch import PushFormat

LARGEST_PUSH = 8 * 1024 * 1024
"""Bytes of a body as it is sent."""
LARGEST_UNPACKED = 32 * 1024 * 1024
"""Bytes of a body after decompression."""
MOST_PUSHED_ROWS = 10_000
MOST_WAITING = 50
"""Batches of one watch that may wait for the worker."""


@dataclass(frozen=True)
class StoredPush:
    """One batch of a watch. `number` counts from 1 without gaps; `content` is decompressed."""

    number: int
    format: PushFormat
    content: bytes = field(repr=False)
    received_at: datetime


class Pushes(Protocol):
    """The batches of one watch."""

    def newest(self) -> tuple[int, datetime] | None:
        """Number and time of the last batch that came; None if none ever did."""

    def from_number(self, number: int) -> StoredPush | None:
        """The first waiting batch from this number on."""

    def forget_before(self, number: int) -> None:
        """Everything below this number was taken in: its contents are deleted."""
