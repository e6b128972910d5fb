"""Appeals without the code: received by letter, in person or through a helper, and recorded by staff.

Claiming the account is not enough: staff record how the identity was checked, by something that existed before. The
paper receipt contains neither code nor reasons, so a stranger gains nothing, and the code's holder can still add a
message. Whoever records an appeal cannot decide it.
"""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from jaga.casework.appeals.appeals import AppealExists, too_late
from jaga.casework.appeals.eligible_people import require_outsider
from jaga.casework.cases.appeal_window import last_day
from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.eligibility import lock_people, require_eligible
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_text
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.core.terms.appeals import AppealWay, IdentityCheck
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.policy.local_time import today
from jaga.records.models import Appeal, Statement

MIN_TEXT = 10
MIN_NOTE = 15
MAX_NOTE = 1000
MAX_HELPER = 200


class NoSuchMeasure(NotFound):
    """The number and the account do not match, or no measure was taken against that account."""

    code = "no_such_measure"
    sentence = N_("No measure with this number and this account is on record.")
    remedy = N_("Ask for the letter once more. The number stands at its end, like K000123.")


@dataclass(frozen=True)
class PaperAppeal:
    """What was brought, and how the identity was checked."""

    reference: str  # the case number from the letter
    account: str  # as the holder names it; must be the account decided on
    way: AppealWay
    received_on: date
    text: str
    check: IdentityCheck | None
    check_note: str
    helper: str = ""


@transaction.atomic
def record_appeal(new: PaperAppeal, *, actor: Actor) -> Appeal:
    """Record an appeal that came without the code.

    The day of receipt counts for the appeal window.

    Raises NotPermitted, NotFound, InvalidInput, NoSuchMeasure, HadAVote, AppealExists, AppealTooLate.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    _check(new)
    statement = _statement(new)
    case = locked_case(statement.decision.case_id, actor=actor)
    require_eligible(case, person)
    if CaseState(case.state) in SEALED_STATES and statement.decision.provisional:
        raise NoSuchMeasure  # an interim restriction is disclosed only after the judgement
    moment = now()
    appeal = Appeal(
        decision=statement.decision,
        text=new.text.strip(),
        filed_at=moment,
        due_at=moment + load_release().deadlines.appeal_decision.span,
        way=new.way,
        received_on=new.received_on,
        recorded_by_id=person,
        helper=new.helper.strip(),
        identity_check=new.check or "",
        check_note=new.check_note.strip(),
    )
    require_outsider(Appeal(decision=statement.decision), person)
    if new.received_on > last_day(statement):
        raise too_late(statement)
    try:
        with transaction.atomic():
            appeal.save(force_insert=True)
    except IntegrityError:
        raise AppealExists from None
    append(
        "file_appeal",
        {"appeal": appeal.pk, "decision": statement.decision_id, "way": new.way, "check": new.check, "pictures": 0},
        actor=actor,
        case_id=case.pk,
    )
    return appeal


def _check(new: PaperAppeal) -> None:
    errors = [
        *check_text("text", new.text),
        *check_text("check_note", new.check_note, MAX_NOTE),
        *check_text("helper", new.helper, MAX_HELPER),
        *check_text("reference", new.reference, 20),
        *check_text("account", new.account, 300),
    ]
    missing = (
        ("text", len(new.text.strip()) < MIN_TEXT, N_("Write down what the holder says, in their words.")),
        ("reference", not new.reference.strip(), N_("Write the number from the letter.")),
        ("account", not new.account.strip(), N_("Write which account it is about.")),
        ("check", new.check is None, N_("Choose how it was checked. That somebody says so is not a check.")),
        ("check_note", len(new.check_note.strip()) < MIN_NOTE, N_("Say in a few words what you saw and compared.")),
        (
            "helper",
            new.way is AppealWay.HELPER and not new.helper.strip(),
            N_("Name the body or the person who helps."),
        ),
        (
            "check",
            new.check is IdentityCheck.HELPER_VOUCHES and new.way is not AppealWay.HELPER,
            N_("Only a helper who is named here can vouch for the holder."),
        ),
        ("received_on", new.received_on > today(), N_("This day is still to come.")),
    )
    errors += [FieldError(field, "missing", sentence) for field, wrong, sentence in missing if wrong]
    if errors:
        raise InvalidInput(*errors)


def _statement(new: PaperAppeal) -> Statement:
    digits = new.reference.strip().upper().removeprefix("K").lstrip("0")
    if not digits.isascii() or not digits.isdecimal():
        raise NoSuchMeasure
    named = new.account.strip().casefold()
    for row in (
        Statement.objects.filter(decision__case=int(digits))
        .select_related("decision__case", "decision__subject__platform")
        .order_by("-pk")
    ):
        subject = row.decision.subject
        if named in (subject.account_id.casefold(), subject.handle.casefold(), subject.handle.casefold().lstrip("@")):
            return row
    raise NoSuchMeasure
