"""Deferring jobs in the transaction of a verb: the record and its job commit together or not at all (ADR 0003)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from procrastinate.contrib.django import app

from jaga.core.terms import FilingPriority
from jaga.records.models import Case

TRIAGE = "jaga.triage_case"
CARRY_OUT = "jaga.carry_out"
DRAW = "jaga.draw_picture"
COMPARE_LIST = "jaga.compare_with_list"
COMMIT = "jaga.make_pending_decision"
SEND_REFERRAL = "jaga.send_referral"
URGENT, ORDINARY = "urgent", "default"
"""Queue names. Urgent jobs have a dedicated worker (ADR 0047)."""
_MANY = ("SELECT procrastinate_defer_jobs_v1(array_agg(ROW(w.queue, %s, w.priority, 'case:' || w.id, NULL,"
         " jsonb_build_object('case_id', w.id), NULL)::procrastinate_job_to_defer_v1))"
         " FROM unnest(%s::bigint[], %s::int[], %s::text[]) AS w(id, priority, queue)")


def defer(task: str, *, lock: str, at: datetime | None = None, **arguments: int | str) -> None:
    """Defer `task` until after this commit, or until `at`.

    Jobs with the same `lock` run one after the other.

    Always defers, even if an equal job is waiting: that one may start before this commit and miss the change.
    """
    job = app.configure_task(task, lock=lock, schedule_at=at, allow_unknown=True).defer(**arguments)
    if task == CARRY_OUT:
        _bring_forward(job, lock, at)


def defer_triages(priorities: Mapping[int, int]) -> None:
    """Defer the triage of many cases in one statement, urgent ones first. `priorities` maps a case's id to its
    priority."""
    with connection.cursor() as cursor:
        queues = [URGENT if priority == FilingPriority.URGENT else ORDINARY for priority in priorities.values()]
        cursor.execute(_MANY,
                       [TRIAGE, list(priorities), [-10 * (priority - 1) for priority in priorities.values()], queues])


def defer_triage(case_id: int) -> None:
    """Defer another triage of a case in its current queue. Does nothing if the case does not exist."""
    for first in Case.objects.filter(pk=case_id).values_list("urgent", "victim_first"):
        defer_triages({case_id: FilingPriority.URGENT if any(first) else FilingPriority.ORDINARY})


def _bring_forward(job: int, lock: str, at: datetime | None) -> None:
    """Reschedule earlier jobs of the same lock to run no later than this one.

    Jobs of one lock run in order, so a retry in some hours would delay a job that is due now. `jobs.actions.carry_out`
    defers a new job for an action that is not yet due.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = %s WHERE id < %s AND lock = %s AND status = 'todo'"
            " AND scheduled_at > coalesce(%s, now())",
            [at, job, lock, at],
        )
