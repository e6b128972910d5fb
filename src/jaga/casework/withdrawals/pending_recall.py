"""Taking back a pending decision before its commit, by a person or because of new information."""

from datetime import timedelta

from jaga.casework.cases.state import move_case
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.notification_mail import call_person
from jaga.casework.withdrawals.interim_restrictions import lift_interim_restriction
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.terms.decisions import PendingEnd, UndoReason
from jaga.core.terms.people import Role
from jaga.records.access.decisions.pending import speaker_of
from jaga.records.models import Case, DecisionPause, PendingDecision, Person, Report, Vote, VoteWithdrawal

SPOKEN = (PendingEnd.VICTIM, PendingEnd.HEARD)
"""Ends of a pending decision caused by a message that anybody can send. Only the first in a case stops it."""


def halt_pending_decision(case: Case, why: PendingEnd, *, actor: Actor) -> bool:
    """Take back the pending decision of this locked case because of new information; returns whether there was one.

    The case returns to review at its old place in the queue, and its voters may vote again.
    """
    if case.state != CaseState.COMMITTING:
        return False
    pending = PendingDecision.objects.get(case=case, ended_at__isnull=True)
    cancel_pending_decision(case, pending, why)
    append("halt_decision", {"pending": pending.pk, "why": why}, actor=actor, case_id=case.pk)
    return True


def stop_for_word(case: Case, report: Report, why: PendingEnd, *, actor: Actor) -> None:
    """Handle a message from a reporter that no voter of the pending decision has read.

    `case` is locked.

    The first one in a case takes the decision back (`halt_pending_decision`). After that, and during a holder's reading
    time, the decision waits until a supervisor without a vote has read the message (`undo_window.resume_decision`), so
    that repeated messages cannot prevent a closure. A sender whose message was read for this decision does not delay it
    again.
    """
    if case.state != CaseState.COMMITTING:
        return
    pending = PendingDecision.objects.get(case=case, ended_at__isnull=True)
    reading = pending.reading and pending.made_at + timedelta(seconds=pending.undo) <= now()
    if not reading and not PendingDecision.objects.filter(case=case, end__in=SPOKEN).exists():
        halt_pending_decision(case, why, actor=actor)
        return
    read = DecisionPause.objects.filter(pending=pending).select_related("report")
    if any(wait.resumed_at is None or speaker_of(wait.report) == speaker_of(report) for wait in read):
        return
    make_wait(case, pending, report, why, actor=actor)


def make_wait(case: Case, pending: PendingDecision, report: Report, why: PendingEnd, *, actor: Actor) -> None:
    """Hold the pending decision until a supervisor without a vote has read this report, and notify them."""
    wait = DecisionPause.objects.create(pending=pending, report=report, at=now())
    append("start_undo_window", {"pending": pending.pk, "why": why}, actor=actor, case_id=case.pk)
    _call_supervisors(case, wait)


def _call_supervisors(case: Case, wait: DecisionPause) -> None:
    """Mail supervisors with an alarm address who have no vote. The mail says only that something is waiting."""
    voted = Vote.objects.filter(case=case).values("person_id")
    supervisors = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role=Role.SUPERVISOR)
    for person in supervisors.exclude(pk__in=voted).select_related("alarm_address"):
        call_person(
            person, f"commit-wait-{wait.pk}-person-{person.pk}", "/console/pending/", email=person.alarm_address.email
        )


def cancel_pending_decision(
    case: Case,
    pending: PendingDecision,
    end: PendingEnd,
    *,
    by: int | None = None,
    reason: UndoReason | None = None,
    note: str = "",
) -> None:
    """End a pending decision, withdraw all standing votes of its locked case, and return the case to review."""
    _end(case, pending, end, by=by, reason=reason, note=note)
    lift_interim_restriction(pending, case, actor=SYSTEM)
    move_case(case, CaseVerb.WITHDRAW)


def end_by_appeal(case: Case, pending: PendingDecision) -> None:
    """End a pending decision because the holder's appeal against the restriction succeeded.

    The caller moves the case and restores the account.
    """
    _end(case, pending, PendingEnd.APPEALED)
    case.met_at, case.decided_at = None, now()
    case.save(update_fields=["met_at", "decided_at"])
    append("halt_decision", {"pending": pending.pk, "why": PendingEnd.APPEALED}, actor=SYSTEM, case_id=case.pk)


def _end(
    case: Case,
    pending: PendingDecision,
    end: PendingEnd,
    *,
    by: int | None = None,
    reason: UndoReason | None = None,
    note: str = "",
) -> None:
    moment = now()
    pending.end, pending.ended_at, pending.ended_by_id = end, moment, by
    pending.reason, pending.note = reason or "", note
    pending.save(update_fields=["end", "ended_at", "ended_by", "reason", "note"])
    VoteWithdrawal.objects.bulk_create(
        VoteWithdrawal(vote=vote, pending=pending, at=moment) for vote in Vote.in_force.filter(case=case)
    )
