"""Restrictions that end by themselves: what people decided to last for some days is lifted when these are over.

The end is part of the decision. No clock adds a measure; this one takes a measure away.
"""

from django.db import transaction

from jaga.casework.cases.state import locked_case
from jaga.casework.withdrawals.lifting import lift
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms import ActionKind, ActionState, DecisionKind
from jaga.records.access.cases.in_force import lifting_actions
from jaga.records.models import Action, Decision


def over() -> tuple[int, ...]:
    """Decisions in force whose restriction's time is over and that still hold an account, or still want to."""
    lifted = lifting_actions().values("decision_id")
    ended = Action.objects.filter(rest__isnull=True, kind=ActionKind.RESTRICT, state=ActionState.ENDED)
    return tuple(
        Decision.objects.filter(kind=DecisionKind.RESTRICT, ends_at__lte=now(), overturned_by__isnull=True)
        .filter(actions__kind=ActionKind.RESTRICT).exclude(pk__in=ended.values("decision_id"))
        .exclude(provisional=True, case__decided_at__isnull=False)  # what was decided then took over, or lifted it
        .exclude(pk__in=lifted).order_by("ends_at").values_list("pk", flat=True).distinct()
    )


@transaction.atomic
def end_restriction(decision_id: int, *, actor: Actor) -> bool:
    """Promise to lift a restriction whose time is over; returns whether something was promised or ended.

    Where another decision in force holds the account, it stays as it is. One that was not confirmed yet is ended; if
    the account may be held by then, it is let go all the same.
    """
    decision = Decision.objects.select_related("case", "subject").get(pk=decision_id)
    case = locked_case(decision.case_id, actor=actor)
    return decision_id in over() and lift(decision, case, actor=actor)
