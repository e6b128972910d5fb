"""Blind review: until a second judge has answered, the case's pages and appeals are closed to them and lists hide the
decision.
"""

from datetime import timedelta

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.records.access.base.request_cache import once
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case

KEPT = timedelta(hours=24)
"""How long a person may hold a blind review before it goes to someone else."""
_HELD = "SELECT case_id FROM records_rejudgement WHERE person_id = %s AND judged_at IS NULL AND taken_at > %s"


class JudgedBlind(Conflict):
    """The actor has taken this case for a blind review."""

    code = "judged_blind"
    sentence = N_("You are judging this case again without knowing what was decided.")
    remedy = N_("Answer it first, or leave it to somebody else, on the page Quality.")


@once
def judged_blind(actor: Actor) -> frozenset[int]:
    """Ids of cases the actor has taken for a blind review and not answered yet."""
    if actor.person_id is None:
        return frozenset()
    return frozenset(number for (number,) in ask_prepared(_HELD, [actor.person_id, now() - KEPT]))


def refuse_blind(case: Case, *, actor: Actor) -> None:
    """Raises JudgedBlind while the actor is reviewing the case blind. An undecided case has nothing to hide."""
    if case.decided_at is not None and case.pk in judged_blind(actor):
        raise JudgedBlind
