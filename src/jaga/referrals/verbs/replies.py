"""Sending referrals, and the receiver's replies: confirmation of receipt, and the outcome.

Reporters learn of a referral only after its receiver has confirmed it: by the mailed link with a code told by
telephone, on the officers' page, or to a member of our staff who records it.

Periodic tasks for referrals: lost sendings, reminders at half time and deadline, alarms.

Each is idempotent and may run concurrently. None confirms or ends a referral.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, override

from jaga.cases.models.cases import Case
from jaga.cases.verbs.letters import tell_passed_on, tell_referring
from jaga.core.actors import RECEIVER, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.referrals import UNCONFIRMED, UNDER_WAY, ReferralState, ReferralVerb
from jaga.core.terms.cases import CaseAlarmKind
from jaga.core.terms.people import Language, Role
from jaga.core.terms.reports import ReferralOutcome, ReferralProof, ReferralWay
from jaga.decisions.models import CaseAlarm
from jaga.operators.models import OutgoingMail
from jaga.policy.release import load_release
from jaga.referrals.models import Referral
from jaga.referrals.reads import (
    MOST_WRONG_CODES,
    ReceivedReferral,
    find_by_link,
    is_passed_on,
    mail_key,
    open_by_link,
    was_decided,
)
from jaga.referrals.verbs.referrals import comes_back, locked_referral, move_referral
from jaga.store.codes import is_referral_code, referral_secret
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.kernel.row_bindings import lock_people
from jaga.store.kernel.validation import check_required, check_text
from jaga.store.reads import clock_in_doubt

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


AT_ONCE = 500
KEPT_AFTER_THE_END = timedelta(days=30)
"""How long a message stays readable after its referral has ended."""
_GRACE = timedelta(seconds=30)  # a new sending and its job may not be visible at the same moment


def unsent_referrals() -> list[int]:
    """Addressed referrals that no job is sending, because a worker died or a job failed."""
    rows = list(
        Referral.objects.filter(state=ReferralState.ADDRESSED, addressed_at__lt=now() - _GRACE)
        .exclude(way=ReferralWay.BY_HAND)
        .order_by("pk")
        .values_list("pk", flat=True)[:AT_ONCE]
    )
    keys = [mail_key(pk) for pk in rows]
    mailed = set(OutgoingMail.objects.filter(key__in=keys).values_list("key", flat=True))
    return [pk for pk in rows if mail_key(pk) not in mailed]


def mailed_referrals() -> list[int]:
    """Addressed referrals whose mail was accepted by the mail server."""
    waiting = Referral.objects.filter(state=ReferralState.ADDRESSED, way=ReferralWay.MAIL).order_by("pk")
    keys = {mail_key(pk): pk for pk in waiting.values_list("pk", flat=True)[:AT_ONCE]}
    sent = OutgoingMail.objects.filter(key__in=keys, sent_at__isnull=False).values_list("key", flat=True)
    return sorted(keys[key] for key in sent)


@transaction.atomic
def remind_receivers() -> int:
    """Remind receivers by mail at half time and at the deadline of an unconfirmed referral; returns the number of new
    mails.

    Officers see it on their page. Offices contacted by hand are called again: `raise_referral_alarms` reminds our
    staff.
    """
    moment, made = now(), 0
    rows = Referral.objects.select_for_update(of=("self",), skip_locked=True).filter(
        way=ReferralWay.MAIL, state__in=(ReferralState.ADDRESSED, ReferralState.SENT), reminded__lt=2
    )
    for row in rows.order_by("due_at")[:AT_ONCE]:
        due = 2 if row.due_at <= moment else 1 if half_of(row) <= moment else 0
        if due > row.reminded:
            made += mail_receiver(row, f"reminder-{due}", SUBJECT, AGAIN)
            row.reminded = due
            row.save(update_fields=["reminded"])
    return made


def half_of(referral: Referral) -> datetime:
    """When half of the time for the next step has passed."""
    begun = referral.addressed_at or referral.made_at
    return begun + (referral.due_at - begun) / 2


@transaction.atomic
def raise_referral_alarms() -> int:
    """Raise alarms at half time and deadline of a referral, and for a missing review; returns how many are new.

    A review is missing if nobody has reviewed a referral by one person within the release's hours.
    """
    found = [CaseAlarm(case_id=row.case_id, referral=row, kind=kind, at=now()) for row, kind in _due()]
    raised = set(
        CaseAlarm.objects.filter(referral__in=[one.referral_id for one in found]).values_list("referral_id", "kind")
    )
    new = [one for one in found if (one.referral_id, one.kind) not in raised]
    CaseAlarm.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _due() -> Iterator[tuple[Referral, CaseAlarmKind]]:
    moment = now()
    waiting = (
        Referral.objects.filter(state__in=UNCONFIRMED)
        .exclude(alarms__kind=CaseAlarmKind.REFERRAL_OVERDUE)
        .order_by("due_at")
    )
    for row in waiting[:AT_ONCE]:
        if row.due_at <= moment:
            yield row, CaseAlarmKind.REFERRAL_OVERDUE
        elif half_of(row) <= moment:
            yield row, CaseAlarmKind.REFERRAL_WAITS
    last = moment - timedelta(hours=load_release().referring.review_hours)
    unreviewed = (
        Referral.objects.filter(at_once=True, reviewed_at__isnull=True, made_at__lte=last)
        .exclude(alarms__kind=CaseAlarmKind.REFERRAL_UNREVIEWED)
        .order_by("made_at")
    )
    for row in unreviewed[:AT_ONCE]:
        yield row, CaseAlarmKind.REFERRAL_UNREVIEWED


@transaction.atomic
def tell_receivers_of_mistakes() -> int:
    """Mail receivers of referrals sent by mistake; returns how many mails the server has accepted now.

    A receiver contacted by hand is told by a person (`record_mistake_told`).
    """
    sent = 0
    rows = Referral.objects.select_for_update(of=("self",), skip_locked=True).filter(
        Q(rightly=False) | Q(state=ReferralState.RETRACTED), mistake_told_at__isnull=True, way=ReferralWay.MAIL
    )
    for row in rows.order_by("pk")[:AT_ONCE]:
        if row.sent_at is None:  # the mail may have been sent after it was taken back
            row.sent_at = OutgoingMail.objects.filter(key=mail_key(row.pk)).values_list("sent_at", flat=True).first()
            if row.sent_at is None and row.acknowledged_at is None:
                continue
            row.save(update_fields=["sent_at"])
            append_changes(actor=SYSTEM, case_id=row.case_id)
        mail_receiver(row, "wrong", WRONG_SUBJECT, WRONG)
        sent_at = OutgoingMail.objects.filter(key=mail_key(row.pk, "wrong")).values_list("sent_at", flat=True)[0]
        if sent_at is not None:
            row.mistake_told_at = sent_at
            row.save(update_fields=["mistake_told_at"])
            append("tell_referral_wrong", {"referral": row.pk}, actor=SYSTEM, case_id=row.case_id)
            sent += 1
    return sent


@transaction.atomic
def forget_messages() -> int:
    """Delete messages to receivers some time after the referral ended; returns how many. The records stay."""
    if clock_in_doubt():
        return 0
    over = now() - KEPT_AFTER_THE_END
    ended = Referral.objects.exclude(state__in=[*UNDER_WAY, ReferralState.DRAFTED]).filter(
        sealed__isnull=False, addressed_at__lt=over
    )
    rows = [
        row.pk
        for row in ended.only("pk", "outcome_at", "reviewed_at")[:AT_ONCE]
        if (row.outcome_at or row.reviewed_at or over) <= over
    ]
    return Referral.objects.filter(pk__in=rows).update(sealed=None)
