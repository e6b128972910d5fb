"""Requests of persons about their own data (UU PDP arts 5-13, GDPR arts 12-22): filing, assignment, forgetting.

A receipt proves that a report is one's own. An appeal code proves nothing by itself: whoever holds a victim's phone has
it, so such a request waits for a check of identity like one without any code, and its pages look the same.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from jaga.casework.appeals.appeals import statement_by_code
from jaga.casework.cases.accounts import platforms_of
from jaga.casework.kernel.eligibility import lock_people
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.row_verification import differing, unchanged
from jaga.casework.kernel.validation import check_required, check_text
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Language, Role
from jaga.core.terms.person_requests import (
    ENDED_REQUESTS,
    AnswerWay,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
)
from jaga.core.terms.privacy import KeyOwner
from jaga.policy import load_release
from jaga.records.access.base.clearance import READERS
from jaga.records.access.base.doubted_clock import clock_in_doubt
from jaga.records.access.privacy.person_requests import refuse_uncleared_request
from jaga.records.access.reporting.followed_reports import access_report
from jaga.records.boxed_text import DELETED
from jaga.records.codes import new_request_code, request_hash, seal_request
from jaga.records.models import CorrectionNote, ErasedKey, PersonAnswer, PersonCheck, PersonRequest, Platform

MIN_WORDS = 10
MAX_WORDS = 2000
MAX_ACCOUNT = 300
MAX_CONTACT = 300
KEPT = timedelta(days=90)
"""How long what a person wrote is kept after the end, so that they can complain about the answer."""
_REPORT_ERASED = Exists(ErasedKey.objects.filter(kind=KeyOwner.REPORT, number=OuterRef("report__key_number")))
_ACCOUNT_FORGOTTEN = Exists(
    PersonCheck.objects.filter(request=OuterRef("pk"), subject__account_id__startswith=f"{DELETED} ")
) | Q(decision__subject__account_id__startswith=f"{DELETED} ")
_CORRECTION_OVER = Q(_REPORT_ERASED) | Q(subject__account_id__startswith=f"{DELETED} ")


class RequestAlreadyMade(Conflict):
    """The same was asked with this receipt and is not answered yet."""

    code = "asked_already"
    sentence = N_("The same was asked with this report number already, and the answer is on its way.")
    remedy = N_(
        "Look at the page of your request with the code that you got then. If you lost it, enter the report"
        " number there instead."
    )


class RequestEnded(Conflict):
    """The request was answered or refused."""

    code = "request_ended"
    sentence = N_("This request was answered already.")
    remedy = N_("Look at the answer on its page. The person can ask anew.")


@dataclass(frozen=True)
class NewPersonRequest:
    """What a person asks. `account` and `platform` (its name) say whose data, without a code; `contact` how to reach
    them. All of it is encrypted."""

    kind: PersonRequestKind | None
    words: str = ""
    account: str = ""
    platform: str = ""
    contact: str = ""
    language: Language = Language.INDONESIAN


@dataclass(frozen=True)
class FiledRequest:
    """The number, the code that opens its page (shown once), and when the answer is due."""

    reference: str
    code: str
    due_at: datetime
    checks_identity: bool


@transaction.atomic
def ask_without_code(new: NewPersonRequest, *, actor: Actor) -> FiledRequest:
    """File a request of somebody who has no code. Nothing is looked up: the answer is the same for any account name.

    Raises InvalidInput.
    """
    platform = platforms_of([new.platform]).get(new.platform)
    missing = [
        *check_required(
            "account",
            new.account,
            most=MAX_ACCOUNT,
            needed=N_("Write which account it is about, or your name if it is about no account."),
        ),
        *check_required(
            "contact",
            new.contact,
            least=5,
            most=MAX_CONTACT,
            needed=N_("Write how we reach you, to check who you are."),
        ),
    ]
    if new.platform and platform is None:
        missing.append(FieldError("platform", "unknown", N_("Choose an app from the list.")))
    return _file(new, PersonProof.NONE, missing, platform=platform, actor=actor)


@transaction.atomic
def ask_with_receipt(receipt: str, new: NewPersonRequest, *, actor: Actor) -> FiledRequest:
    """File a request about one's own report. Its receipt is the check.

    Raises NotFound, InvalidInput, RequestAlreadyMade.
    """
    anonymous = replace(new, account="", contact="")  # Neither is asked for: whoever reports stays unknown.
    return _file(anonymous, PersonProof.RECEIPT, [], report_id=access_report(receipt).report_id, actor=actor)


@transaction.atomic
def ask_with_appeal_code(code: str, new: NewPersonRequest, *, actor: Actor) -> FiledRequest:
    """File a request of whoever holds a letter's code; who they are is checked all the same.

    The same can be asked again, so that nobody learns from a refusal that the holder has asked. Raises NotFound,
    InvalidInput.
    """
    decision = statement_by_code(code).decision
    missing = check_required(
        "contact", new.contact, least=5, most=MAX_CONTACT, needed=N_("Write how we reach you, to check who you are.")
    )
    return _file(replace(new, account=""), PersonProof.APPEAL_CODE, missing, decision_id=decision.pk, actor=actor)


def _file(
    new: NewPersonRequest,
    proof: PersonProof,
    errors: list[FieldError],
    *,
    actor: Actor,
    platform: Platform | None = None,
    report_id: int | None = None,
    decision_id: int | None = None,
) -> FiledRequest:
    if new.kind is None:
        errors.append(FieldError("kind", "missing", N_("Choose what you ask for.")))
    needs_words = new.kind in (PersonRequestKind.CORRECTION, PersonRequestKind.OBJECTION)
    errors += (
        check_required(
            "words",
            new.words,
            least=MIN_WORDS,
            most=MAX_WORDS,
            needed=N_("Say in at least %(least)s characters what is wrong, or why you object."),
        )
        if needs_words
        else check_text("words", new.words, MAX_WORDS)
    )
    if errors or new.kind is None:
        raise InvalidInput(*errors)
    moment, code = now(), new_request_code()
    checks = proof is not PersonProof.RECEIPT
    try:
        with transaction.atomic():
            row = PersonRequest.objects.create(
                kind=new.kind,
                proof=proof,
                state=PersonRequestState.TO_CHECK if checks else PersonRequestState.IN_WORK,
                platform=platform,
                report_id=report_id,
                decision_id=decision_id,
                language=new.language,
                sealed=seal_request(
                    {"account": new.account.strip(), "words": new.words.strip(), "contact": new.contact.strip()}
                ),
                code_hash=request_hash(code),
                received_at=moment,
                due_at=moment + timedelta(hours=load_release().data_protection.answer.hours),
            )
    except IntegrityError:
        raise RequestAlreadyMade from None
    append("ask_for_own_data", {"request": row.pk, "kind": row.kind, "proof": row.proof}, actor=actor, case_id=None)
    return FiledRequest(row.reference, code, row.due_at, checks)


@transaction.atomic
def take_request(request_id: int, *, actor: Actor) -> None:
    """Take a request on, also from somebody else: their name stands on it from then on.

    Raises NotPermitted, NotFound, RequestEnded.
    """
    row, person = locked_request(request_id, actor=actor)
    if row.assigned_to_id == person:
        return
    row.assigned_to_id, row.assigned_at = person, now()
    row.save(update_fields=["assigned_to", "assigned_at"])
    append("take_person_request", {"request": row.pk}, actor=actor, case_id=None)


def locked_request(request_id: int, *roles: Role, actor: Actor) -> tuple[PersonRequest, int]:
    """The open request, locked, and the actor's number. By default for reviewers and supervisors.

    Raises NotPermitted, NotFound, RequestEnded.
    """
    person = actor.require(*(roles or READERS))
    lock_people(person)
    row = PersonRequest.objects.select_for_update(of=("self",)).filter(pk=request_id).first()
    if row is None:
        raise NotFound
    refuse_uncleared_request(row, actor=actor)
    if PersonRequestState(row.state) in ENDED_REQUESTS:
        raise RequestEnded
    return row, person


@transaction.atomic
def forget_ended() -> int:
    """Delete the words of requests that ended more than `KEPT` ago: what persons wrote, how they were checked, and what
    they were told. Returns how many. Numbers, clocks, and that each was answered stay.

    Of those whose report or account was erased since, all but the answer goes at once; the answer, and how to reach the
    person, once it is handed over or its time is over, too. So do corrections.
    """
    over = Q(pk__isnull=True) if clock_in_doubt() else Q(ended_at__lt=now() - KEPT)
    erased = Q(_REPORT_ERASED) | _ACCOUNT_FORGOTTEN
    waits = Q(answers__released_at__isnull=False, answers__way=AnswerWay.PAPER, answers__handed_at__isnull=True)
    ended = PersonRequest.objects.filter(ended_at__isnull=False)
    gone = set(ended.filter(over | erased).values_list("pk", flat=True))
    late = set(ended.filter(over).values_list("pk", flat=True))
    reached = late | gone - set(ended.filter(waits).values_list("pk", flat=True))
    written = PersonRequest.objects.filter(pk__in=reached, sealed__isnull=False)
    checks = PersonCheck.objects.filter(request__in=gone).exclude(note=DELETED)
    answers = PersonAnswer.objects.filter(request__in=late).exclude(text=DELETED)
    corrections = CorrectionNote.objects.filter(_CORRECTION_OVER).exclude(text=DELETED)
    rows, requests = [], set(written.values_list("pk", flat=True))
    for part, found in (("personcheck", checks), ("personanswer", answers), ("correctionnote", corrections)):
        for number, request in found.values_list("pk", "request"):
            rows.append((part, number))
            requests.add(request)
    whole = unchanged(rows)
    written.update(sealed=None)
    checks.update(note=DELETED)
    corrections.update(text=DELETED)
    for name in ("why", "note", "text"):  # `text` last: it says which are done.
        answers.exclude(**{name: ""}).update(**{name: DELETED})
    if requests:
        append(
            "forget_person_requests",
            {"count": len(requests), "days": KEPT.days},
            actor=SYSTEM,
            case_id=None,
            rows=[(one.part, one.number) for one in differing(whole)],
        )
    return len(requests)
