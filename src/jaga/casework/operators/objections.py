"""Objections of operators (Indonesian: sanggah) to a notice; a supervisor decides them with reasons."""

from django.db import IntegrityError, transaction

from jaga.casework.actions.attempts import cancel_action
from jaga.casework.cases.notice_dialogue import (
    NoticeMovedOn,
    add_turn,
    is_contact_of,
    locked_notice,
    receive,
    waits_for_receipt,
    withdraw,
)
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.notification_mail import call_contacts
from jaga.casework.kernel.validation import required_text
from jaga.casework.reporting.quotable_text import require_no_quotes
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, IllegalTransition, NotFound
from jaga.core.lifecycles import OBJECTION
from jaga.core.terms.actions import ActionState
from jaga.core.terms.operators import AnswerKind, NoticeState, ObjectionState
from jaga.core.terms.people import Role
from jaga.records.models import Notice, Objection

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
