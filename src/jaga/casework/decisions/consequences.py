"""Consequences of a decision, created in its transaction: actions, statement of reasons, strikes, notifications."""

from datetime import timedelta

from jaga.casework.cases.completion import finish_case
from jaga.casework.cases.letters import write_statement
from jaga.casework.decisions.strikes import give_strike
from jaga.casework.kernel.jobs import CARRY_OUT, defer
from jaga.casework.referrals.referrals import draft_referral, drop_drafts
from jaga.casework.screening.ban_evasion import recheck_waiting_cases
from jaga.casework.webhooks.endpoints import queue_case_event
from jaga.casework.withdrawals.lifting import HOLDING, held_by_another
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.actions import ActionKind
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.webhooks import HookEvent
from jaga.policy import PolicyRelease
from jaga.policy.limits import PRESERVED_ALONE_HOURS, UNSOUGHT_CATEGORIES
from jaga.records.models import Action, Case, Decision, Preservation

_ACTIONS = {
    DecisionKind.PRESERVE: ActionKind.PRESERVE,
    DecisionKind.RESTRICT: ActionKind.RESTRICT,
    DecisionKind.REDACT: ActionKind.REDACT,
    DecisionKind.CLOSE: ActionKind.CLOSE,
    DecisionKind.RESTORE: ActionKind.RESTORE,
}


def follow_through(
    case: Case, decisions: list[Decision], state: CaseState, release: PolicyRelease, *, actor: Actor
) -> CaseState:
    """Create the actions of these decisions, or resolve the case if there are none; returns the case's state."""
    queue_case_event(HookEvent.REPORT_DECIDED, case)
    for sequence, decision in enumerate(decisions, 1):
        kinds = _actions_for(decision, release)
        Action.objects.bulk_create(
            Action(decision=decision, kind=kind, sequence=sequence + place, created_at=now())
            for place, kind in enumerate(kinds)
        )
        if decision.kind == DecisionKind.PRESERVE and decision.seconded_by_id is None:
            Preservation.objects.create(
                decision=decision, lapses_at=decision.decided_at + timedelta(hours=PRESERVED_ALONE_HOURS)
            )
        if decision.kind in HOLDING:
            rooms = [
                room
                for other in decisions
                if other.kind == DecisionKind.REDACT and other.subject_id == decision.subject_id
                for room in other.rooms
            ]
            write_statement(decision, tuple(rooms))
            give_strike(decision, release, actor=actor)
            if case.category not in UNSOUGHT_CATEGORIES:
                recheck_waiting_cases(decision.subject_id)
        if decision.subject_id == case.subject_id:
            if decision.kind == DecisionKind.REFER:
                draft_referral(case, decision, actor=actor)
            else:
                drop_drafts(case, actor=actor)
    if Action.objects.filter(decision__in=decisions).exists():
        defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
        return state
    finish_case(case, actor)
    return CaseState(case.state)


def _actions_for(decision: Decision, release: PolicyRelease) -> tuple[ActionKind, ...]:
    """The actions on the platform, in order.

    Overturning a restriction does not reopen an account that another decision closed, and overturning a closure
    restores it only as far as another case's restriction allows.
    """
    if (undone := decision.overturns) is not None:
        if held_by_another(undone, than=DecisionKind(undone.kind)):
            return ()
        held = undone.kind == DecisionKind.CLOSE and held_by_another(undone, than=DecisionKind.RESTRICT)
        return (ActionKind.RESTORE, ActionKind.RESTRICT) if held else (ActionKind.RESTORE,)
    kind = DecisionKind(decision.kind)
    if kind is DecisionKind.REFER:  # preserve evidence, where permitted, until the police send a formal request
        may = DecisionKind.PRESERVE in release.allowed_decisions(decision.case.category)
        return (ActionKind.PRESERVE,) if may else ()
    return (_ACTIONS[kind],) if kind in _ACTIONS else ()
