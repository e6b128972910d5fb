"""Notices to an operator's people: one for each action, numbered, sent, clarified, repeated or withdrawn.

Manual work of our staff: ticking off a checklist, and checking an account in the app.

Opening a picture that an authority sent with its letter, by the operator's contact person.

Objections of operators (Indonesian: sanggah) to a notice; a supervisor decides them with reasons.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from jaga.actions.verbs.attempts import await_operator, cancel_action, locked_action, record_step, requeue, set_stuck
from jaga.actions.verbs.verification import due_manual_checks, record_verification
from jaga.cases.models.decisions import Action
from jaga.cases.verbs.letters import text_for_holder
from jaga.cases.verbs.notice_dialogue import (
    ASKED_AGAIN,
    BY_HAND,
    CORRECTION,
    ENDED_STATES,
    SENT,
    NoticeMovedOn,
    add_turn,
    is_contact_of,
    locked_notice,
    receive,
    require_answerer,
    waits_for_receipt,
    withdraw,
)
from jaga.core.actors import Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.lifecycles import NOTICE, OBJECTION
from jaga.core.platforms import Account, AccountObservation, Handover, NoticeToOperator, RouteObservation, StepResult
from jaga.core.terms.cases import (
    AccountState,
    ActionKind,
    ActionState,
    DecisionKind,
    OutcomeKind,
    Step,
    VerificationResult,
)
from jaga.core.terms.outside import AnswerKind, NoticeState, ObjectionState
from jaga.core.terms.people import Role
from jaga.operators.models import Notice, Objection
from jaga.operators.reads.portal import access_picture_of_notice
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.manual_checklist import DID, checklist_for, ticked
from jaga.policy.local_time import clock_for
from jaga.reporting.verbs.quotable_text import require_no_quotes
from jaga.signals.models import PictureOpening
from jaga.signals.reads.pictures import OPEN_FOR
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.kernel.notification_mail import call_contacts
from jaga.store.kernel.validation import required_text

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


@transaction.atomic
def open_notice_picture(notice_id: int, position: int, *, actor: Actor) -> datetime:
    """Open the working copy of one picture of the notice, as its contact person, and record it; returns until when.

    The gate is the one of `screening.pictures`: past the youth check, redrawn, some minutes, each opening recorded.
    Raises NotPermitted, NotFound for another operator's notice or one not in hand, PictureClosed.
    """
    person = actor.require(Role.CONTACT)
    _, case = locked_notice(notice_id, actor=actor)
    picture = access_picture_of_notice(notice_id, position, actor=actor)
    moment = now()
    PictureOpening.objects.create(case=case, evidence_id=picture.evidence_id, person_id=person, at=moment)
    append(
        "open_picture",
        {"evidence": picture.evidence_id, "sha256": picture.sha256, "notice": notice_id},
        actor=actor,
        case_id=case.pk,
    )
    return moment + OPEN_FOR


_OUR_TURNS = (CORRECTION, ASKED_AGAIN)


@transaction.atomic
def notice_for(action_id: int, *, actor: Actor) -> int:
    """The id of an action's notice, created at the first call.

    Raises NotFound.

    It contains category, legal basis and facts (none in a victim-first case), never a reporter.
    """
    action, case = locked_action(action_id, actor=actor)
    before = Notice.objects.filter(action=action).values_list("pk", flat=True).first()
    if before is not None:
        return before
    decision = action.decision
    facts = "" if case.victim_first else decision.facts
    if decision.kind == DecisionKind.REDACT:
        facts = "\n\n".join(part for part in (facts, "\n".join(decision.rooms)) if part)
    try:
        with transaction.atomic():
            notice = Notice.objects.create(
                operator_id=decision.subject.platform.operator_id,
                platform=decision.subject.platform,
                case=case,
                subject=decision.subject,
                action=action,
                asks_for=action.kind,
                category=case.category,
                legal_basis=decision.legal_basis,
                facts=facts,
                urgent=case.urgent,
                created_at=now(),
            )
    except IntegrityError:  # created by another worker concurrently
        return Notice.objects.values_list("pk", flat=True).get(action=action)
    append(
        "make_notice",
        {"notice": notice.pk, "action": action.pk, "asks_for": notice.asks_for, "urgent": notice.urgent},
        actor=actor,
        case_id=case.pk,
    )
    return notice.pk


def message_of(notice_id: int) -> NoticeToOperator:
    """The notice as sent to the operator.

    The same text for every repeat of one entry.

    Raises NotFound, also for a data request, which only appears in the portal.
    """
    notice = (
        Notice.objects.select_related("action__decision__case", "subject", "platform")
        .filter(pk=notice_id, action__isnull=False)
        .first()
    )
    if notice is None or notice.action is None:
        raise NotFound
    entry = notice.entries.filter(kind__in=_OUR_TURNS).order_by("-pk").first()
    return NoticeToOperator(
        number=notice.number,
        action=ActionKind(notice.asks_for),
        account=Account(notice.platform.name, notice.subject.account_id, notice.subject.handle),
        category=notice.category,
        legal_basis=notice.legal_basis,
        facts=notice.facts,
        urgent=notice.urgent,
        sent_at=entry.at if entry else notice.created_at,
        statement=statement_for(notice.action, notice),
        corrects=entry.text if entry else "",
    )


def statement_for(action: Action, notice: Notice) -> str:
    """The holder's letter with the appeal code, to be handed over before a closure; empty for a preservation.

    Dated like the notice, so that a repeat has the same text.
    """
    if action.kind == ActionKind.PRESERVE:
        return ""
    with frozen(notice.created_at):
        return text_for_holder(action)


def answered_as_done(action_id: int) -> bool:
    """Whether the operator claims that the action is done, so that only verification remains."""
    return Notice.objects.filter(
        action_id=action_id, state=NoticeState.ANSWERED, answer__in=(AnswerKind.DONE, AnswerKind.ALREADY)
    ).exists()


@transaction.atomic
def record_delivery(notice_id: int, handover: Handover, *, actor: Actor) -> ActionState:
    """Record that the notice was sent; the action then waits for the operator's people.

    Returns the action's state.

    A receipt signed by software starts the clock; without one, the contact persons are notified by mail. Idempotent for
    one entry. An immediate answer is processed by `take_answer`. Raises NotFound.
    """
    notice, case = locked_notice(notice_id, actor=actor)
    if notice.state in ENDED_STATES or notice.state == NoticeState.ASKED_BACK:  # an answer arrived before this record
        return ActionState(notice.action.state) if notice.action else ActionState.DONE
    last = notice.entries.filter(kind__in=(SENT, *_OUR_TURNS)).order_by("-pk").first()
    if last is None or last.kind != SENT:
        notice.sent_at = now()
        notice.save(update_fields=["sent_at"])
        turn = add_turn(notice, SENT, person=None, from_operator=False)
        append("send_notice", {"notice": notice.pk, "received": handover.received}, actor=actor, case_id=case.pk)
        if not handover.received and handover.answer is None:
            call_contacts(notice, turn)
    if handover.received:
        proof = "; ".join(reading.answer for reading in handover.readings) or "signature"
        receive(notice, person=None, proof=proof, actor=actor)
    if notice.action is None:
        return ActionState.DONE
    state = await_operator(notice.action)
    append_changes(actor=actor, case_id=case.pk)
    return state


@transaction.atomic
def open_notice(notice_id: int, *, actor: Actor) -> None:
    """Open a notice as a contact person: the proven receipt that starts the clock.

    Idempotent.

    Raises NotPermitted, NotFound for another operator's or an unsent notice.
    """
    notice, _ = locked_notice(notice_id, actor=actor)
    person = require_answerer(notice, actor)
    if notice.sent_at is None:
        raise NotFound
    if waits_for_receipt(notice):
        receive(notice, person=person, proof="portal", actor=actor)


@transaction.atomic
def clarify_notice(notice_id: int, text: str, *, actor: Actor) -> None:
    """Answer an operator's question under the same number.

    The clock resumes at its proven receipt.

    Raises NotPermitted, NotFound, NoticeMovedOn without a question, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    notice, _ = locked_notice(notice_id, actor=actor)
    if notice.state != NoticeState.ASKED_BACK:
        raise NoticeMovedOn
    _say_again(notice, CORRECTION, text, person, actor)


@transaction.atomic
def ask_again(notice_id: int, text: str, *, actor: Actor) -> None:
    """Repeat a notice that was refused or whose result was contradicted, as a supervisor, under the same number.

    The clock restarts at its proven receipt. Raises NotPermitted, NotFound, NoticeMovedOn, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    notice, _ = locked_notice(notice_id, actor=actor)
    refused = notice.state == NoticeState.ANSWERED and notice.answer == AnswerKind.REFUSED
    contradicted = (
        notice.state == NoticeState.ANSWERED and notice.action is not None and notice.action.state == ActionState.STUCK
    )
    if not (refused or contradicted):
        raise NoticeMovedOn
    notice.due_at, notice.left = None, clock_for(notice.asks_for, urgent=notice.urgent).span
    _say_again(notice, ASKED_AGAIN, text, person, actor)


def _say_again(notice: Notice, kind: str, text: str, person: int, actor: Actor) -> None:
    required_text("text", text)
    require_no_quotes("text", text, notice.case)
    notice.state = NOTICE.to(notice.state, NoticeState.RECEIVED if notice.received_at else NoticeState.SENT)
    notice.answer, notice.answer_text, notice.answered_at, notice.answered_by = "", "", None, None
    notice.save()
    turn = add_turn(notice, kind, text.strip(), person=person, from_operator=False)
    if notice.action is not None:
        requeue(notice.action)  # the worker sends it again
    else:
        call_contacts(notice, turn)
    append(
        "clarify_notice" if kind == CORRECTION else "ask_again",
        {"notice": notice.pk},
        actor=actor,
        case_id=notice.case_id,
    )


@transaction.atomic
def withdraw_notice(notice_id: int, reason: str, *, actor: Actor) -> None:
    """Withdraw a notice: its action ends without effect, and reporters are notified once the case ends.

    Irreversible.

    Verbs that undo a decision use `notice_dialogue.withdraw_of`. Raises NotPermitted, NotFound, NoticeMovedOn,
    IllegalTransition, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    notice, case = locked_notice(notice_id, actor=actor)
    if notice.state in ENDED_STATES:
        raise NoticeMovedOn
    required_text("reason", reason)
    require_no_quotes("reason", reason, case)
    withdraw(notice, reason.strip(), person=person, actor=actor)
    if notice.action is not None:
        if not ActionState(notice.action.state).is_open:
            raise IllegalTransition
        cancel_action(notice.action, case, reason.strip(), actor=actor)


_DONE = (AnswerKind.DONE, AnswerKind.ALREADY)


class ObjectionExists(Conflict):
    """Each notice can have one objection."""

    code = "objection_exists"
    sentence = N_("There is an objection to this notice already.")
    remedy = N_("Open the notice to see where it stands.")


@transaction.atomic
def object_to(notice_id: int, text: str, *, actor: Actor) -> int:
    """Object to a notice as a contact person; returns the objection's id.

    The clock continues. Idempotent.

    Raises NotPermitted, NotFound, ObjectionExists, NoticeMovedOn once done or withdrawn, InvalidInput.
    """
    person = actor.require(Role.CONTACT)
    notice, case = locked_notice(notice_id, actor=actor)
    if not is_contact_of(notice, actor) or notice.sent_at is None:
        raise NotFound
    required_text("objection", text)
    before = Objection.objects.filter(notice=notice).first()
    if before is not None:
        if before.text == text.strip():
            return before.pk
        raise ObjectionExists
    if notice.state == NoticeState.WITHDRAWN or (notice.state == NoticeState.ANSWERED and notice.answer in _DONE):
        raise NoticeMovedOn
    if waits_for_receipt(notice):
        receive(notice, person=person, proof="portal", actor=actor)
    try:
        with transaction.atomic():
            made = Objection.objects.create(notice=notice, text=text.strip(), filed_by_id=person, filed_at=now())
    except IntegrityError:
        raise ObjectionExists from None
    add_turn(notice, "objection", text.strip(), person=person, from_operator=True)
    append("object_to_notice", {"notice": notice.pk, "objection": made.pk}, actor=actor, case_id=case.pk)
    return made.pk


@transaction.atomic
def decide_objection(objection_id: int, *, accept: bool, reasons: str, actor: Actor) -> None:
    """Accept an objection: notice withdrawn, action ended, reporters notified.

    Or reject it. Irreversible.

    Raises NotPermitted, NotFound, InvalidInput, and IllegalTransition if it was decided before, or if the measure was
    carried out meanwhile, so that only an appeal can undo it.
    """
    person = actor.require(Role.SUPERVISOR)
    notice_id = Objection.objects.filter(pk=objection_id).values_list("notice_id", flat=True).first()
    if notice_id is None:
        raise NotFound
    notice, case = locked_notice(notice_id, actor=actor)
    objection = Objection.objects.get(pk=objection_id)
    if objection.state != ObjectionState.OPEN or (accept and _too_late(notice)):
        raise IllegalTransition
    required_text("reasons", reasons)
    require_no_quotes("reasons", reasons, case)
    objection.state = OBJECTION.to(objection.state, ObjectionState.ACCEPTED if accept else ObjectionState.REJECTED)
    objection.decided_by_id, objection.decided_at, objection.reasons = person, now(), reasons.strip()
    objection.save()
    turn = add_turn(notice, f"objection_{objection.state}", reasons.strip(), person=person, from_operator=False)
    append(
        "decide_objection",
        {"objection": objection.pk, "notice": notice.pk, "result": objection.state},
        actor=actor,
        case_id=case.pk,
    )
    call_contacts(notice, turn)
    if not accept:
        return
    if notice.state != NoticeState.ANSWERED:  # an accepted refusal stays as it is
        withdraw(notice, reasons.strip(), person=person, actor=actor)
    if notice.action is not None:
        cancel_action(notice.action, case, reasons.strip(), actor=actor)


def _too_late(notice: Notice) -> bool:
    done = notice.state == NoticeState.ANSWERED and notice.answer in _DONE
    return done or (notice.action is not None and not ActionState(notice.action.state).is_open)
