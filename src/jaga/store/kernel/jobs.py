"""Deferring jobs in the transaction of a verb: the record and its job commit together or not at all (ADR 0003).

All SQL on Procrastinate's own tables, for what its interface does not offer.

It fits the schema of the version that `pyproject.toml` allows; `tests/casework/kernel/test_job_tables.py` names all
that is used of it. Each function works in the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection
from procrastinate.contrib.django import app

from jaga.cases.models.cases import Case
from jaga.core.terms.reports import FilingPriority
from jaga.store.bulk import ask_prepared

_DEFER_MANY = """
SELECT procrastinate_defer_jobs_v1(array_agg(ROW(
    w.queue, %s::text, w.priority, 'case:' || w.id, NULL, jsonb_build_object('case_id', w.id), NULL
)::procrastinate_job_to_defer_v1))
FROM unnest(%s::bigint[], %s::int[], %s::text[]) AS w(id, priority, queue)
"""
# What is urgent first, as jobs are fetched. One whose case is at work is left to that.
_LOCK_WAITING = """
SELECT j.id, (j.args->>'case_id')::bigint FROM procrastinate_jobs j
JOIN records_case c ON c.id = (j.args->>'case_id')::bigint AND c.reports_count <= %s
WHERE j.task_name = %s AND j.queue_name = %s AND j.status = 'todo'
  AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
  AND NOT EXISTS (SELECT FROM procrastinate_jobs d WHERE d.lock = j.lock AND d.status = 'doing')
ORDER BY j.priority DESC, j.id LIMIT %s FOR UPDATE OF j SKIP LOCKED
"""
_LISTS = """
SELECT (args->>'list_id')::bigint FROM procrastinate_jobs j
WHERE task_name = %s AND (status IN ('todo', 'doing') OR status = 'failed' AND EXISTS (
    SELECT FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > now() - make_interval(secs => %s)))
"""
_DELETE_ENDED = """
WITH old AS (
    SELECT j.id FROM procrastinate_jobs j WHERE j.status IN ('failed', 'cancelled', 'aborted', 'succeeded')
    AND NOT EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at >= %s)
    AND NOT EXISTS (SELECT 1 FROM procrastinate_periodic_defers p WHERE p.job_id = j.id) ORDER BY j.id LIMIT %s),
events AS (DELETE FROM procrastinate_events e USING old WHERE e.job_id = old.id)
DELETE FROM procrastinate_jobs j USING old WHERE j.id = old.id"""


def defer_for_cases(task: str, cases: Sequence[int], priorities: Sequence[int], queues: Sequence[str]) -> None:
    """One job of this task for each case, with the priority and the queue at the same place, in one statement."""
    if cases:
        ask_prepared(_DEFER_MANY, [task, list(cases), list(priorities), list(queues)])


def bring_forward(job: int, lock: str, at: datetime | None) -> None:
    """Let the earlier jobs of the same lock wait no longer than this one, which is due `at` (None: now)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = %s WHERE id < %s AND lock = %s AND status = 'todo'"
            " AND scheduled_at > coalesce(%s, now())",
            [at, job, lock, at],
        )


def bring_all_jobs_forward() -> int:
    """Let every job that waits for a later moment start now; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now()"
        )
        return int(cursor.rowcount)


def has_job(task: str, number: int, *, running: bool = True, lock: str = "case") -> bool:
    """Whether the case (or what else such jobs lock) has such a job that waits, or (with `running`) is at work."""
    states = ["todo", "doing"] if running else ["todo"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = %s AND lock = %s"
            " AND status = ANY(%s::procrastinate_job_status[]))",
            [task, f"{lock}:{number}", states],
        )
        return bool(cursor.fetchone()[0])


def has_job_with_lock(lock: str) -> bool:
    """Whether a job of any task with this lock waits or is at work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = %s AND status IN ('todo', 'doing'))", [lock]
        )
        return bool(cursor.fetchone()[0])


def jobs_waiting(task: str) -> int:
    """How many jobs of this kind wait, also for their moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", [task])
        return int(cursor.fetchone()[0])


def lists_with_job(task: str, failed_within: timedelta) -> frozenset[int]:
    """The lists of hashes (by number) with such a job that waits, is at work, or failed within that time."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTS, [task, failed_within.total_seconds()])
        return frozenset(number for (number,) in cursor.fetchall())


def lock_waiting_cases(task: str, queue: str, *, most_reports: int, most: int) -> list[tuple[int, int]]:
    """Jobs that could start now, for cases of few reports, as (job, case).

    They stay locked until the transaction ends; those that another worker has locked are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_WAITING, [most_reports, task, queue, most])
        return list(cursor.fetchall())


def finish(jobs: Collection[int]) -> None:
    """End these jobs as succeeded and delete them, as a worker does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT procrastinate_finish_job_v1(id, 'succeeded', true) FROM unnest(%s::bigint[]) AS done(id)",
            [list(jobs)],
        )


def correct_future_heartbeats(apart: timedelta) -> None:
    """Take a worker's heartbeat that lies further ahead than this as of now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE last_heartbeat >"
            " now() + make_interval(secs => %s)",
            [apart.total_seconds()],
        )


def delete_ended(before: datetime, most: int) -> int:
    """Delete jobs that ended in whatever way before that moment, with their events; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_ENDED, [before, most])
        return int(cursor.rowcount)


TRIAGE = "jaga.triage_case"
CARRY_OUT = "jaga.carry_out"
DRAW = "jaga.draw_picture"
COMPARE_LIST = "jaga.compare_with_list"
BACKTEST = "jaga.run_backtest"
COMMIT = "jaga.make_pending_decision"
YOUTH = "jaga.record_youth_answers"
SEND_REFERRAL = "jaga.send_referral"
FEW_REPORTS = 5
"""Cases with at most so many reports are triaged together; one with more has its own job."""
URGENT, ORDINARY = "urgent", "default"
"""Queue names. Urgent jobs have a dedicated worker (ADR 0047)."""


def defer(task: str, *, lock: str, at: datetime | None = None, **arguments: int | str) -> None:
    """Defer `task` until after this commit, or until `at`.

    Jobs with the same `lock` run one after the other.

    Always defers, even if an equal job is waiting: that one may start before this commit and miss the change.
    """
    job = app.configure_task(task, lock=lock, schedule_at=at, allow_unknown=True).defer(**arguments)
    if task == CARRY_OUT:
        # Jobs of one lock keep their order: else a retry in some hours would delay jobs that are due now.
        # `actions.jobs` sees to it that an action whose moment has not come gets a job for that moment.
        bring_forward(job, lock, at)


def defer_triages(priorities: Mapping[int, int]) -> None:
    """Defer the triage of many cases in one statement, urgent ones first. `priorities` maps a case's id to its
    priority."""
    queues = [URGENT if priority == FilingPriority.URGENT else ORDINARY for priority in priorities.values()]
    defer_for_cases(TRIAGE, list(priorities), [-10 * (priority - 1) for priority in priorities.values()], queues)


def defer_triage(case_id: int) -> None:
    """Defer another triage of a case in its current queue. Does nothing if the case does not exist."""
    for first in Case.objects.filter(pk=case_id).values_list("urgent", "victim_first"):
        defer_triages({case_id: FilingPriority.URGENT if any(first) else FilingPriority.ORDINARY})
