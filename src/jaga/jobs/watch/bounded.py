"""A time limit for a reading, whatever its source does.

Sources have limits of their own for each connection; this one is for what they leave open: a server that drips, pages
without end, a loop. The reading runs in a thread of its own. When its time is over, an exception is raised in that
thread, so that it closes what it opened, as soon as it comes back from the operating system; and nobody waits for it.
"""

import ctypes
from contextvars import copy_context
from threading import Thread, get_ident

import structlog
from django.db import connections

from jaga.core.observations.source import Source, SourceStalled
from jaga.core.observations.values import ObservedBatch

log = structlog.get_logger("jaga.watch")
LONGEST_READING = 120.0
"""Seconds."""
MOST_ABANDONED = 3
"""Readings of one watch that were ended and still hang in the operating system. Then none is begun until one is gone.
"""
_abandoned: dict[int, list[Thread]] = {}


class ReadingEnded(BaseException):
    """Raised in the thread of a reading whose time is over. No source may catch it."""


class _Reading:
    """One call of a source, with what came of it."""

    def __init__(self, source: Source, cursor: str | None, limit: int) -> None:
        self._source, self._cursor, self._limit = source, cursor, limit
        self.batch: ObservedBatch | None = None
        self.error: BaseException | None = None
        self.ident: int | None = None

    def run(self) -> None:
        self.ident = get_ident()
        try:
            self.batch = self._source.read(self._cursor, limit=self._limit)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for it
            self.error = error
        finally:
            connections.close_all()  # those of this thread

    def end(self) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident or 0), ctypes.py_object(ReadingEnded))


def read_within(
    source: Source, cursor: str | None, *, limit: int, watch_id: int, seconds: float | None = None
) -> ObservedBatch:
    """What the source reads, if it returns in time. Raises SourceStalled, and whatever the source raises."""
    allowed = LONGEST_READING if seconds is None else seconds
    hanging = [one for one in _abandoned.pop(watch_id, ()) if one.is_alive()]
    if hanging:
        _abandoned[watch_id] = hanging
    if len(hanging) >= MOST_ABANDONED:
        raise SourceStalled(why=f"{len(hanging)} readings that were ended still hang")
    reading = _Reading(source, cursor, limit)
    thread = Thread(target=copy_context().run, args=(reading.run,), name=f"watch-{watch_id}", daemon=True)
    thread.start()
    thread.join(allowed)
    if thread.is_alive():
        reading.end()
        _abandoned.setdefault(watch_id, []).append(thread)
        log.warning("watch_reading_ended", watch=watch_id, seconds=allowed)
        raise SourceStalled(why=f"it was ended after {allowed:g} seconds")
    if reading.error is not None:
        raise reading.error
    assert reading.batch is not None
    return reading.batch
