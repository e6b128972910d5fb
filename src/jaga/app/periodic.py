"""Scheduling of periodic tasks, so that a failing task does not end the worker, and no platform delays another."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections

from jaga.core.actors import SYSTEM
from jaga.core.platforms import PlatformFault
from jaga.core.terms.cases import PlatformTask
from jaga.policy.in_force import one_release
from jaga.store.kernel.validation import record_failure, record_task_fault, record_task_well
from jaga.store.room import says_full
from jaga.work.faults import DATABASE_ERRORS, database_away

log = structlog.get_logger("jaga.worker")
PLATFORMS_AT_ONCE = 4
"""Platforms that one periodic task asks concurrently."""
_PATIENCE = 0.5  # seconds a run waits for its platforms; slower ones continue in the background
_LONGEST_PAUSE = 60.0  # seconds, after repeated failures
PeriodicTask = Callable[[], Awaitable[int]]
Found = TypeVar("Found")


def in_thread(task: Callable[..., int], *given: str) -> PeriodicTask:
    """Run the function in its own thread, and return its database connection afterwards."""

    def call() -> int:
        try:
            with one_release():
                return task(*given)
        finally:
            close_old_connections()

    return sync_to_async(call, thread_sensitive=False)


async def every(seconds: float, name: str, task: PeriodicTask) -> None:
    """Run a periodic task forever, `seconds` apart. An unavailable database or full disk is waited for.

    A task that fails by a programming error is reported (`periodic_tasks` at `/health/ready`) and retried after a
    longer pause; other tasks and all jobs continue.
    """
    failures = 0
    reported = True  # perhaps, by a worker that has ended since
    while True:
        fault = await _fault_of(asyncio.ensure_future(task()))
        if fault is None:
            if reported:
                reported = await _fault_of(asyncio.ensure_future(in_thread(_well, name)())) is not None
            failures = 0
        elif says_full(fault):
            log.warning("disk_full", task=name)  # continues once there is room
        elif isinstance(fault, DATABASE_ERRORS) and database_away(fault):
            # The database restarts, so waiting helps.
            log.warning("database_unreachable", task=name, error=type(fault).__name__)
        else:
            failures, reported = failures + 1, True
            log.error("periodic_task_failed", task=name, error=type(fault).__name__, failures=failures, exc_info=fault)
            await _fault_of(asyncio.ensure_future(in_thread(_failed, name, type(fault).__name__)()))
        await asyncio.sleep(min(seconds * 2 ** min(failures, 10), max(seconds, _LONGEST_PAUSE)))


class EachPlatform:
    """A periodic task over platforms, each in its own thread.

    A slow platform is not asked again before it has answered, and delays no other. A programming error counts as a
    fault of that platform's task, which then pauses. Where the names are not those of platforms (of watches), `record`
    says what becomes of such a fault.
    """

    def __init__(
        self,
        task: PlatformTask,
        names: Callable[[], list[str]],
        work: Callable[[str], int],
        record: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        self._task, self._work, self._record_fault = task, work, record or self._of_platform
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
            raise fault  # not a fault of the platform
        log.error("platform_task_failed", platform=name, task=self._task, error=type(fault).__name__, exc_info=fault)
        record = _with_connection(lambda: self._record_fault(name, fault))
        await sync_to_async(record, thread_sensitive=False)()

    def _of_platform(self, name: str, fault: BaseException) -> None:
        record_failure(name, self._task, PlatformFault(why=type(fault).__name__), actor=SYSTEM)


async def _fault_of(attempt: asyncio.Future[int]) -> BaseException | None:
    """Wait for the attempt; returns its exception, or None."""
    try:
        await asyncio.wait([attempt])
    finally:
        attempt.cancel()  # no effect if it has ended; otherwise the worker is stopping
    return attempt.exception()


def _with_connection(work: Callable[[], Found]) -> Callable[[], Found]:
    def call() -> Found:
        try:
            with one_release():
                return work()
        finally:
            close_old_connections()

    return call


def _failed(name: str, why: str) -> int:
    record_task_fault(name, why)
    return 0


def _well(name: str) -> int:
    record_task_well(name)
    return 0
