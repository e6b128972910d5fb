"""Lifting a restriction, unless another decision still holds the account."""

from django.db.models import Q
from django.utils.translation import gettext

from jaga.casework.cases.completion import finish_case
from jaga.casework.cases.notice_dialogue import withdraw_of
from jaga.casework.kernel.jobs import CARRY_OUT, defer
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.lifecycles import ACTION
from jaga.core.terms.actions import OPEN_ACTION_STATES, AccountState, ActionKind, ActionState, OutcomeKind, Step
from jaga.core.terms.decisions import DecisionKind, PendingEnd
from jaga.records.access.cases.in_force import RESTS, lifting_actions, only_announced
from jaga.records.models import Action, Case, Decision, Outcome, Subject

TOO_LATE = N_("The restriction's time was over before it could be carried out.")
SUCCEEDED = (OutcomeKind.DONE, OutcomeKind.ALREADY)
HOLDING = (DecisionKind.RESTRICT, DecisionKind.CLOSE)  # measures that affect the account holder


def held_by_another(decision: Decision, *, than: DecisionKind) -> bool:
    """Whether another decision in force, in any case, requires at least `than` of this account.

    Locks the account's row, so that of two decisions undone concurrently the later one sees the earlier one gone.
    """
    as_much = (DecisionKind.CLOSE,) if than is DecisionKind.CLOSE else HOLDING
    subject = Subject.objects.select_for_update().get(pk=decision.subject_id)
    in_force = Decision.objects.filter(subject=subject, kind__in=as_much, overturned_by__isnull=True).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now())
    )
    in_force = in_force.exclude(provisional=True, case__decided_at__isnull=False)  # replaced by the case's own decision
    in_force = in_force.exclude(awaits__isnull=False, awaits__ended_at__isnull=False).exclude(only_announced())
    # A suspended measure holds nothing; a suspended closure holds the account as a restriction.
    in_force = (
        in_force.exclude(RESTS) if than is DecisionKind.CLOSE else in_force.exclude(RESTS, kind=DecisionKind.RESTRICT)
    )
    ended = Action.objects.filter(rest__isnull=True, state=ActionState.ENDED)
    return in_force.exclude(pk=decision.pk).exclude(pk__in=ended.values("decision_id")).exists()


def release_restriction(action: Action, case: Case) -> None:
    """Defer a restoration if an ended measure may have left the account held, unless another decision requires it.

    Runs in the caller's transaction. Restoring an account that is not held has no effect, since adapters observe first.
    """
    decision = action.decision
    # actions of a suspension are undone by its appeal or left to the measure
    measure = action.kind in (ActionKind.RESTRICT, ActionKind.CLOSE) and action.rest_id is None
    lifted = decision.actions.filter(kind=ActionKind.RESTORE).exists()
    if not measure or lifted or not _may_be_restricted(action) or held_by_another(decision, than=DecisionKind.RESTRICT):
        return
    Action.objects.create(decision=decision, kind=ActionKind.RESTORE, sequence=action.sequence + 1, created_at=now())
    defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)


def _may_be_restricted(action: Action) -> bool:
    """Whether the account may be held: it was restricted, the answer was lost, or the operator confirmed it unseen."""
    tried = action.outcomes.filter(step=Step.RESTRICT, kind__in=(*SUCCEEDED, OutcomeKind.UNKNOWN))
    claimed = action.outcomes.filter(step=Step.ASK, kind__in=SUCCEEDED)
    observed = action.verifications.order_by("-pk").values_list("observed", flat=True).first()
    return tried.exists() or (claimed.exists() and observed != AccountState.ACTIVE)


def lift(decision: Decision, case: Case, *, actor: Actor) -> bool:
    """Defer the lifting of a restriction, or end it if it was not carried out; returns whether anything was done.

    `case` is locked. Does nothing if it was lifted before or another decision holds the account.
    """
    if lifting_actions().filter(decision=decision).exists():
        return False
    for again in decision.actions.filter(kind=ActionKind.RESTRICT, rest__isnull=False, state__in=OPEN_ACTION_STATES):
        _end_unstarted(again)  # a resumed restriction whose time has ended before it was carried out
        withdraw_of(again, gettext(TOO_LATE), actor=actor)
    action = decision.actions.get(kind=ActionKind.RESTRICT, rest__isnull=True)
    if action.state in OPEN_ACTION_STATES:
        _end_unstarted(action)
        withdraw_of(action, gettext(TOO_LATE), actor=actor)
        release_restriction(action, case)
        _notify_of_cancellation(decision, action, case)
        append("restriction_over", {"decision": decision.pk, "carried_out": False}, actor=actor, case_id=case.pk)
        finish_case(case, actor)
        return True
    if held_by_another(decision, than=DecisionKind.RESTRICT):
        return False
    after = max(decision.actions.values_list("sequence", flat=True))
    Action.objects.create(decision=decision, kind=ActionKind.RESTORE, sequence=after + 1, created_at=now())
    defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    append("restriction_over", {"decision": decision.pk, "carried_out": True}, actor=actor, case_id=case.pk)
    return True


def _notify_of_cancellation(decision: Decision, action: Action, case: Case) -> None:
    """Notify a holder who was told of a closure that it was taken back, if the account was never restricted."""
    taken_back = decision.awaits is not None and decision.awaits.end not in ("", PendingEnd.COMMITTED)
    informed = hasattr(decision, "statement") and decision.statement.delivered_at is not None
    if taken_back and informed and not decision.actions.filter(kind=ActionKind.RESTORE).exists():
        Action.objects.create(
            decision=decision, kind=ActionKind.RESTORE, sequence=action.sequence + 1, created_at=now()
        )
        defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)


def _end_unstarted(action: Action) -> None:
    Outcome.objects.create(action=action, step=Step.RESTRICT, kind=OutcomeKind.IMPOSSIBLE, detail=TOO_LATE, at=now())
    action.state = ACTION.to(action.state, ActionState.ENDED)
    action.finished_at, action.next_attempt_at = now(), None
    action.save(update_fields=["state", "finished_at", "next_attempt_at"])
