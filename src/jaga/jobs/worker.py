"""The worker: promised jobs, and beside them the rounds that nobody promises. Run by `jaga worker`."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import sync_to_async
from django.db import OperationalError, close_old_connections
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from jaga.casework.proof import link_entries
from jaga.jobs import tasks  # noqa: F401 - registers the jobs by their names
from jaga.jobs.rescue import STALLED_AFTER, promise_lost_work, retry_stalled
from jaga.jobs.verify import verify_again
from jaga.jobs.watch import read_public_rooms

log = structlog.get_logger("jaga.worker")
_BEAT = STALLED_AFTER.total_seconds() / 5


def _in_thread(round_: Callable[[], int]) -> Callable[[], Awaitable[int]]:
    def call() -> int:
        try:
            return round_()
        finally:
            close_old_connections()

    return sync_to_async(call, thread_sensitive=False)


async def _every(seconds: float, name: str, round_: Callable[[], Awaitable[int]]) -> None:
    while True:
        try:
            await round_()
        except OperationalError as lost:  # the database restarts; everything is in it, so waiting is the answer
            log.warning("database_unreachable", round=name, error=type(lost).__name__)
        await asyncio.sleep(seconds)


def _connector() -> BaseConnector:
    """Jobs are fetched over connections of their own; what jobs write goes over Django's."""
    django = app.connector
    assert isinstance(django, DjangoConnector)
    return django.get_worker_connector()


async def run_worker(concurrency: int = 4) -> None:
    """Work until SIGINT or SIGTERM; running jobs are finished first. A fault in a round ends the worker, in sight."""
    async with app.with_connector(_connector()).open_async() as working:
        rounds = {
            "sequencer": (0.5, _in_thread(link_entries)),
            "watch": (2.0, _in_thread(read_public_rooms)),
            "stalled": (5.0, lambda: retry_stalled(working)),
            "lost_work": (15.0, _in_thread(promise_lost_work)),
            "verification": (30.0, _in_thread(verify_again)),
        }
        worker = asyncio.create_task(working.run_worker_async(
            concurrency=concurrency, fetch_job_polling_interval=1.0, update_heartbeat_interval=_BEAT,
            stalled_worker_timeout=STALLED_AFTER.total_seconds(), delete_jobs="successful",
            shutdown_graceful_timeout=20.0,
        ))
        loops = [asyncio.create_task(_every(pause, name, round_)) for name, (pause, round_) in rounds.items()]
        try:
            done, _ = await asyncio.wait([worker, *loops], return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(worker, *loops, return_exceptions=True)
