"""Deferring jobs in the transaction of a verb: the record and its job commit together or not at all (ADR 0003)."""

from collections.abc import Mapping
from datetime import datetime

from procrastinate.contrib.django import app

from jaga.casework.kernel.job_tables import bring_forward, defer_for_cases
from jaga.core.terms.reports import FilingPriority
from jaga.records.models import Case

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
        # `jobs.actions.carry_out` sees to it that an action whose moment has not come gets a job for that moment.
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
