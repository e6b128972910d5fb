"""Taking back one's own sealed vote within seconds: a wrong key, noticed at once.

After that a vote stands. The vote stays on record as withdrawn; the case returns to its place in the queue, where its
voter may judge it again. Nobody learns of it who does not read the ledger, which names no kind of vote.
"""

from datetime import timedelta

from django.db import transaction

from jaga.casework.cases.state import locked_case, move_case
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.terms.decisions import Lapse
from jaga.core.terms.people import Role
from jaga.policy.limits import TAKE_BACK_SECONDS
from jaga.records.models import Vote, VoteWithdrawal


@transaction.atomic
def take_back_vote(case_id: int, *, actor: Actor) -> bool:
    """Withdraw one's own first vote, if it is still sealed and was cast within `TAKE_BACK_SECONDS`; whether it was.

    A restriction ordered with it stands and ends by itself. Raises NotPermitted, NotFound.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if case.state != CaseState.SECOND_VOTE:
        return False
    votes = list(Vote.in_force.filter(case=case))
    since = now() - timedelta(seconds=TAKE_BACK_SECONDS)
    if len(votes) != 1 or votes[0].person_id != person or votes[0].cast_at <= since:
        return False
    VoteWithdrawal.objects.create(vote=votes[0], why=Lapse.TAKEN_BACK, at=now())
    move_case(case, CaseVerb.WITHDRAW)
    append("withdraw_vote", {"vote": votes[0].pk, "why": Lapse.TAKEN_BACK.value}, actor=actor, case_id=case.pk)
    return True
