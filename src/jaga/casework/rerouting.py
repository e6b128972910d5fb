"""A person puts a case into another queue than the rules would. The rules leave it there from then on."""

from django.db import transaction

from jaga.casework.proof import enter
from jaga.casework.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput, NotPermitted
from jaga.core.terms import Role
from jaga.policy import load_release


class QueueIsClosed(NotPermitted):
    """Who sees such cases is decided by clearance alone."""

    code = "queue_is_closed"
    sentence = N_("Cases of a queue that needs a clearance are moved by the rules alone.")
    remedy = N_("Ask a supervisor who has the clearance.")


@transaction.atomic
def put_in_queue(case_id: int, queue: str, *, actor: Actor) -> str:
    """Put a waiting case into that queue; returns the key of the one that it came from, for the way back.

    Raises NotFound, InvalidInput (field `target`) for an unknown queue, QueueIsClosed, IllegalTransition.
    """
    actor.require(Role.REVIEWER, Role.SUPERVISOR)
    known = {one.key: one for one in load_release().routing.queues}
    if queue not in known:
        raise InvalidInput(FieldError("target", "unknown", N_("Choose one of the queues in the list.")))
    case = locked_case(case_id, actor=actor)
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    before = case.queue
    if known[queue].clearance or (before in known and known[before].clearance):
        raise QueueIsClosed
    case.queue, case.queue_fixed = queue, True
    case.save(update_fields=["queue", "queue_fixed"])
    enter("put_in_queue", {"from": before, "to": queue}, actor=actor, case_id=case.pk)
    return before
