"""The one clock. A deadline is a legal fact, so every moment in Jaga is an aware UTC datetime."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("jaga_frozen_clock", default=None)


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return _frozen.get() or datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """`moment` in UTC. Raises ValueError for a naive datetime: guessing its zone would move a deadline."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: say which time zone it is in")
    return moment.astimezone(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold the clock at `at` (aware) within the block. For tests and simulations of deadlines."""
    token = _frozen.set(as_utc(at))
    try:
        yield
    finally:
        _frozen.reset(token)
