"""Manual work of our staff: ticking off a checklist, and checking an account in the app."""

from django.db import transaction

from jaga.casework.actions.attempts import locked_action, record_step, set_stuck
from jaga.casework.actions.verification import due_manual_checks, record_verification
from jaga.casework.cases.notice_dialogue import (
    BY_HAND,
    NoticeMovedOn,
    add_turn,
    locked_notice,
    receive,
    waits_for_receipt,
)
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import required_text
from jaga.casework.operators.answers import answer_notice
from jaga.casework.operators.manual_checklist import DID, checklist_for, ticked
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.platforms import AccountObservation, RouteObservation, StepResult
from jaga.core.terms.actions import AccountState, ActionKind, ActionState, OutcomeKind, Step, VerificationResult
from jaga.core.terms.operators import AnswerKind, NoticeState
from jaga.core.terms.people import Role
from jaga.records.models import Notice

_TICKED = N_("Our staff did it by hand.")


class CarriedItOut(NotPermitted):
    """Nobody verifies their own work."""

    code = "carried_it_out"
    sentence = N_("You carried this out, so somebody else checks the result.")
    remedy = N_("Leave it in the list for another reviewer.")


@transaction.atomic
def tick(notice_id: int, step: Step, *, actor: Actor) -> None:
    """Tick a step of the checklist.

    Person and time are recorded. Irreversible; idempotent.

    Steps must be ticked in order, the letter before the closure. Raises NotPermitted, NotFound if there is no such
    step, NoticeMovedOn, InvalidInput if an earlier step is missing.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    notice, _ = locked_notice(notice_id, actor=actor)
    steps = checklist_for(ActionKind(notice.asks_for)) if notice.action is not None else ()
    if notice.platform.adapter != BY_HAND or step not in steps or notice.sent_at is None or notice.action is None:
        raise NotFound
    done = ticked(notice)
    if step in done:
        return
    if notice.state not in (NoticeState.SENT, NoticeState.RECEIVED):
        raise NoticeMovedOn
    if not done.issuperset(steps[: steps.index(step)]):
        raise InvalidInput(FieldError("step", "too_early", N_("Do the steps in their order: the letter comes first.")))
    if waits_for_receipt(notice):
        receive(notice, person=person, proof="portal", actor=actor)
    add_turn(notice, f"{DID}{step}", person=person, from_operator=True)
    record_step(notice.action.pk, step, StepResult(OutcomeKind.DONE, _TICKED), actor=actor)
    if done | {step} == frozenset(steps):
        answer_notice(notice_id, AnswerKind.DONE, actor=actor)


@transaction.atomic
def record_manual_check(action_id: int, state: AccountState, what: str, *, actor: Actor) -> VerificationResult:
    """Record in which state a person saw the account, also for later checks by the schedule; returns the result.

    A confirmation completes the action. A contradiction marks it stuck for a supervisor, or opens a new case if it was
    completed before. UNKNOWN leaves it in the list. Raises NotPermitted, NotFound, CarriedItOut for whoever did the
    work, IllegalTransition if no check is due, InvalidInput without a description.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    action, case = locked_action(action_id, actor=actor)
    notice = Notice.objects.filter(action=action).first()
    waits = notice is not None and action.state == ActionState.WAITING and notice.state == NoticeState.ANSWERED
    if notice is None or not (waits or action_id in due_manual_checks()):
        raise IllegalTransition
    if notice.entries.filter(person_id=person, from_operator=True).exists():
        raise CarriedItOut
    required_text("what", what)
    observation = AccountObservation(state, (RouteObservation("person", what.strip()),), now())
    result = record_verification(action_id, observation, checked_by=person, actor=actor)
    if result is VerificationResult.CONTRADICTED and waits:
        set_stuck(action, case, OutcomeKind.UNKNOWN, actor)
    append(
        "record_manual_check",
        {"action": action_id, "notice": notice.pk, "observed": state, "result": result},
        actor=actor,
        case_id=case.pk,
    )
    return result
