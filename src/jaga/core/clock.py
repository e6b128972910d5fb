"""The clock.

Every moment in Jaga is an aware UTC datetime, since deadlines are legal facts.

Calendar days are those of the jurisdiction: `jaga.policy.local_time`.

`time_left` divides the time to a deadline into the steps that pages and counts share.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

_frozen: ContextVar[datetime | None] = ContextVar("jaga_frozen_clock", default=None)


def now() -> datetime:
    """The current moment, aware and in UTC."""
    return _frozen.get() or datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """`moment` in UTC. Raises ValueError for a naive datetime: guessing its zone would move a deadline."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: say which time zone it is in")
    return moment.astimezone(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Freeze the clock at `at` (aware) within the block, for tests and simulated deadlines."""
    token = _frozen.set(as_utc(at))
    try:
        yield
    finally:
        _frozen.reset(token)


class TimeLeft(StrEnum):
    """The time left to a deadline. The values are keys of stored counts."""

    OVERDUE = "overdue"
    HOURS_2 = "h2"  # less than two hours: pages show it as urgent
    HOURS_12 = "h12"
    HOURS_24 = "h24"
    LATER = "later"


BELOW: Mapping[TimeLeft, timedelta] = MappingProxyType(
    {
        TimeLeft.OVERDUE: timedelta(),
        TimeLeft.HOURS_2: timedelta(hours=2),
        TimeLeft.HOURS_12: timedelta(hours=12),
        TimeLeft.HOURS_24: timedelta(hours=24),
    }
)
"""For each step but the last the time below which a deadline belongs to it, unless it belongs to an earlier one."""


def time_left(due_at: datetime, moment: datetime) -> TimeLeft:
    """The step to which this deadline belongs at this moment."""
    return next((step for step, most in BELOW.items() if due_at - moment < most), TimeLeft.LATER)
