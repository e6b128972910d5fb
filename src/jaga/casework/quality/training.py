"""Training of reviewers on golden cases that a supervisor chose for it, with the right answer at once.

An answer changes no case and counts in no figure about the person. A training case is never mixed into blind reviews,
whose answers must not be known.
"""

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.quality.blind_review import BlindJudgement, JudgedAgain, check_judgement
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Role
from jaga.records.access.quality.training import training_for
from jaga.records.models import TrainingAnswer


@transaction.atomic
def answer_training(golden_id: int, judgement: BlindJudgement, *, actor: Actor) -> bool:
    """Answer a training case; returns whether the answer is the supervisor's. Irreversible.

    The ledger names no case, since its history must not say that it is golden. Raises NotPermitted, NotFound,
    JudgedAgain, InvalidInput (`kind`, `reasons`).
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    row = (
        training_for(actor)
        .select_for_update(of=("self",), no_key=True)
        .select_related("case__subject__platform")
        .filter(pk=golden_id)
        .first()
    )
    if row is None:
        raise NotFound
    if TrainingAnswer.objects.filter(golden=row, person_id=person).exists():
        raise JudgedAgain
    reasons = judgement.reasons.strip()
    if errors := check_judgement(row.case, judgement.kind, reasons):
        raise InvalidInput(*errors)
    agrees = judgement.kind is DecisionKind(row.kind)
    TrainingAnswer.objects.create(
        golden=row, person_id=person, kind=judgement.kind, reasons=reasons, at=now(), agrees=agrees
    )
    append("answer_training", {"golden": row.pk}, actor=actor, case_id=None)
    return agrees
