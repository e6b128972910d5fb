"""Deferring jobs in the transaction of a verb: the record and its job commit together or not at all (ADR 0003)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from procrastinate.contrib.django import app

from jaga.core.terms import Lane
from jaga.records.models import Case

TRIAGE = "jaga.triage_case"
CARRY_OUT = "jaga.carry_out"
DRAW = "jaga.draw_picture"
COMPARE_LIST = "jaga.compare_with_list"
COMMIT = "jaga.commit_decision"
SEND_REFERRAL = "jaga.send_referral"
URGENT, ORDINARY = "urgent", "default"
"""Queue names. Urgent jobs have a dedicated worker (ADR 0047)."""
_MANY = ("SELECT procrastinate_defer_jobs_v1(array_agg(ROW(w.queue, %s, w.priority, 'case:' || w.id, NULL,"
         " jsonb_build_object('case_id', w.id), NULL)::procrastinate_job_to_defer_v1))"
         " FROM unnest(%s::bigint[], %s::int[], %s::text[]) AS w(id, priority, queue)")


def promise(task: str, *, lock: str, at: datetime | None = None, **arguments: int | str) -> None:
    """Defer `task` until after this commit, or until `at`.

    Jobs with the same `lock` run one after the other.

    Always defers, even if an equal job is waiting: that one may start before this commit and miss the change.
    """
    job = app.configure_task(task, lock=lock, schedule_at=at, allow_unknown=True).defer(**arguments)
    if task == CARRY_OUT:
        _bring_forward(job, lock, at)


def promise_triages(lanes: Mapping[int, int]) -> None:
    """Defer the triage of many cases in one statement, urgent ones first. `lanes` maps a case's id to its priority."""
    with connection.cursor() as cursor:
        queues = [URGENT if lane == Lane.URGENT else ORDINARY for lane in lanes.values()]
        cursor.execute(_MANY, [TRIAGE, list(lanes), [-10 * (lane - 1) for lane in lanes.values()], queues])


def promise_triage(case_id: int) -> None:
    """Defer another triage of a case in its current queue. Does nothing if the case does not exist."""
    for first in Case.objects.filter(pk=case_id).values_list("urgent", "victim_first"):
        promise_triages({case_id: Lane.URGENT if any(first) else Lane.ORDINARY})


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
