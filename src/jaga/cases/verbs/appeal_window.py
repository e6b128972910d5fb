"""The appeal window: until when an account holder can appeal.

The only module that calculates it.

The window starts on the day on which delivery of the letter was observed; before that, on the day on which somebody
first opened the code's page; and no later than 30 days after the decision (`limits.LATEST_APPEAL_START_DAYS`). It lasts
the days of the policy release of the decision, at least 184 (`limits.SHORTEST_APPEAL_DAYS`), to the end of the last day
in local time.

The end is stored with the statement of reasons. While neither delivery nor opening was observed, it is the latest end
possible. A delivery observed after the page was opened extends it. A new policy release does not change it.
"""

from datetime import date, datetime, timedelta

from django.db import transaction

from jaga.cases.models.decisions import Decision, Statement
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.policy.limits import LATEST_APPEAL_START_DAYS, SHORTEST_APPEAL_DAYS
from jaga.policy.local_time import day_of, end_of_day_of_local_time
from jaga.policy.release import PolicyRelease
from jaga.store.kernel.ledger import append

_LATEST_START = timedelta(days=LATEST_APPEAL_START_DAYS)


def appeal_days(release: PolicyRelease) -> int:
    """The length of the window for a statement written now, in days; never shorter than the legal minimum."""
    return max(release.enforcement.appeal_window_days, SHORTEST_APPEAL_DAYS)


def last_moment(start: datetime, days: int) -> datetime:
    """The end of the local day that is `days` after the day of `start`.

    If the clocks go forward in between, a window that starts in the last hour of a day would be less than `days` times
    24 hours long. Then it ends a day later: the database refuses a shorter one (`records_statement_guard`).
    """
    length = timedelta(days=days)
    return end_of_day_of_local_time(max(day_of(start) + length, day_of(start + length)))


def latest_start(decided_at: datetime) -> datetime:
    """The latest start of the window."""
    return decided_at + _LATEST_START


def last_day(statement: Statement) -> date:
    """The stored moment as the day of the local calendar that it ends."""
    return day_of(statement.appeal_until)


def day_in_letter(decision: Decision, dated: datetime) -> datetime:
    """The end of the window as a letter of this date may state it. The stored end is never earlier, and nothing that is
    observed after this date changes it."""
    statement = decision.statement
    begins = min(dated, statement.opened_at or dated, latest_start(decision.decided_at))
    return last_moment(begins, statement.appeal_days)


def delivered(decision: Decision) -> None:
    """Record that delivery of the letter was observed now. Idempotent; runs in the caller's transaction."""
    statement = _locked(decision.pk)
    if statement is not None and statement.delivered_at is None:
        before = _delivered(statement)
        statement.delivered_at = now()
        _settle(statement, decision.decided_at, before=before)


@transaction.atomic
def opened(decision: Decision, *, actor: Actor) -> None:
    """Record the first opening of the code's page, which can start the window."""
    if Statement.objects.filter(decision=decision, opened_at__isnull=False).exists():
        return
    statement = _locked(decision.pk)
    if statement is None or statement.opened_at is not None:
        return
    before = _delivered(statement)
    statement.opened_at = now()
    _settle(statement, decision.decided_at, before=before)
    append(
        "open_statement",
        {"decision": decision.pk, "appeal_until": statement.appeal_until.isoformat()},
        actor=actor,
        case_id=decision.case_id,
    )


def _locked(decision_id: int) -> Statement | None:
    return Statement.objects.select_for_update(of=("self",)).filter(decision=decision_id).first()


def _delivered(statement: Statement) -> bool:
    return statement.delivered_at is not None or statement.opened_at is not None


def _settle(statement: Statement, decided_at: datetime, *, before: bool) -> None:
    """Store the end of the window. If `before`, it was determined already and can only move later."""
    received = statement.delivered_at or statement.opened_at
    latest = latest_start(decided_at)
    until = last_moment(min(received, latest) if received else latest, statement.appeal_days)
    statement.appeal_until = max(until, statement.appeal_until) if before else until
    statement.save(update_fields=["delivered_at", "opened_at", "appeal_until"])
