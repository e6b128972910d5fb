"""Taking back what two people agreed on while it waits for its commit: by people, or since something new is known."""

from jaga.casework.proof import enter
from jaga.casework.state import move_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.terms import CommitEnd, UndoReason
from jaga.records.models import Case, PendingCommit, Vote, VoteWithdrawal


def halt_commit(case: Case, why: CommitEnd, *, actor: Actor) -> bool:
    """Stop what waits in this locked case, since its voters did not know what is known now; returns whether it did.

    The case is in review again at its old place, and whoever voted may vote anew. Nothing where nothing waits.
    """
    if case.state != CaseState.COMMITTING:
        return False
    pending = PendingCommit.objects.get(case=case, ended_at__isnull=True)
    take_back(case, pending, why)
    enter("halt_decision", {"commit": pending.pk, "why": why}, actor=actor, case_id=case.pk)
    return True


def take_back(case: Case, pending: PendingCommit, end: CommitEnd, *, by: int | None = None,
              reason: UndoReason | None = None, note: str = "") -> None:
    """End what waits, withdraw all votes that stand in its locked case, and bring the case back to review."""
    moment = now()
    pending.end, pending.ended_at, pending.ended_by_id = end, moment, by
    pending.reason, pending.note = reason or "", note
    pending.save(update_fields=["end", "ended_at", "ended_by", "reason", "note"])
    VoteWithdrawal.objects.bulk_create(
        VoteWithdrawal(vote=vote, commit=pending, at=moment) for vote in Vote.standing.filter(case=case))
    move_case(case, CaseVerb.WITHDRAW)
