"""Expiry of restrictions: the worker lifts a restriction after the time that people decided.

The end is part of the decision. No clock ever adds a measure.
"""

from django.db import transaction

from jaga.casework.cases.state import locked_case
from jaga.casework.withdrawals.lifting import lift
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.actions import ActionKind, ActionState
from jaga.core.terms.decisions import DecisionKind
from jaga.records.access.cases.in_force import lifting_actions
from jaga.records.models import Action, Decision


def expire_restrictions() -> tuple[int, ...]:
    """Decisions in force whose restriction has expired but was neither lifted nor ended."""
    lifted = lifting_actions().values("decision_id")
    ended = Action.objects.filter(rest__isnull=True, kind=ActionKind.RESTRICT, state=ActionState.ENDED)
    return tuple(
        Decision.objects.filter(kind=DecisionKind.RESTRICT, ends_at__lte=now(), overturned_by__isnull=True)
        .filter(actions__kind=ActionKind.RESTRICT)
        .exclude(pk__in=ended.values("decision_id"))
        .exclude(provisional=True, case__decided_at__isnull=False)  # the case's own decision replaced or lifted it
        .exclude(pk__in=lifted)
        .order_by("ends_at")
        .values_list("pk", flat=True)
        .distinct()
    )


@transaction.atomic
def end_restriction(decision_id: int, *, actor: Actor) -> bool:
    """Lift an expired restriction; returns whether anything was done.

    Nothing changes if another decision in force holds the account. An action that was not confirmed yet is ended; if
    the account may be restricted by then, it is restored.
    """
    decision = Decision.objects.select_related("case", "subject").get(pk=decision_id)
    case = locked_case(decision.case_id, actor=actor)
    return decision_id in expire_restrictions() and lift(decision, case, actor=actor)
