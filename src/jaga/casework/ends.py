"""Restrictions that end by themselves: what people decided to last for some days is lifted when these are over.

The end is part of the decision. No clock adds a measure; this one takes a measure away.
"""

from django.db import transaction
from django.utils.translation import gettext

from jaga.casework.act import let_go
from jaga.casework.consequences import held_by_another
from jaga.casework.finish import OPEN, finish_case
from jaga.casework.notice_turns import withdraw_of
from jaga.casework.promises import CARRY_OUT, promise
from jaga.casework.proof import enter
from jaga.casework.state import locked_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.terms import ActionKind, ActionState, DecisionKind, OutcomeKind, Step
from jaga.records.access.in_force import lifting_actions
from jaga.records.models import Action, Case, Decision, Outcome

TOO_LATE = N_("The restriction's time was over before it could be carried out.")


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


def lift(decision: Decision, case: Case, *, actor: Actor) -> bool:
    """Promise to lift a restriction, or end it where it was not confirmed yet. Returns whether anything was to be done.

    `case` is locked. Nothing where it was lifted before, or where another decision in force holds the account.
    """
    if lifting_actions().filter(decision=decision).exists():
        return False
    for again in decision.actions.filter(kind=ActionKind.RESTRICT, rest__isnull=False, state__in=OPEN):
        _end_unstarted(again)  # it was to go on after a rest, and its own end has come first
        withdraw_of(again, gettext(TOO_LATE), actor=actor)
    action = decision.actions.get(kind=ActionKind.RESTRICT, rest__isnull=True)
    if action.state in OPEN:
        _end_unstarted(action)
        withdraw_of(action, gettext(TOO_LATE), actor=actor)
        let_go(action, case)
        enter("restriction_over", {"decision": decision.pk, "carried_out": False}, actor=actor, case_id=case.pk)
        finish_case(case, actor)
        return True
    if held_by_another(decision, than=DecisionKind.RESTRICT):
        return False
    after = max(decision.actions.values_list("sequence", flat=True))
    Action.objects.create(decision=decision, kind=ActionKind.RESTORE, sequence=after + 1, created_at=now())
    promise(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    enter("restriction_over", {"decision": decision.pk, "carried_out": True}, actor=actor, case_id=case.pk)
    return True


def _end_unstarted(action: Action) -> None:
    Outcome.objects.create(action=action, step=Step.RESTRICT, kind=OutcomeKind.IMPOSSIBLE, detail=TOO_LATE, at=now())
    action.state, action.finished_at, action.next_attempt_at = ActionState.ENDED, now(), None
    action.save(update_fields=["state", "finished_at", "next_attempt_at"])
