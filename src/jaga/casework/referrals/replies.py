"""Sending referrals, and the receiver's replies: confirmation of receipt, and the outcome.

Reporters learn of a referral only after its receiver has confirmed it: by the mailed link with a code told by
telephone, on the officers' page, or to a member of our staff who records it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override

from jaga.casework.cases.letters import tell_passed_on, tell_referring
from jaga.casework.kernel.eligibility import lock_people
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required, check_text
from jaga.casework.referrals.referrals import comes_back, locked_referral, move_referral
from jaga.core.actors import RECEIVER, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.referrals import ReferralState, ReferralVerb
from jaga.core.terms.people import Language, Role
from jaga.core.terms.referrals import ReferralOutcome, ReferralProof, ReferralWay
from jaga.policy import load_release
from jaga.records.access.referrals import (
    MOST_WRONG_CODES,
    ReceivedReferral,
    find_by_link,
    is_passed_on,
    mail_key,
    open_by_link,
    was_decided,
)
from jaga.records.codes import is_referral_code, referral_secret
from jaga.records.models import Case, OutgoingMail, Referral

SUBJECT = N_("Something waits for your office in Jaga (%(number)s)")
WRONG_SUBJECT = N_("Please stop: %(number)s in Jaga was sent by mistake")
BODY = N_(
    "Hello,\n\nsomething was passed to your office under the number %(number)s. Please open it and confirm that "
    "you have it:\n\n%(link)s\n\nWe tell you the code that opens it by telephone. If nobody has called you yet, "
    "ask for us with the number.\n\nThis mail says nothing more, because mail can be read by others. Never "
    "answer it with data of a case.\n"
)
AGAIN = N_(
    "Hello,\n\nnobody of your office has confirmed the number %(number)s yet. Please open it and confirm that "
    "you have it:\n\n%(link)s\n\nWe tell you the code that opens it by telephone.\n\nThis mail says nothing "
    "more, because mail can be read by others. Never answer it with data of a case.\n"
)
WRONG = N_(
    "Hello,\n\nwhat we passed to your office under the number %(number)s was sent by mistake. Please do not act "
    "on it, and delete what you noted.\n\nThis mail says nothing more, because mail can be read by others.\n"
)
MAX_NOTE = 1000
MAX_NAME = 200
MAX_NUMBER = 100
BY_RECEIVER = (ReferralOutcome.TAKEN_UP, ReferralOutcome.PASSED_ON, ReferralOutcome.NOT_THEIRS)
RECORDED = (*BY_RECEIVER, ReferralOutcome.NO_ANSWER)


class WrongReferralCode(NotFound):
    """The code does not open this link; too many wrong codes lock it."""

    code = "wrong_referral_code"
    sentence = N_("This code does not open it.")
    remedy = N_("Enter the code that we told you by telephone. After ten wrong ones the link is shut; then call us.")


class AlreadyConfirmed(Conflict):
    """The referral was confirmed before, or has ended."""

    code = "already_confirmed"
    sentence = N_("It was confirmed before, or nothing is waiting. Nothing was changed.")
    remedy = N_("Look at where it stands.")


@dataclass(frozen=True)
class Taken:
    """Who at the receiver has it, since when (None: now), and their own reference."""

    name: str
    their_number: str = ""
    at: datetime | None = None


@transaction.atomic
def send_referral(referral_id: int, *, actor: Actor) -> bool:
    """Show an addressed referral on the officers' page, or queue its mail; returns whether that was done now.

    Idempotent.

    It returns if the current release has no such receiver for this case. Nothing is sent for delivery by hand. Raises
    NotFound.
    """
    referral, case = locked_referral(referral_id, actor=actor)
    if referral.state != ReferralState.ADDRESSED or referral.way == ReferralWay.BY_HAND:
        return False
    receiver = load_release().receiver(referral.receiver)
    if receiver is None or not receiver.accepts(case.category, urgent=referral.urgent):
        comes_back(referral, case, ReferralOutcome.NOT_REACHED, "", actor=actor)
        return False
    if referral.way == ReferralWay.OFFICER:
        referral.sent_at = now()
        move_referral(referral, ReferralVerb.SEND, "sent_at")
        append("send_referral", {"referral": referral.pk}, actor=actor, case_id=case.pk)
        return True
    return mail_receiver(referral, "sent", SUBJECT, BODY)


@transaction.atomic
def note_sent(referral_id: int, *, actor: Actor) -> bool:
    """Record that the mail server accepted the referral's mail; returns whether that was new."""
    referral, case = locked_referral(referral_id, actor=actor)
    sent_at = OutgoingMail.objects.filter(key=mail_key(referral.pk)).values_list("sent_at", flat=True).first()
    if referral.state != ReferralState.ADDRESSED or sent_at is None:
        return False
    referral.sent_at = sent_at
    move_referral(referral, ReferralVerb.SEND, "sent_at")
    append("send_referral", {"referral": referral.pk}, actor=actor, case_id=case.pk)
    return True


def mail_receiver(referral: Referral, what: str, subject: str, body: str) -> bool:
    """Queue a mail to the receiver, once for each `what`, in the caller's transaction; returns whether it was new.

    It contains a number and a link, never a category, an account or a name.
    """
    language = Language(settings.LANGUAGE_CODE)
    values = {"number": referral.number, "link": f"{settings.BASE_URL}/referral/{referral_secret(referral.pk)}/"}
    with override(language):
        filled = {"subject": gettext(subject) % values, "body": gettext(body) % values}
    return OutgoingMail.objects.get_or_create(
        key=mail_key(referral.pk, what),
        defaults={"address": referral.address, "language": language, "created_at": now(), **filled},
    )[1]


def open_link(secret: str, code: str) -> ReceivedReferral:
    """The referral behind a mailed link, opened with its code.

    Raises NotFound for an invalid link, WrongReferralCode.

    Wrong codes are counted, also concurrent ones, and the tenth locks the link.
    """
    number = find_by_link(secret)
    with transaction.atomic():
        row, case = locked_referral(number, actor=RECEIVER)
        right = row.wrong_codes < MOST_WRONG_CODES and is_referral_code(number, code)
        if not right and row.wrong_codes < MOST_WRONG_CODES:
            row.wrong_codes += 1
            row.save(update_fields=["wrong_codes"])
            if row.wrong_codes == MOST_WRONG_CODES:
                append("shut_referral_link", {"referral": row.pk}, actor=RECEIVER, case_id=case.pk)
    if not right:
        raise WrongReferralCode
    return open_by_link(secret)


@transaction.atomic
def acknowledge_by_link(referral_id: int, taken: Taken, *, actor: Actor) -> None:
    """Confirm receipt, after `open_link` has checked the code. Once. Raises InvalidInput, AlreadyConfirmed."""
    referral, case = locked_referral(referral_id, actor=actor)
    _acknowledge(referral, case, taken, ReferralProof.LINK, None, actor)


@transaction.atomic
def acknowledge_as_officer(referral_id: int, their_number: str = "", *, actor: Actor) -> None:
    """Confirm receipt as an officer of the receiver.

    Once.

    Raises NotPermitted, NotFound, InvalidInput, AlreadyConfirmed.
    """
    person = actor.require(Role.OFFICER)
    lock_people(person)
    referral, case = _of_officer(referral_id, actor)
    _acknowledge(referral, case, Taken(actor.name, their_number), ReferralProof.OFFICER, person, actor)


@transaction.atomic
def record_acknowledgement(referral_id: int, taken: Taken, *, actor: Actor) -> None:
    """Record as our staff who received it and when, after a call or a hand-over.

    Once.

    Raises NotPermitted, NotFound, InvalidInput, AlreadyConfirmed.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    referral, case = locked_referral(referral_id, actor=actor)
    _acknowledge(referral, case, taken, ReferralProof.RECORDED, person, actor)


def _acknowledge(
    referral: Referral, case: Case, taken: Taken, proof: ReferralProof, person: int | None, actor: Actor
) -> None:
    moment = now()
    at = taken.at or moment
    errors = [
        *check_required(
            "taken_by", taken.name, most=MAX_NAME, needed=N_("Say who has it: a name, or a name and an office.")
        ),
        *check_text("their_number", taken.their_number, MAX_NUMBER),
    ]
    if referral.addressed_at is not None and not referral.addressed_at.replace(second=0, microsecond=0) <= at <= moment:
        errors.append(FieldError("at", "impossible", N_("Give a time between the referral and now.")))
    if errors:
        raise InvalidInput(*errors)
    if referral.state not in (ReferralState.ADDRESSED, ReferralState.SENT):
        raise AlreadyConfirmed
    referral.acknowledged_at, referral.acknowledged_by, referral.acknowledged_person_id = at, proof, person
    referral.taken_by, referral.their_number = taken.name.strip(), taken.their_number.strip()
    move_referral(
        referral,
        ReferralVerb.CONFIRM,
        "acknowledged_at",
        "acknowledged_by",
        "acknowledged_person",
        "taken_by",
        "their_number",
    )
    append("acknowledge_referral", {"referral": referral.pk, "proof": proof}, actor=actor, case_id=case.pk)
    if was_decided(case):
        tell_passed_on(case)


@transaction.atomic
def end_by_link(referral_id: int, outcome: ReferralOutcome, note: str = "", *, actor: Actor) -> None:
    """Record the outcome given through the link. Raises InvalidInput, AlreadyConfirmed."""
    referral, case = locked_referral(referral_id, actor=actor)
    _end(referral, case, outcome, note, BY_RECEIVER, actor)


@transaction.atomic
def end_as_officer(referral_id: int, outcome: ReferralOutcome, note: str = "", *, actor: Actor) -> None:
    """Record the outcome given by an officer of the receiver.

    Raises NotPermitted, NotFound, InvalidInput, AlreadyConfirmed.
    """
    lock_people(actor.require(Role.OFFICER))
    referral, case = _of_officer(referral_id, actor)
    _end(referral, case, outcome, note, BY_RECEIVER, actor)


@transaction.atomic
def record_outcome(referral_id: int, outcome: ReferralOutcome, note: str = "", *, actor: Actor) -> None:
    """Record the outcome as our staff.

    "No answer" takes a supervisor and an expired deadline.

    Raises NotPermitted, NotFound, InvalidInput, AlreadyConfirmed.
    """
    lock_people(actor.require(Role.REVIEWER, Role.SUPERVISOR))
    referral, case = locked_referral(referral_id, actor=actor)
    if outcome is ReferralOutcome.NO_ANSWER:
        if Role.SUPERVISOR not in actor.roles:
            raise NotPermitted
        if referral.due_at > now() or referral.acknowledged_at is not None:
            raise InvalidInput(FieldError("outcome", "too_early", N_("Its time is not over yet, or somebody has it.")))
    _end(referral, case, outcome, note, RECORDED, actor)


def _of_officer(referral_id: int, actor: Actor) -> tuple[Referral, Case]:
    """A referral shown on the officer's page, with its case, both locked. Raises NotFound."""
    referral, case = locked_referral(referral_id, actor=actor)
    if (
        referral.way != ReferralWay.OFFICER
        or referral.organisation_id is None
        or referral.sent_at is None
        or referral.organisation_id != actor.organisation_id
    ):
        raise NotFound
    return referral, case


def _end(
    referral: Referral,
    case: Case,
    outcome: ReferralOutcome,
    note: str,
    possible: tuple[ReferralOutcome, ...],
    actor: Actor,
) -> None:
    errors = check_text("note", note, MAX_NOTE)
    if outcome not in possible:
        errors.append(FieldError("outcome", "missing", N_("Choose what came of it.")))
    if errors:
        raise InvalidInput(*errors)
    if outcome.comes_back:
        if referral.state not in (ReferralState.ADDRESSED, ReferralState.SENT, ReferralState.ACKNOWLEDGED):
            raise AlreadyConfirmed
        passed_on = is_passed_on(case)
        comes_back(referral, case, outcome, note, actor=actor)
        if passed_on and was_decided(case) and not is_passed_on(case):
            tell_referring(case)
        return
    if referral.state != ReferralState.ACKNOWLEDGED:
        raise AlreadyConfirmed
    referral.outcome, referral.outcome_at, referral.note = outcome, now(), note.strip()
    move_referral(referral, ReferralVerb.FINISH, "outcome", "outcome_at", "note")
    append("end_referral", {"referral": referral.pk, "outcome": outcome}, actor=actor, case_id=case.pk)


@transaction.atomic
def record_mistake_told(referral_id: int, *, actor: Actor) -> None:
    """Record that our staff told the receiver of the mistake. Raises NotPermitted, NotFound, AlreadyConfirmed."""
    lock_people(actor.require(Role.REVIEWER, Role.SUPERVISOR))
    referral, case = locked_referral(referral_id, actor=actor)
    wrong = referral.rightly is False or referral.state == ReferralState.RETRACTED
    if not wrong or referral.mistake_told_at is not None:
        raise AlreadyConfirmed
    referral.mistake_told_at = now()
    referral.save(update_fields=["mistake_told_at"])
    append("tell_referral_wrong", {"referral": referral.pk}, actor=actor, case_id=case.pk)
