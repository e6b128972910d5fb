"""Who judges a case again does so blind: until they have answered, its pages and appeals are closed to them, and lists
do not tell what was decided."""

from datetime import timedelta

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.records.access.base.request_cache import once
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case

KEPT = timedelta(hours=24)
"""How long somebody may keep a case to judge again before it goes to another."""
_HELD = "SELECT case_id FROM records_rejudgement WHERE person_id = %s AND judged_at IS NULL AND taken_at > %s"


class JudgedBlind(Conflict):
    """The person has taken the case to judge it again."""

    code = "judged_blind"
    sentence = N_("You are judging this case again without knowing what was decided.")
    remedy = N_("Answer it first, or leave it to somebody else, on the page Quality.")


@once
def judged_blind(actor: Actor) -> frozenset[int]:
    """The cases that this person has taken to judge again and not answered yet."""
    if actor.person_id is None:
        return frozenset()
    return frozenset(number for (number,) in ask_prepared(_HELD, [actor.person_id, now() - KEPT]))


def refuse_blind(case: Case, *, actor: Actor) -> None:
    """Raises JudgedBlind. A case that waits for people has nothing to hide yet."""
    if case.decided_at is not None and case.pk in judged_blind(actor):
        raise JudgedBlind
