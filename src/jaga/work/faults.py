"""Effects of a clock that was set back, on waiting jobs and on workers' heartbeats.

Tells an unavailable database, which needs patience, from a programming error, which does not go away.

Rate-limited logging: an unavailable platform writes one line a minute instead of one for each attempt.

Records the end of a job even if the database becomes unavailable at that moment.

Procrastinate tries once. A job whose end was not recorded stays "doing" under a live worker that no longer runs it, is
never treated as stalled, and is lost.

Fault isolation: a fault of one platform is counted for it, and the periodic task goes on with the next.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import psycopg
import structlog
from django.db import DataError, InterfaceError, OperationalError, connection
from django.db.models import Q
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.errors import RaiseException

from jaga.actions.verbs import circuit_breaker
from jaga.cases.models.decisions import Action
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.platforms import NotReadable, PlatformFault, PlatformUnreachable
from jaga.core.terms.cases import ActionState, PlatformTask
from jaga.store.kernel.jobs import bring_all_jobs_forward, correct_future_heartbeats
from jaga.store.kernel.validation import left_alone, record_failure, record_success
from jaga.store.models import LedgerEntry
from jaga.work.adapters import TurnLost

_APART = timedelta(minutes=1)  # less is the ordinary correction of a clock


def heartbeats_mean_something(patience: timedelta) -> bool:
    """Whether a heartbeat older than `patience` shows that its worker is dead.

    False right after the database started, since no worker could send one while it was down. A heartbeat from the
    future means that the clock was set back; it is reset to now and must be followed by another.
    """
    correct_future_heartbeats(_APART)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT now() - pg_postmaster_start_time() BETWEEN interval '0' AND make_interval(secs => %s)",
            [patience.total_seconds()],
        )
        return not cursor.fetchone()[0]


class ClockWatch:
    """Detects a clock that was set back, which would delay scheduled jobs by that much.

    A clock set forward needs no action: jobs run early, which is harmless since adapters observe before they act.
    """

    def __init__(self, monotonic: float) -> None:
        self._offset = now().timestamp() - monotonic
        newest = LedgerEntry.objects.order_by("-pk").values_list("at", flat=True).first()
        self._behind = newest is not None and newest > now() + _APART  # set back while no worker ran

    def check(self, monotonic: float) -> int:
        """Bring waiting jobs forward, once each time the clock was set back; returns how many."""
        offset = now().timestamp() - monotonic
        behind = self._behind or offset < self._offset - _APART.total_seconds()
        self._offset, self._behind = offset, False
        return bring_all_forward() if behind else 0


def bring_all_forward() -> int:
    """Schedule all waiting jobs and actions for now; returns how many jobs.

    Costs an attempt on unavailable platforms.
    """
    later = Q(state=ActionState.PENDING, next_attempt_at__gt=now())
    Action.objects.filter(later).update(next_attempt_at=now())
    return bring_all_jobs_forward()


_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, TurnLost)
DATABASE_ERRORS = (*_AWAY, ConnectorException)
"""Exceptions to catch and then check with `database_away`."""


def database_away(error: BaseException | None) -> bool:
    """Whether the error means that the database is unavailable."""
    if isinstance(error, ConnectorException):
        # A foreign key violation: the other workers pruned this one as dead; it registers again.
        return isinstance(error.__cause__, (*_AWAY, psycopg.errors.ForeignKeyViolation))
    return isinstance(error, _AWAY)


SECONDS = 60.0


class OnceAMinute:
    """Passes one line a minute for each subject and counts those left out."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds, self._lock = seconds, Lock()
        self._last: dict[str, tuple[float, int]] = {}

    def due(self, subject: str) -> int | None:
        """None if this minute's line was written, else the number of lines left out since the last one."""
        moment = time.monotonic()
        with self._lock:
            last, left_out = self._last.get(subject, (moment - self._seconds, 0))
            due = moment - last >= self._seconds
            self._last[subject] = (moment, 0) if due else (last, left_out + 1)
        return left_out if due else None


log_of_sparing = structlog.get_logger("jaga.platforms")
lines = OnceAMinute()


def log_silence(platform: str, failed: PlatformUnreachable, **more: object) -> None:
    """Log that the platform gave no usable answer, at most once a minute whatever was asked."""
    left_out = lines.due(platform)
    if left_out is not None:
        log_of_sparing.warning(
            "platform_unreachable",
            platform=platform,
            code=failed.code,
            why=failed.params.get("why"),
            left_out=left_out,
            **more,
        )


PATIENCE = 10.0
"""Seconds. Less than `rescue.STALLED_AFTER`, so that nothing is written after other workers took the job over."""
_PAUSE = 0.2
log_of_bookkeeping = structlog.get_logger("jaga.worker")


class PatientJobManager(JobManager):
    """Procrastinate's job manager, retrying while the database is unavailable; then raises ConnectorException."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """As in Procrastinate."""
        finish = super().finish_job
        await _write(job, lambda: finish(job, status, delete_job))

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """As in Procrastinate."""
        retry = super().retry_job
        await _write(job, lambda: retry(job, retry_at, priority, queue, lock))


async def _write(job: Job, attempt: Callable[[], Awaitable[Any]]) -> None:
    end, lost = time.monotonic() + PATIENCE, False
    while True:
        try:
            await attempt()
            return
        except ConnectorException as failed:
            if lost and isinstance(failed.__cause__, RaiseException):
                return  # it was written; only the answer was lost
            if not database_away(failed) or time.monotonic() > end:
                raise
            lost = True
            log_of_bookkeeping.warning("job_not_written_yet", job=job.id, task=job.task_name)
        await asyncio.sleep(_PAUSE)


log_of_contained = structlog.get_logger("jaga.platforms")


def may_begin(platform: str, task: PlatformTask) -> bool:
    """Whether the task may ask this platform now: neither its circuit breaker nor this task's pause forbids it."""
    return not circuit_breaker.left_alone(platform) and not left_alone(platform, task)


@dataclass
class Attempt:
    """The result of a contained block, available after it."""

    silent: bool = False
    faulty: bool = False


@contextmanager
def contained(platform: str, task: PlatformTask) -> Iterator[Attempt]:
    """Run one task on one platform.

    A missing, unusable or unstorable answer is recorded and ends the block.

    Our own errors and an unavailable database pass through.
    """
    attempt = Attempt()
    try:
        yield attempt
    except NotReadable as nothing:
        log_of_contained.debug("platform_not_readable", platform=platform, task=task, why=nothing.params.get("why"))
    except PlatformUnreachable as failed:
        attempt.faulty = isinstance(failed, PlatformFault)
        attempt.silent = not attempt.faulty
        _record(platform, task, failed)
    except DataError as refused:  # a value that passed the adapter but cannot be stored
        attempt.faulty = True
        _record(platform, task, PlatformFault(why=f"not storable: {type(refused.__cause__).__name__}"))
    except JagaError as failed:  # for example a configuration error
        log_of_contained.warning("platform_task_failed", platform=platform, task=task, code=failed.code)
    else:
        record_success(platform, task)


def _record(platform: str, task: PlatformTask, failed: PlatformUnreachable) -> None:
    until = record_failure(platform, task, failed, actor=SYSTEM)
    log_silence(platform, failed, task=task, left_alone_until=until)
