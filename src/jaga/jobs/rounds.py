"""What the worker does again and again, such that no round ends the worker and no platform holds up another."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections

from jaga.casework.kernel.unusable_values import record_failure, record_round_fault, record_round_well
from jaga.core.actors import SYSTEM
from jaga.core.platforms import PlatformFault
from jaga.core.terms import PlatformTask
from jaga.jobs.base.outages import DATABASE_ERRORS, database_away
from jaga.records.room import says_full

log = structlog.get_logger("jaga.worker")
PLATFORMS_AT_ONCE = 4
"""How many platforms one round asks at the same time."""
_PATIENCE = 0.5  # seconds that a round waits for its platforms; slower ones go on by themselves
_LONGEST_PAUSE = 60.0  # after a round that failed again and again
Round = Callable[[], Awaitable[int]]
Found = TypeVar("Found")


def in_thread(round_: Callable[..., int], *given: str) -> Round:
    """The round in a thread of its own; its database connection goes back after it."""
    def call() -> int:
        try:
            return round_(*given)
        finally:
            close_old_connections()

    return sync_to_async(call, thread_sensitive=False)


async def every(seconds: float, name: str, round_: Round) -> None:
    """Do the round for ever, with a pause after each. A database that is away, or a full disk, is waited for.

    A round that fails by a fault of ours is in sight (`rounds` at `/health/ready`), and is done again after a longer
    pause; the other rounds and all jobs go on.
    """
    failures = 0
    while True:
        fault = await _fault_of(asyncio.ensure_future(round_()))
        if fault is None:
            if failures:
                await _fault_of(asyncio.ensure_future(in_thread(_well, name)()))
            failures = 0
        elif says_full(fault):
            log.warning("disk_full", round=name)  # with room again it goes on where it was
        elif isinstance(fault, DATABASE_ERRORS) and database_away(fault):
            # It restarts; everything is in it, so waiting is the answer.
            log.warning("database_unreachable", round=name, error=type(fault).__name__)
        else:
            failures += 1
            log.error("round_failed", round=name, error=type(fault).__name__, failures=failures, exc_info=fault)
            await _fault_of(asyncio.ensure_future(in_thread(_failed, name, type(fault).__name__)()))
        await asyncio.sleep(min(seconds * 2 ** min(failures, 10), max(seconds, _LONGEST_PAUSE)))


class EachPlatform:
    """A round over platforms, each in a thread of its own. One that is slow is not asked again before it has answered,
    and nobody else waits for it. What fails by a fault of ours is that platform's task, counted and left alone.
    """

    def __init__(self, task: PlatformTask, names: Callable[[], list[str]], work: Callable[[str], int]) -> None:
        self._task, self._work = task, work
        self._names = sync_to_async(_with_connection(names), thread_sensitive=False)
        self._running: dict[str, asyncio.Future[int]] = {}
        self._places = asyncio.Semaphore(PLATFORMS_AT_ONCE)

    async def __call__(self) -> int:
        for name in await self._names():
            if name not in self._running:
                self._running[name] = asyncio.ensure_future(self._one(name))
        if self._running:
            await asyncio.wait(self._running.values(), timeout=_PATIENCE)
        done = {name: self._running.pop(name) for name in list(self._running) if self._running[name].done()}
        for name, one in done.items():
            if (fault := one.exception()) is not None:
                await self._record(name, fault)
        return sum(one.result() for one in done.values() if one.exception() is None)

    async def _one(self, name: str) -> int:
        async with self._places:
            return await in_thread(self._work, name)()

    async def _record(self, name: str, fault: BaseException) -> None:
        if says_full(fault) or (isinstance(fault, DATABASE_ERRORS) and database_away(fault)):
            raise fault  # no fault of the platform
        log.error("platform_round_failed", platform=name, task=self._task, error=type(fault).__name__, exc_info=fault)
        failed = PlatformFault(why=type(fault).__name__)
        record = _with_connection(lambda: record_failure(name, self._task, failed, actor=SYSTEM))
        await sync_to_async(record, thread_sensitive=False)()


async def _fault_of(attempt: asyncio.Future[int]) -> BaseException | None:
    """Wait for it; what it failed by, None where it did not."""
    try:
        await asyncio.wait([attempt])
    finally:
        attempt.cancel()  # nothing where it has ended; else the worker is told to stop
    return attempt.exception()


def _with_connection(work: Callable[[], Found]) -> Callable[[], Found]:
    def call() -> Found:
        try:
            return work()
        finally:
            close_old_connections()

    return call


def _failed(name: str, why: str) -> int:
    record_round_fault(name, why)
    return 0


def _well(name: str) -> int:
    record_round_well(name)
    return 0
