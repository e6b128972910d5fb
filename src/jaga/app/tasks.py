"""Procrastinate tasks by name (`store.kernel.jobs`). Each only calls its verb."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import close_old_connections
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from jaga.actions.jobs import carry_out
from jaga.core.actors import SYSTEM
from jaga.decisions.verbs.undo_window import make_pending_decision
from jaga.policy.in_force import one_release
from jaga.referrals.verbs.replies import send_referral
from jaga.reporting.jobs import identify_accounts
from jaga.signals.jobs import compare_list, draw_picture, run_backtest, triage_with_waiting
from jaga.signals.verbs.pictures import record_youth_answers
from jaga.store.kernel.jobs import BACKTEST, CARRY_OUT, COMMIT, COMPARE_LIST, DRAW, SEND_REFERRAL, TRIAGE, YOUTH
from jaga.work.faults import database_away


class DatabaseLost(BaseRetryStrategy):
    """Retries a job that failed because the database was unavailable.

    After `TIMES` attempts it counts as failed, and `rescue.defer_lost_work` handles it as a programming error.
    """

    TIMES = 10

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if database_away(exception) and job.attempts < self.TIMES:
            # Soon: while the database is unavailable, no job is fetched, so this causes no load.
            return RetryDecision(retry_in={"seconds": min(2**job.attempts, 5)})
        return None


@contextmanager
def _connection() -> Iterator[None]:
    """One policy release for the whole job; its database connection is returned, so that a broken one is replaced."""
    try:
        with one_release():
            yield
    finally:
        close_old_connections()


@app.task(name=TRIAGE, retry=DatabaseLost(), pass_context=True)
def run_triage(context: JobContext, case_id: int) -> None:
    """Resolve the case's account, screen and rank the case; also triage others waiting in the same queue."""
    with _connection():
        identify_accounts(case_id)
        triage_with_waiting(case_id, queue=context.job.queue)


@app.task(name=CARRY_OUT, retry=DatabaseLost())
def run_carry_out(case_id: int) -> None:
    """Carry out a case's open actions."""
    with _connection():
        carry_out(case_id)


@app.task(name=COMMIT, retry=DatabaseLost())
def run_pending_decision(pending_id: int) -> None:
    """Commit a pending decision."""
    with _connection():
        make_pending_decision(pending_id, actor=SYSTEM)


@app.task(name=YOUTH, retry=DatabaseLost())
def run_youth_answers(case_id: int) -> None:
    """Record the answers about minors in pictures that can no longer be undone."""
    with _connection():
        record_youth_answers(case_id, actor=SYSTEM)


@app.task(name=SEND_REFERRAL, retry=DatabaseLost())
def run_send_referral(referral_id: int) -> None:
    """Send a referral. The periodic task for referrals recovers a lost job."""
    with _connection():
        send_referral(referral_id, actor=SYSTEM)


@app.task(name=DRAW, retry=DatabaseLost())
def run_draw(evidence_id: int) -> None:
    """Redraw a picture."""
    with _connection():
        draw_picture(evidence_id)


@app.task(name=COMPARE_LIST, retry=DatabaseLost())
def run_compare_list(list_id: int) -> None:
    """Compare stored pictures with a new hash list."""
    with _connection():
        compare_list(list_id)


@app.task(name=BACKTEST, retry=DatabaseLost())
def run_backtest_task(run_id: str) -> None:
    """Try a changed rule on past cases."""
    with _connection():
        run_backtest(run_id)
