"""The worker process (`jaga worker`): runs Procrastinate jobs and the periodic tasks beside them."""

import asyncio
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from procrastinate.app import App, WorkerOptions
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from jaga.actions.jobs import (
    alarm_about_appeals,
    alarm_about_cases,
    end_restrictions,
    platforms_due,
    platforms_to_try,
    send_alarm_hooks,
    send_alarm_mails,
    try_silent_platforms,
    verify_again,
)
from jaga.adoption.verbs import follow_release, lapse_proposals
from jaga.app import tasks  # noqa: F401 - registers the jobs by their names
from jaga.app.periodic import PLATFORMS_AT_ONCE, EachPlatform, PeriodicTask, every, in_thread
from jaga.appeals.jobs import deliver_notices_of
from jaga.appeals.verbs.suspension import platforms_with_news
from jaga.batches.jobs import work_on_batches
from jaga.cases.verbs.case_alarms import call_for_case_alarms
from jaga.cases.verbs.held_letters import end_refusals, note_held_figures
from jaga.cases.verbs.letters_again import send_held_letters
from jaga.core.actors import SYSTEM
from jaga.core.caches.garbage import keep_what_is_loaded
from jaga.core.terms.cases import PlatformTask
from jaga.decisions.jobs import deliver_letters, platforms_with_letters
from jaga.decisions.verbs.votes import withdraw_what_lapsed
from jaga.exchange.package import sweep_partial
from jaga.figures.verbs.closing import close_periods
from jaga.privacy.verbs.erasure import carry_out_erasures, destroy_recorded_again
from jaga.privacy.verbs.person_requests import forget_ended
from jaga.privacy.verbs.side_tables import forget_side_rows
from jaga.privacy.verbs.sweep import sweep_retention
from jaga.proofs.jobs import ask_authority, ask_witnesses, link_all, publish_ledger
from jaga.proofs.verbs.verification import check_daily, verify_published_daily
from jaga.quality.verbs.blind_review import count_dashboard, count_dashboard_periods, measure
from jaga.quality.verbs.canary_cases import call_for_alarms, call_for_release_alarms, seal_access_log
from jaga.queue.jobs import keep_queues
from jaga.queue.verbs.leases import forget_old_drafts
from jaga.queue.verbs.search import read_all_stale, recount_turns
from jaga.referrals.jobs import maintain_referrals
from jaga.reporting.jobs import (
    file_others,
    file_urgent,
    platforms_that_act,
    platforms_with_pending_names,
    read_reports_of,
    resolve_pending_handles,
    seek_accounts,
)
from jaga.reporting.verbs.handle_resolution import sought_platforms
from jaga.reporting.verbs.independent_sources import forget_networks
from jaga.signals.jobs import defer_lost_pictures, hash_waiting_pictures
from jaga.store.kernel.guess_limits import forget_guesses
from jaga.store.kernel.jobs import ORDINARY, URGENT
from jaga.store.kernel.ledger_verification import verify_daily
from jaga.store.reads import is_put_back
from jaga.store.room import is_short
from jaga.store.vault import sweep_drafts, sweep_erased
from jaga.watch.jobs import (
    capture_waiting,
    fetch_asked_media,
    file_waiting_texts,
    keep_people_sample,
    read_watch,
    record_fault,
)
from jaga.watch.verbs.reading import running_watches
from jaga.watch.verbs.watches import end_watches, forget_observed
from jaga.webhooks.jobs import delete_expired, send_webhooks
from jaga.work.adapters import JOBS, share_out
from jaga.work.faults import DATABASE_ERRORS, ClockWatch, PatientJobManager, database_away, heartbeats_mean_something
from jaga.work.mail import send_mail
from jaga.work.rescue import STALLED_AFTER, defer_lost_work, retry_stalled

log = structlog.get_logger("jaga.worker")
_BEAT = STALLED_AFTER.total_seconds() / 5
# PostgreSQL notifies of new jobs; this interval is for scheduled jobs and missed notifications.
_LOOK_EVERY = 0.25
_PAUSE = 1.0  # before restarting after the database became unavailable
_URGENT_FILING = "urgent_filing"
_POLICY = "policy"  # every process follows the release in force
_GARBAGE = "garbage"  # and keeps what it loaded


class WorkerPriority(StrEnum):
    """What a worker process does: `all`, or one process each for `urgent` and `ordinary`."""

    ALL = "all"
    URGENT = "urgent"  # only files and triages urgent reports
    ORDINARY = "ordinary"  # everything else

    @property
    def options(self) -> WorkerOptions:
        """Procrastinate's options: the queue to fetch from, or none for all."""
        return {} if self is WorkerPriority.ALL else {"queues": [URGENT if self is WorkerPriority.URGENT else ORDINARY]}

    def does(self, task: str) -> bool:
        """Whether this worker runs the periodic task of that name."""
        return (
            self is WorkerPriority.ALL
            or task in (_POLICY, _GARBAGE)
            or (task == _URGENT_FILING) == (self is WorkerPriority.URGENT)
        )


def _with_room(task: Callable[[], int]) -> Callable[[], int]:
    """Wrap a task that brings in data which can wait, so that it pauses while disk space is short."""
    return lambda: 0 if is_short() else task()


def _while_room(names: Callable[[], list[str]]) -> Callable[[], list[str]]:
    """Wrap the platforms of such a task: none while disk space is short."""
    return lambda: [] if is_short() else names()


def _periodic_tasks(working: App) -> Mapping[str, tuple[float, PeriodicTask]]:
    """The periodic tasks: interval in seconds and function, by name."""

    async def stalled() -> int:
        return await retry_stalled(working) if await judge() else 0

    judge = in_thread(lambda: heartbeats_mean_something(STALLED_AFTER))
    clock: list[ClockWatch] = []

    def check_clock() -> int:
        if not clock:
            clock.append(ClockWatch(time.monotonic()))
        return clock[0].check(time.monotonic())

    return {
        _POLICY: (1.0, in_thread(_follow_release)),
        _GARBAGE: (600.0, in_thread(_keep_what_is_loaded)),
        "policy_proposals": (60.0, in_thread(_lapse_proposals)),
        "policy_alarms": (30.0, in_thread(call_for_release_alarms)),
        "sequencer": (0.5, in_thread(link_all)),
        "publisher": (5.0, in_thread(publish_ledger)),
        "witnesses": (5.0, in_thread(ask_witnesses)),
        "timestamps": (60.0, in_thread(ask_authority)),
        _URGENT_FILING: (0.1, in_thread(file_urgent)),  # separate, so that it never waits behind ordinary filing
        "filing": (0.5, in_thread(partial(file_others, 0))),  # of these accounts
        "filing_beside": (0.5, in_thread(partial(file_others, 1))),  # of the others
        "watch": (2.0, EachPlatform(PlatformTask.ROOMS, _while_room(running_watches), read_watch, record_fault)),
        "captures": (5.0, in_thread(_with_room(capture_waiting))),
        "media": (2.0, in_thread(_with_room(fetch_asked_media))),
        "watch_ends": (10.0, in_thread(end_watches)),
        "watch_expiry": (30.0, in_thread(forget_observed)),
        "shared_words": (30.0, in_thread(file_waiting_texts)),
        "people_sample": (60.0, in_thread(keep_people_sample)),
        "stalled": (2.5, stalled),
        "clock": (5.0, in_thread(check_clock)),
        "probe": (5.0, EachPlatform(PlatformTask.ACTIONS, platforms_to_try, try_silent_platforms)),
        "lost_work": (15.0, in_thread(defer_lost_work)),
        "verification": (30.0, EachPlatform(PlatformTask.CHECKS, platforms_due, verify_again)),
        "names": (15.0, EachPlatform(PlatformTask.NAMES, platforms_with_pending_names, resolve_pending_handles)),
        "accounts": (5.0, EachPlatform(PlatformTask.NAMES, sought_platforms, seek_accounts)),
        "turns": (30.0, in_thread(recount_turns)),
        "webhooks": (1.0, in_thread(send_webhooks)),
        "api_leftovers": (300.0, in_thread(delete_expired)),
        "guesses": (300.0, in_thread(forget_guesses)),
        "person_requests": (3600.0, in_thread(forget_ended)),
        "mail": (5.0, in_thread(send_mail)),
        "in_app": (5.0, EachPlatform(PlatformTask.REPORTS, _while_room(platforms_that_act), read_reports_of)),
        "dashboard": (30.0, in_thread(count_dashboard)),
        "ledger_verification": (60.0, in_thread(verify_daily)),
        "invariants": (3600.0, in_thread(check_daily)),
        "held_letters": (60.0, in_thread(send_held_letters)),
        "row_refusals": (60.0, in_thread(end_refusals)),
        "published_verification": (60.0, in_thread(verify_published_daily)),
        "dashboard_periods": (1800.0, in_thread(count_dashboard_periods)),
        "agreement": (300.0, in_thread(measure)),
        "figures": (300.0, in_thread(_close_figures)),
        "networks": (3600.0, in_thread(forget_networks)),
        "hearings": (5.0, EachPlatform(PlatformTask.ACTIONS, platforms_with_letters, deliver_letters)),
        "expiry": (30.0, in_thread(end_restrictions)),
        "erasures": (2.0, in_thread(_carry_out_erasures)),
        "erasures_again": (60.0, in_thread(_destroy_recorded_again)),
        "drafts": (3600.0, in_thread(forget_old_drafts)),
        "retention": (30.0, in_thread(_sweep_retention)),
        "side_rows": (900.0, in_thread(forget_side_rows)),
        "hashes": (1.0, in_thread(hash_waiting_pictures)),
        "pictures": (60.0, in_thread(defer_lost_pictures)),
        "queues": (2.0, in_thread(keep_queues)),
        "access_log": (600.0, in_thread(seal_access_log)),
        "alarms": (10.0, in_thread(call_for_alarms)),
        "case_alarms": (10.0, in_thread(call_for_case_alarms)),
        "case_clocks": (10.0, in_thread(alarm_about_cases)),
        "appeal_news": (10.0, EachPlatform(PlatformTask.ACTIONS, platforms_with_news, deliver_notices_of)),
        "overdue_appeals": (30.0, in_thread(alarm_about_appeals)),
        "referrals": (10.0, in_thread(maintain_referrals)),
        "alarm_mails": (5.0, in_thread(send_alarm_mails)),
        "alarm_webhook": (5.0, in_thread(send_alarm_hooks)),
        "lapsed_votes": (30.0, in_thread(withdraw_what_lapsed)),
        "batches": (1.0, in_thread(_with_room(work_on_batches))),
        "half_written": (3600.0, in_thread(_sweep_half_written)),
        "search": (0.5, in_thread(read_all_stale)),
    }


def _follow_release() -> int:
    """Work under the release in force."""
    return follow_release("worker")


def _keep_what_is_loaded() -> int:
    """Not once at the start: what triage needs is loaded with the first case, and a release when it is adopted."""
    keep_what_is_loaded()
    return 0


def _lapse_proposals() -> int:
    """End policy releases that nobody confirmed within a day."""
    return lapse_proposals(actor=SYSTEM)


def _close_figures() -> int:
    note_held_figures()
    return close_periods()


def _sweep_retention() -> int:
    """Delete what is due; nothing in a database that was restored without a declared epoch."""
    return 0 if is_put_back() else sweep_retention()


def _carry_out_erasures() -> int:
    """Destroy the keys of what was erased; nothing in a database that was restored without a declared epoch."""
    return 0 if is_put_back() else carry_out_erasures()


def _destroy_recorded_again() -> int:
    """Destroy them again in a copy of the key store that was put back while we run."""
    return 0 if is_put_back() else destroy_recorded_again()


def _sweep_half_written() -> int:
    """Delete partial files that a killed process left among originals and exports, and files of what was erased."""
    return sweep_drafts() + sweep_erased() + sweep_partial(Path(settings.HOME) / "exports")


def _connector() -> BaseConnector:
    """The worker's own database connections for fetching jobs; the jobs themselves use Django's."""
    django = app.connector
    assert isinstance(django, DjangoConnector)
    return django.get_worker_connector()


async def run_worker(concurrency: int = JOBS, priority: WorkerPriority = WorkerPriority.ALL) -> None:
    """Work until SIGINT or SIGTERM, then finish running jobs.

    Several workers may run concurrently.

    An unavailable database is waited for. A failing periodic task ends neither the worker nor other tasks
    (`app.periodic`).
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    share_out(concurrency)
    await _make_room(concurrency)
    while not stop.is_set():
        try:
            await _work(stop, concurrency, priority)
        except DATABASE_ERRORS as lost:
            if not database_away(lost):
                raise
            log.warning("database_lost", error=type(lost).__name__)
        if not stop.is_set():
            log.warning("worker_starts_anew")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _PAUSE)


async def _make_room(concurrency: int) -> None:
    """Provide a thread and a connection for every job and periodic task, so that a slow platform delays no other."""
    together = concurrency + len(_periodic_tasks(app)) + 5 * PLATFORMS_AT_ONCE
    executor = ThreadPoolExecutor(together, thread_name_prefix="jaga")
    asyncio.get_running_loop().set_default_executor(executor)
    pool = connection.settings_dict["OPTIONS"].get("pool")
    if isinstance(pool, dict):
        pool["max_size"] = max(together, int(pool.get("max_size", 0)))
        await sync_to_async(_close_pool, thread_sensitive=False)()  # reopened with the new size


def _close_pool() -> None:
    django = connections[DEFAULT_DB_ALIAS]
    assert isinstance(django, DatabaseWrapper)
    django.close_pool()


async def _work(stop: asyncio.Event, concurrency: int, priority: WorkerPriority) -> None:
    """Work until told to stop, or until the database becomes unavailable."""
    async with app.with_connector(_connector()).open_async() as working:
        working.job_manager = PatientJobManager(working.connector)
        options = priority.options | WorkerOptions(
            concurrency=concurrency,
            fetch_job_polling_interval=_LOOK_EVERY,
            update_heartbeat_interval=_BEAT,
            stalled_worker_timeout=STALLED_AFTER.total_seconds(),
            delete_jobs="successful",
            shutdown_graceful_timeout=20.0,
            install_signal_handlers=False,
        )
        worker = asyncio.create_task(working.run_worker_async(**options))
        periodic = _periodic_tasks(working).items()
        tasks = [
            asyncio.create_task(every(pause, name, task)) for name, (pause, task) in periodic if priority.does(name)
        ]
        tasks.append(asyncio.create_task(_until(stop)))
        try:
            done, _ = await asyncio.wait([worker, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for one in (worker, *tasks):
                one.cancel()
            await asyncio.gather(worker, *tasks, return_exceptions=True)


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()
