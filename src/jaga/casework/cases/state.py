"""The only writer of a case's state."""

from collections.abc import Sequence

from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb, next_state
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.records.access.base.clearance import refuse_uncleared
from jaga.records.models import Case


def locked_case(case_id: int, *, actor: Actor) -> Case:
    """The case, held for this transaction; rows that only point at it can still be added.

    Raises NotFound, also for one of our people without the clearance that the case needs.
    """
    held = Case.objects.select_for_update(of=("self",), no_key=True)
    try:
        case = held.select_related("subject__platform").get(pk=case_id)
    except Case.DoesNotExist:
        raise NotFound from None
    refuse_uncleared(case, actor=actor)
    return case


def move_cases(cases: Sequence[Case], verb: CaseVerb) -> None:
    """Move many locked cases at once. Raises IllegalTransition and changes nothing."""
    moment, after = now(), {case.pk: next_state(CaseState(case.state), verb) for case in cases}
    for state in set(after.values()):
        resolved_at = moment if state is CaseState.RESOLVED else None
        moved = [case for case in cases if after[case.pk] is state]
        Case.objects.filter(pk__in=[case.pk for case in moved]).update(state=state, resolved_at=resolved_at)
        for case in moved:
            case.state, case.resolved_at = state, resolved_at


def move_case(case: Case, verb: CaseVerb) -> CaseState:
    """Move a locked case along the table of `core.cases`. Raises IllegalTransition and changes nothing."""
    state = next_state(CaseState(case.state), verb)
    case.state = state
    case.resolved_at = now() if state is CaseState.RESOLVED else None
    case.save(update_fields=["state", "resolved_at"])
    return state
