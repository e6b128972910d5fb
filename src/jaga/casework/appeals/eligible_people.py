"""Who may decide an appeal, ask about it, or decide on a suspension: somebody without a part in the decision."""

from jaga.casework.cases.state import locked_case
from jaga.core.actors import Actor
from jaga.core.errors import N_, NotFound, NotPermitted
from jaga.records.models import Appeal, Case, Vote


class HadAVote(NotPermitted):
    """Whoever voted cannot handle the appeal."""

    code = "had_a_vote"
    sentence = N_("You had a vote in this case, so somebody else decides the appeal.")
    remedy = N_("Leave it in the list for another reviewer.")


class WroteItDown(NotPermitted):
    """Whoever recorded the appeal for the holder cannot decide it."""

    code = "wrote_it_down"
    sentence = N_("You wrote this appeal down for the holder, so somebody else decides it.")
    remedy = N_("Leave it in the list for another reviewer.")


def locked_appeal(appeal_id: int, *, actor: Actor) -> tuple[Appeal, Case]:
    """The appeal and its case, both locked, the case first.

    Raises NotFound, also for a person without the clearance of the case.
    """
    case_id = Appeal.objects.filter(pk=appeal_id).values_list("decision__case_id", flat=True).first()
    if case_id is None:
        raise NotFound
    case = locked_case(case_id, actor=actor)
    appeal = (
        Appeal.objects.select_related("decision__subject__platform").select_for_update(of=("self",)).get(pk=appeal_id)
    )
    appeal.decision.case = case
    return appeal, case


def require_outsider(appeal: Appeal, person: int) -> None:
    """Raise HadAVote for anyone who ever voted in the case, WroteItDown for whoever recorded the appeal."""
    decision = appeal.decision
    if decision.decided_by_id == person or Vote.objects.filter(case=decision.case_id, person_id=person).exists():
        raise HadAVote
    if appeal.recorded_by_id == person:
        raise WroteItDown
