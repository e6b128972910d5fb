"""Writing down what became of a job, also where the database goes away at that very moment.

The job library tries once. A job whose end was not written stays "doing" under a worker that lives and no longer has
it: nobody takes it for stalled, and what it was for never happens.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.errors import RaiseException

from jaga.jobs.base.outages import database_away

PATIENCE = 10.0
"""Seconds. Less than `rescue.STALLED_AFTER`: when others take it over from a worker that seems dead, nobody writes."""
_PAUSE = 0.2
log = structlog.get_logger("jaga.worker")


class PatientJobManager(JobManager):
    """The library's own, which tries again while the database is away. Raises ConnectorException as it does, then."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """As the library's."""
        finish = super().finish_job
        await _write(job, lambda: finish(job, status, delete_job))

    async def retry_job(
        self, job: Job, retry_at: datetime | None = None, priority: int | None = None, queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """As the library's."""
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
                return  # it was written: only the answer was lost with the connection
            if not database_away(failed) or time.monotonic() > end:
                raise
            lost = True
            log.warning("job_not_written_yet", job=job.id, task=job.task_name)
        await asyncio.sleep(_PAUSE)
