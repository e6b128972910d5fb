"""Taking back what a run did, case by case, by the ordinary way of its kind. A run is never reversed as a whole."""

from django.db import transaction

from jaga.casework.labels import unlabel_case
from jaga.casework.proof import enter
from jaga.casework.rerouting import put_in_queue
from jaga.casework.second_look import check_why, lift_restriction, reopen_dismissed
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, IllegalTransition, NotFound
from jaga.core.terms import BulkItemState, BulkKind, Role
from jaga.records.access.clearance import visible_to
from jaga.records.access.console import LARGEST_NUMBER
from jaga.records.models import BulkItem


class NothingToReverse(IllegalTransition):
    """Only what the run did to a case can be taken back, and only once."""

    code = "nothing_to_reverse"
    sentence = N_("There is nothing to take back here.")
    remedy = N_("Open the case to see where it stands.")


@transaction.atomic
def reverse_item(run_id: int, item_id: int, why: str, *, actor: Actor) -> None:
    """Take the run's step back on this case: the old queue, no label, the account let go, or a new look at the matter.

    A restriction is lifted by somebody without a vote in the case, so not by the maker. Raises NotFound, InvalidInput,
    NothingToReverse, and what the way back raises.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    items = BulkItem.objects.filter(visible_to(actor, path="case__")).select_related("run")
    item = (items.select_for_update(of=("self",)).filter(pk=item_id, run_id=run_id).first()
            if max(item_id, run_id) <= LARGEST_NUMBER else None)
    if item is None:
        raise NotFound
    kind = BulkKind(item.run.kind)
    if item.state != BulkItemState.DONE or (kind.judges and item.decision_id is None):
        raise NothingToReverse
    check_why(why)
    match kind:
        case BulkKind.LABEL:
            unlabel_case(item.case_id, item.run.target, actor=actor)
        case BulkKind.ROUTE:
            put_in_queue(item.case_id, item.before, actor=actor)
        case BulkKind.DISMISS:
            reopen_dismissed(item.case_id, why, actor=actor)
        case BulkKind.RESTRICT:
            assert item.decision_id
            lift_restriction(item.decision_id, why, actor=actor)
    item.state, item.reversed_by_id, item.reversed_at = BulkItemState.REVERSED, person, now()
    item.save(update_fields=["state", "reversed_by", "reversed_at"])
    enter("reverse_bulk_step", {"run": run_id, "kind": kind.value}, actor=actor, case_id=item.case_id)
