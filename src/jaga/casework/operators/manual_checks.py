"""A person of ours works by a checklist, or looks at an account in the app, where no route of ours leads there."""

from django.db import transaction

from jaga.casework.actions.attempts import locked_action, record_step, stick
from jaga.casework.actions.verification import due_looks, record_verification
from jaga.casework.cases.notice_dialogue import (
    BY_HAND,
    NoticeMovedOn,
    add_turn,
    locked_notice,
    receive,
    waits_for_receipt,
)
from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.validation import required_text
from jaga.casework.operators.answers import answer_notice
from jaga.casework.operators.manual_checklist import DID, checklist_for, ticked
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.platforms import AccountObservation, RouteObservation, StepResult
from jaga.core.terms import (
    AccountState,
    ActionKind,
    ActionState,
    AnswerKind,
    NoticeState,
    OutcomeKind,
    Role,
    Step,
    VerificationResult,
)
from jaga.records.models import Notice

_TICKED = N_("Somebody of ours did it by hand.")


class CarriedItOut(NotPermitted):
    """Nobody confirms their own work."""

    code = "carried_it_out"
    sentence = N_("You carried this out, so somebody else looks whether it is so.")
    remedy = N_("Leave it in the list for another reviewer.")


@transaction.atomic
def tick(notice_id: int, step: Step, *, actor: Actor) -> None:
    """One of ours did this step of the checklist. Who and when stay on record; it is not taken back.

    Steps go in their order: the letter before the closure. Raises NotFound where the notice is no checklist or has no
    such step, NoticeMovedOn, InvalidInput where an earlier step is missing.
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
    if not done.issuperset(steps[:steps.index(step)]):
        raise InvalidInput(FieldError("step", "too_early", N_("Do the steps in their order: the letter comes first.")))
    if waits_for_receipt(notice):
        receive(notice, person=person, proof="portal", actor=actor)
    add_turn(notice, f"{DID}{step}", person=person, from_operator=True)
    record_step(notice.action.pk, step, StepResult(OutcomeKind.DONE, _TICKED), actor=actor)
    if done | {step} == frozenset(steps):
        answer_notice(notice_id, AnswerKind.DONE, actor=actor)


@transaction.atomic
def record_look(action_id: int, state: AccountState, what: str, *, actor: Actor) -> VerificationResult:
    """A person of ours says in which state they saw the account, and what they saw; also later, by the schedule.

    Confirmed finishes the action; contradicted makes it stuck, for a supervisor to ask again (a finished one raises a
    new case instead); UNKNOWN (they could not see it) leaves it in the list. Raises CarriedItOut for whoever did it or
    said that it was done, IllegalTransition where no look is due, InvalidInput without a word on what was seen.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    action, case = locked_action(action_id, actor=actor)
    notice = Notice.objects.filter(action=action).first()
    waits = notice is not None and action.state == ActionState.WAITING and notice.state == NoticeState.ANSWERED
    if notice is None or not (waits or action_id in due_looks()):
        raise IllegalTransition
    if notice.entries.filter(person_id=person, from_operator=True).exists():
        raise CarriedItOut
    required_text("what", what)
    seen = AccountObservation(state, (RouteObservation("person", what.strip()),), now())
    result = record_verification(action_id, seen, looked_by=person, actor=actor)
    if result is VerificationResult.CONTRADICTED and waits:
        stick(action, case, OutcomeKind.UNKNOWN, actor)
    enter("look_at_account", {"action": action_id, "notice": notice.pk, "observed": state, "result": result},
          actor=actor, case_id=case.pk)
    return result
