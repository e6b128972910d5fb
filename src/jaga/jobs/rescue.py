"""Nothing accepted is lost: jobs of a dead worker go back to the queue, and work without a job gets a new one."""

from datetime import timedelta

import structlog
from django.db import connection
from procrastinate.app import App

from jaga.casework.act import attempt_failed
from jaga.casework.promises import CARRY_OUT, TRIAGE, promise
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms import ActionState, OutcomeKind
from jaga.records.models import Action, Case

STALLED_AFTER = timedelta(seconds=15)
_GRACE = timedelta(seconds=30)  # a commit and its job may lie a moment apart in what we see
log = structlog.get_logger("jaga.rescue")


async def retry_stalled(app: App) -> int:
    """Put the jobs of workers that stopped beating back into the queue. The lock of their case is kept in order."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER.total_seconds())
    jobs = list(stalled)
    for job in jobs:
        await app.job_manager.retry_job(job, retry_at=now())
        log.warning("stalled_job_retried", job=job.id, task=job.task_name, lock=job.lock)
    return len(jobs)


def promise_lost_work() -> int:
    """Promise again what has no living job: a case without triage, an action without an attempt to come.

    This happens when a job failed by a fault of ours. Each job that started counted as an attempt, so that it ends as
    *stuck*, in sight, and not in a loop. What waits behind a stuck action waits for a person, not for a job.
    """
    waiting = now() - _GRACE
    untriaged = Case.objects.filter(state=CaseState.RECEIVED, opened_at__lt=waiting).values_list("pk", flat=True)
    lost_cases = [case for case in untriaged if not _has_job(TRIAGE, case)]
    for case in lost_cases:
        promise(TRIAGE, lock=f"case:{case}", case_id=case)
        log.warning("triage_promised_again", case=case)
    stuck = Action.objects.filter(state=ActionState.STUCK).values("decision__case_id")
    actions = (
        Action.objects.filter(state=ActionState.PENDING, created_at__lt=waiting).exclude(decision__case_id__in=stuck)
        .order_by("decision_id", "sequence").values_list("pk", "decision__case_id")
    )
    next_of: dict[int, int] = {}
    for action, case in actions:
        next_of.setdefault(case, action)
    lost_actions = [(action, case) for case, action in next_of.items() if not _has_job(CARRY_OUT, case)]
    for action, case in lost_actions:
        attempt_failed(action, OutcomeKind.UNKNOWN, actor=SYSTEM)
        log.warning("action_promised_again", action=action, case=case)
    return len(lost_cases) + len(lost_actions)


def _has_job(task: str, case_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = %s AND lock = %s"
            " AND status IN ('todo', 'doing'))",
            [task, f"case:{case_id}"],
        )
        return bool(cursor.fetchone()[0])
