"""State transitions of cases. The only module that writes `Case.state`."""

from collections.abc import Collection, Mapping, Sequence

from django.db import connection

from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb, next_state
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.records.access.base.clearance import refuse_uncleared
from jaga.records.bulk import as_array
from jaga.records.models import Case


def locked_case(case_id: int, *, actor: Actor) -> Case:
    """The case, locked until the end of the transaction.

    Rows that refer to it can still be inserted.

    Raises NotFound, also for a person without the clearance of the case.
    """
    held = Case.objects.select_for_update(of=("self",), no_key=True)
    try:
        case = held.select_related("subject__platform").get(pk=case_id)
    except Case.DoesNotExist:
        raise NotFound from None
    refuse_uncleared(case, actor=actor)
    return case


def move_cases(cases: Sequence[Case], verb: CaseVerb) -> None:
    """Move several locked cases by one verb. Raises IllegalTransition, then none is changed."""
    moment, after = now(), {case.pk: next_state(CaseState(case.state), verb) for case in cases}
    for state in set(after.values()):
        resolved_at = moment if state is CaseState.RESOLVED else None
        moved = [case for case in cases if after[case.pk] is state]
        Case.objects.filter(pk__in=[case.pk for case in moved]).update(state=state, resolved_at=resolved_at)
        for case in moved:
            case.state, case.resolved_at = state, resolved_at


def move_and_write(cases: Sequence[Case], moved: Collection[Case], verb: CaseVerb, columns: Mapping[str, str]) -> None:
    """Move some of several locked cases by one verb, and write these columns of all of them, in one statement.

    `columns` has the database's type by column, for instance `{"queue": "text"}`; the values are those of the objects.
    Raises IllegalTransition, then none is changed.
    """
    moment, after = now(), {case.pk: next_state(CaseState(case.state), verb) for case in moved}
    for case in moved:
        state = after[case.pk]
        case.state, case.resolved_at = state, moment if state is CaseState.RESOLVED else None
    kinds = {"id": "bigint", "state": "text", "resolved_at": "timestamptz", **columns}
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE records_case c SET {', '.join(f'{name} = w.{name}' for name in kinds if name != 'id')}"  # noqa: S608
            f" FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds.values())}) AS w({', '.join(kinds)})"
            " WHERE c.id = w.id",
            [as_array(getattr(case, name) for case in cases) for name in kinds],
        )


def move_case(case: Case, verb: CaseVerb) -> CaseState:
    """Move a locked case by the transition table of `core.cases`. Raises IllegalTransition."""
    state = next_state(CaseState(case.state), verb)
    case.state = state
    case.resolved_at = now() if state is CaseState.RESOLVED else None
    case.save(update_fields=["state", "resolved_at"])
    return state
