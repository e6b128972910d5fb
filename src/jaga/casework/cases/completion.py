"""Completion of a case: once no action is open on any platform, the reporters are notified."""

from jaga.casework.cases.letters import inform_of_cancellation, tell_reporters, tell_restored
from jaga.casework.cases.state import move_case
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.terms.actions import OPEN_ACTION_STATES, ActionState
from jaga.core.terms.decisions import DecisionKind
from jaga.records.access.cases.in_force import decisions_in_force
from jaga.records.models import Action, Case, Letter


def finish_case(case: Case, actor: Actor) -> None:
    """Resolve the case once none of its actions is open, and notify reporters once the reported account is done.

    A stuck action on a linked account keeps the case open but does not delay the notification.
    """
    if case.state not in (CaseState.ACTING, CaseState.RESTORING, CaseState.RESOLVED):
        return  # an interim restriction is done, but people still judge the case
    open_on = set(
        Action.objects.filter(decision__case=case, state__in=OPEN_ACTION_STATES).values_list(
            "decision__subject_id", flat=True
        )
    )
    if not open_on and case.state != CaseState.RESOLVED:  # already resolved if a restriction ends long afterwards
        move_case(case, CaseVerb.FINISH)
        append("finish_case", {"state": case.state}, actor=actor, case_id=case.pk)
    if case.subject_id not in open_on:
        notify_reporters(case)


def notify_reporters(case: Case) -> None:
    """Notify reporters of the newest decision on the reported account, once.

    A closure follows its redaction. Reporters of linked accounts are notified through their own case.
    """
    decision = case.decisions.filter(subject_id=case.subject_id).order_by("-pk").first()
    if decision is None or Letter.objects.filter(case=case, sent_at__gt=decision.decided_at).exists():
        return
    restored = decision.kind == DecisionKind.RESTORE
    held_anew = restored and decisions_in_force().filter(subject=decision.subject_id).exists()
    refers = decision.kind == DecisionKind.REFER  # its effect on the platform does not matter here
    ended = decision.actions.filter(rest__isnull=True, state=ActionState.ENDED).exists()
    if ended and not held_anew and not refers:
        inform_of_cancellation(case, decision)
    elif restored:
        tell_restored(case, decision)
    else:
        tell_reporters(case, decision)
