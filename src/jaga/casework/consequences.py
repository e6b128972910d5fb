"""What follows from decisions in the same commit: promised actions, the statement of reasons, letters."""

from jaga.casework.letters import tell_reporters, tell_restored, write_statement
from jaga.casework.promises import CARRY_OUT, promise
from jaga.casework.state import move_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.terms import ActionKind, ActionState, DecisionKind
from jaga.policy import PolicyRelease
from jaga.records.models import Action, Case, Decision, Subject

_ACTIONS = {
    DecisionKind.PRESERVE: ActionKind.PRESERVE,
    DecisionKind.RESTRICT: ActionKind.RESTRICT,
    DecisionKind.REDACT: ActionKind.REDACT,
    DecisionKind.CLOSE: ActionKind.CLOSE,
    DecisionKind.RESTORE: ActionKind.RESTORE,
}
_TOLD = (DecisionKind.RESTRICT, DecisionKind.CLOSE)  # those that the account holder feels


def follow_through(case: Case, decisions: list[Decision], state: CaseState, release: PolicyRelease, *,
                   actor: Actor) -> CaseState:
    """Promise the actions of these decisions, or finish the case where there are none. Returns the case's state."""
    for sequence, decision in enumerate(decisions, 1):
        kind = None if _stays_as_it_is(decision) else _action_for(case, DecisionKind(decision.kind), release)
        if kind:
            Action.objects.create(decision=decision, kind=kind, sequence=sequence, created_at=now())
        if decision.kind in _TOLD:
            write_statement(decision)
    if Action.objects.filter(decision__in=decisions).exists():
        promise(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
        return state
    if state is not CaseState.RESOLVED:
        state = move_case(case, CaseVerb.FINISH)
    tell = tell_restored if decisions[-1].kind == DecisionKind.RESTORE else tell_reporters
    tell(case, decisions[-1])
    return state


def _stays_as_it_is(decision: Decision) -> bool:
    """Whether this undoes a decision while another one in force, in any case, asks at least as much of the account.

    An overturned restriction must not open the door that two people closed for something else. The account's row is
    locked, so that of two decisions undone at once the later one sees the earlier one gone.
    """
    if decision.overturns is None:
        return False
    as_much = (DecisionKind.CLOSE,) if decision.overturns.kind == DecisionKind.CLOSE else _TOLD
    subject = Subject.objects.select_for_update().get(pk=decision.case.subject_id)
    return Decision.objects.filter(
        case__subject=subject, kind__in=as_much, overturned_by__isnull=True,
    ).exclude(actions__state=ActionState.ENDED).exists()


def _action_for(case: Case, kind: DecisionKind, release: PolicyRelease) -> ActionKind | None:
    if kind is DecisionKind.REFER:  # the police may ask formally; until then what exists is kept, where that is allowed
        may = DecisionKind.PRESERVE in release.allowed_decisions(case.category)
        return ActionKind.PRESERVE if may else None
    return _ACTIONS.get(kind)
