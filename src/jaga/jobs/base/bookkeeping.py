"""Records the end of a job even if the database becomes unavailable at that moment.

Procrastinate tries once. A job whose end was not recorded stays "doing" under a live worker that no longer runs it, is
never treated as stalled, and is lost.
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
"""Seconds. Less than `rescue.STALLED_AFTER`, so that nothing is written after other workers took the job over."""
_PAUSE = 0.2
log = structlog.get_logger("jaga.worker")


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
            log.warning("job_not_written_yet", job=job.id, task=job.task_name)
        await asyncio.sleep(_PAUSE)
