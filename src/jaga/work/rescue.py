"""Rescue of lost work: jobs of dead workers return to the queue, and work without a job gets a new one."""

from datetime import timedelta

import structlog
from django.db.models import Exists, OuterRef
from procrastinate.app import App
from procrastinate.exceptions import ConnectorException
from psycopg.errors import RaiseException

from jaga.actions.verbs.attempts import attempt_failed
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import OPEN_ACTION_STATES, ActionState, OutcomeKind
from jaga.decisions.models import DecisionPause, PendingDecision
from jaga.decisions.verbs.undo_window import defer_pending_decision
from jaga.signals.verbs.image_hashes import defer_comparison, uncompared_lists
from jaga.signals.verbs.pictures import cases_with_due_answers, defer_youth_answers
from jaga.store.kernel.jobs import CARRY_OUT, COMMIT, COMPARE_LIST, TRIAGE, YOUTH, defer_triage, has_job, lists_with_job

STALLED_AFTER = timedelta(seconds=15)
_GRACE = timedelta(seconds=30)  # a commit and its job may not be visible at the same moment
_AFTER_A_FAILURE = timedelta(minutes=10)
"""A comparison that always fails starts again after this time, not at each check."""
log = structlog.get_logger("jaga.rescue")


async def retry_stalled(app: App) -> int:
    """Return the jobs of workers without a heartbeat to the queue; their locks keep the order.

    Returns how many.

    If a worker only seems dead, no effect happens twice: it still holds its account lock (`work.adapters`).
    """
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER.total_seconds())
    retried = 0
    for job in stalled:
        try:
            await app.job_manager.retry_job(job, retry_at=now())
        except ConnectorException as refused:
            if not isinstance(refused.__cause__, RaiseException):
                raise
            continue  # another worker returned it meanwhile, or its own finished it
        log.warning("stalled_job_retried", job=job.id, task=job.task_name, lock=job.lock)
        retried += 1
    return retried


def defer_lost_work() -> int:
    """Defer work that has no live job; returns how many.

    That is a case without triage, a pending decision or answer past its window, a hash list not compared with every
    picture, or an action without a next attempt. It happens when a job failed by a programming error. Each started job
    of an action counts as an attempt, so that it ends as *stuck* and not in a loop. An action that waits for people, or
    behind another one on the same account, needs no job.
    """
    waiting = now() - _GRACE
    untriaged = Case.objects.filter(state=CaseState.RECEIVED, opened_at__lt=waiting).values_list("pk", flat=True)
    lost_cases = [case for case in untriaged if not has_job(TRIAGE, case)]
    for case in lost_cases:
        defer_triage(case)
        log.warning("triage_deferred_again", case=case)
    paused = DecisionPause.objects.filter(pending=OuterRef("pk"), resumed_at__isnull=True)  # held for a supervisor
    due = PendingDecision.objects.filter(~Exists(paused), ended_at__isnull=True, undo_until__lt=waiting).values_list(
        "pk", flat=True
    )
    lost_decisions = [pending for pending in due if not has_job(COMMIT, pending, lock="commit")]
    for pending in lost_decisions:
        defer_pending_decision(pending)
        log.warning("pending_decision_deferred_again", pending=pending)
    lost_answers = [case for case in cases_with_due_answers(waiting) if not has_job(YOUTH, case, lock="youth")]
    for case in lost_answers:
        defer_youth_answers(case, waiting)
        log.warning("youth_answers_deferred_again", case=case)
    under_way = lists_with_job(COMPARE_LIST, _AFTER_A_FAILURE)
    lost_lists = [number for number in uncompared_lists() if number not in under_way]
    for number in lost_lists:
        defer_comparison(number)
        log.warning("comparing_deferred_again", hash_list=number)
    lost_actions = [(action, case) for case, action in _next_actions().items() if not has_job(CARRY_OUT, case)]
    for action, case in lost_actions:
        attempt_failed(action, OutcomeKind.UNKNOWN, actor=SYSTEM)
        log.warning("action_deferred_again", action=action, case=case)
    return len(lost_cases) + len(lost_decisions) + len(lost_answers) + len(lost_lists) + len(lost_actions)


def _next_actions() -> dict[int, int]:
    """By case, the next action for the worker, with the fewest attempts as in `carry_out`."""
    rows = (
        Action.objects.filter(state__in=OPEN_ACTION_STATES)
        .order_by("decision_id", "sequence")
        .values_list("pk", "state", "attempts", "created_at", "decision__case_id", "decision__subject_id")
    )
    seen: set[tuple[int, int]] = set()
    found: dict[int, tuple[int, int]] = {}
    for action, state, attempts, created_at, case, subject in rows:
        if (case, subject) in seen:
            continue
        seen.add((case, subject))
        if state == ActionState.PENDING and created_at < now() - _GRACE:
            found[case] = min(found.get(case, (attempts, action)), (attempts, action))
    return {case: action for case, (_, action) in found.items()}
