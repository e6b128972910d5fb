"""Handing over the statement of reasons by a person, where the platform cannot deliver it.

Whoever has the letter can appeal in the holder's name. So only a supervisor gets it, only if the platform cannot
deliver, and each time is recorded in the ledger. It gives no access to the account.
"""

from django.db import transaction

from jaga.casework.cases.letters import text_for_holder
from jaga.casework.cases.row_refusals import refusals_noted
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.row_verification import require_unchanged, rows_of_case
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.errors import N_, IllegalTransition, NotFound
from jaga.core.terms.actions import ActionKind
from jaga.core.terms.ledger import RefusedAct
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import refuse_uncleared
from jaga.records.access.cases.code_delivery import reaches_holder
from jaga.records.models import Action

_FELT = (ActionKind.RESTRICT, ActionKind.CLOSE)


class PlatformDelivers(IllegalTransition):
    """The platform delivers the letter; a second copy could bypass the holder."""

    code = "platform_delivers"
    sentence = N_("This platform delivers the letter itself, so nobody else is given the code.")
    remedy = N_("Tell the holder where on the platform the letter lies.")


def hand_over_statement(case_id: int, decision_id: int, *, actor: Actor) -> str:
    """The letter with the appeal code, for a supervisor to send to the holder.

    Repeatable; each time is recorded.

    Also available if an operator's people finished without delivering it. Raises NotPermitted, NotFound if the case has
    no such decision with a statement, PlatformDelivers, RowsDiffer where decision or statement were changed past Jaga.
    """
    actor.require(Role.SUPERVISOR)
    with refusals_noted(RefusedAct.LETTER, case_id, actor=actor):
        return _handed_over(case_id, decision_id, actor)


@transaction.atomic
def _handed_over(case_id: int, decision_id: int, actor: Actor) -> str:
    action = (
        Action.objects.select_related("decision__case__subject__platform", "decision__subject__platform")
        .filter(
            rest__isnull=True,
            decision_id=decision_id,
            decision__case_id=case_id,
            kind__in=_FELT,
            decision__statement__isnull=False,
        )
        .first()
    )
    if action is None:
        raise NotFound
    refuse_uncleared(action.decision.case, actor=actor)
    if action.decision.provisional and CaseState(action.decision.case.state) in SEALED_STATES:
        raise NotFound  # its words may be those of a sealed first vote
    if reaches_holder(action.decision):
        raise PlatformDelivers
    require_unchanged([("action", action.pk), *rows_of_case(case_id, ("decision", "statement", "subject.now"))])
    text = text_for_holder(action)
    append(
        "hand_over_statement",
        {"decision": decision_id, "subject": action.decision.subject_id},
        actor=actor,
        case_id=case_id,
    )
    return text
