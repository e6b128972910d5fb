"""Clarification of an authority's request: we ask what cannot be found, and the officer corrects it.

The legal deadline continues meanwhile. Messages are those of `casework.reporting.mailbox`.
"""

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_text
from jaga.casework.people.request_signing import NotProven, OrderProof, use_up
from jaga.casework.reporting.mailbox import write_back, write_to_reporter
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.core.terms.authorities import HeldReason
from jaga.core.terms.people import RegistrationStatus, Role
from jaga.core.terms.reports import MessageKind
from jaga.records.access.people.roster import registration_status
from jaga.records.models import AuthorityRequest, LocatorVersion

ASKED = (MessageKind.INVALID_LOCATOR, MessageKind.WRONG_SCREENSHOT, MessageKind.QUESTION)


@transaction.atomic
def ask_officer(report_id: int, kind: MessageKind, text: str, *, actor: Actor) -> int:
    """Ask the officer of a request: invalid locator, wrong screenshot, or a question.

    Returns the message's id.

    Raises NotFound for a report that is not a request, InvalidInput, and as `mailbox.write_to_reporter`.
    """
    actor.require(Role.REVIEWER, Role.SUPERVISOR)
    if not AuthorityRequest.objects.filter(report_id=report_id).exists():
        raise NotFound
    if kind not in ASKED:
        raise InvalidInput(FieldError("kind", "unknown", N_("Choose what is unclear from the list.")))
    return write_to_reporter(report_id, text, kind=kind, actor=actor)


@transaction.atomic
def answer_clarification(report_id: int, text: str, locator: str = "", *, actor: Actor, proof: OrderProof) -> int:
    """Store the officer's answer, and a corrected locator if given; earlier locators are kept.

    Returns the message's id.

    Raises NotFound for another officer's request, NotProven, InvalidInput, and as `mailbox.write_back`; then nothing is
    stored.
    """
    person = actor.require(Role.OFFICER)
    request = AuthorityRequest.objects.filter(report_id=report_id, report__officer_id=person).first()
    if request is None:
        raise NotFound
    if registration_status(person) is not RegistrationStatus.ACTIVE:
        raise NotProven(HeldReason.NOT_IN_STANDING)
    corrected = locator.strip()
    errors = check_text("locator", locator, 500)
    if errors:
        raise InvalidInput(*errors)
    use_up(person, proof)
    answer = f"{text.strip()}\n\n{corrected}" if corrected and text.strip() else text
    message = write_back(report_id, answer, actor=actor)
    if corrected:
        LocatorVersion.objects.create(request=request, locator=corrected, by_id=person, at=now())
        append(
            "correct_locator", {"report": report_id, "message": message}, actor=actor, case_id=request.report.case_id
        )
    return message
