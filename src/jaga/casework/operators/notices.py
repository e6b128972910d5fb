"""Notices to an operator's people: one for each action, numbered, sent, clarified, repeated or withdrawn."""

from django.db import IntegrityError, transaction

from jaga.casework.actions.attempts import await_operator, cancel_action, locked_action, requeue
from jaga.casework.cases.letters import text_for_holder
from jaga.casework.cases.notice_dialogue import (
    ASKED_AGAIN,
    CORRECTION,
    ENDED_STATES,
    SENT,
    NoticeMovedOn,
    add_turn,
    locked_notice,
    receive,
    require_answerer,
    waits_for_receipt,
    withdraw,
)
from jaga.casework.kernel.ledger import append, append_changes
from jaga.casework.kernel.notification_mail import call_contacts
from jaga.casework.kernel.validation import required_text
from jaga.casework.reporting.quotable_text import require_no_quotes
from jaga.core.actors import Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, NotFound
from jaga.core.lifecycles import NOTICE
from jaga.core.platforms import Account, Handover, NoticeToOperator
from jaga.core.terms.actions import ActionKind, ActionState
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.operators import AnswerKind, NoticeState
from jaga.core.terms.people import Role
from jaga.policy.operator_clock import clock_for
from jaga.records.models import Action, Notice

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
