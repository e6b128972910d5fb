"""Requests of persons about their own data (UU PDP arts 5-13, GDPR arts 12-22): filing, assignment, forgetting.

A receipt proves that a report is one's own. An appeal code proves nothing by itself: whoever holds a victim's phone has
it, so such a request waits for a check of identity like one without any code, and its pages look the same.

What binds the data of an account or a report, so that they cannot be erased yet, and until when.

The same facts keep data from being deleted when its period is over (`privacy.reads.bindings`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from jaga.appeals.verbs.appeals import statement_by_code
from jaga.cases.models.cases import Platform
from jaga.cases.models.reports import Report
from jaga.cases.verbs.accounts import platforms_of
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Language, Role
from jaga.core.terms.privacy import (
    ENDED_REQUESTS,
    AnswerWay,
    BindingReason,
    KeyOwner,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
    RefusalGround,
)
from jaga.policy.local_time import end_of_day_of_local_time, today
from jaga.policy.release import load_release
from jaga.privacy.models import CorrectionNote, ErasedKey, PersonAnswer, PersonCheck, PersonRequest
from jaga.privacy.reads.bindings import facts_of
from jaga.privacy.reads.holder_data import cases_about
from jaga.privacy.reads.person_requests import refuse_uncleared_request
from jaga.reporting.reads.followed_reports import access_report
from jaga.store.codes import new_request_code, request_hash, seal_request
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people
from jaga.store.kernel.row_verification import differing, unchanged
from jaga.store.kernel.validation import check_required, check_text
from jaga.store.reads import READERS, clock_in_doubt
from jaga.store.sealed_text import DELETED

_R, _G = BindingReason, RefusalGround
GROUND_OF: Mapping[BindingReason, RefusalGround | None] = MappingProxyType(
    {
        _R.OPEN_CASE: _G.OPEN_CASE,
        _R.OPEN_ACTION: _G.OPEN_CASE,
        _R.RECHECK: _G.OPEN_CASE,
        _R.RESTRICTION: _G.OPEN_CASE,
        _R.OPEN_APPEAL: _G.APPEAL_WINDOW,
        _R.APPEAL_WINDOW: _G.APPEAL_WINDOW,
        _R.STRIKE: _G.STRIKE,
        _R.AUTHORITY: _G.AUTHORITY_REQUEST,
        _R.REFERRAL: _G.AUTHORITY_REQUEST,
        _R.LEGAL_HOLD: _G.LEGAL_HOLD,
        _R.HOLD_ENDED: _G.LEGAL_HOLD,
        _R.POSTPONED: _G.LEGAL_HOLD,
        _R.OPEN_REQUEST: None,  # The request itself does not stand against what it asks for.
    }
)
"""The ground on which a request is refused, in the words that the person reads."""


@dataclass(frozen=True)
class Bound:
    """One ground. `until` is None if nobody can know it yet."""

    ground: RefusalGround
    until: datetime | None


def bound_on(*, subject_id: int | None = None, report: Report | None = None) -> tuple[Bound, ...]:
    """What binds this account, or this report's case, now: each ground once, with its latest end."""
    if subject_id is not None:
        return _found(cases_about(subject_id))
    if report is not None and report.case_id is not None:
        return _found([report.case_id])
    # Accepted, and not yet in a case: it will be in moments.
    return (Bound(RefusalGround.OPEN_CASE, None),) if report is not None else ()


def bound_on_request(request_id: int) -> tuple[Bound, ...]:
    """What binds what this request is about. Call it where permission was checked."""
    row = PersonRequest.objects.select_related("report").get(pk=request_id)
    check = row.checks.order_by("-pk").first()
    return bound_on(subject_id=check.subject_id if check else None, report=row.report)


def _found(cases: Collection[int]) -> tuple[Bound, ...]:
    ends: dict[RefusalGround, list[datetime | None]] = {}
    for facts in facts_of(cases).values():
        for one in facts.bindings:
            if (ground := GROUND_OF[one.reason]) is not None and (one.until is None or one.until >= today()):
                ends.setdefault(ground, []).append(end_of_day_of_local_time(one.until) if one.until else None)
    return tuple(
        Bound(ground, None if None in found else max(end for end in found if end))
        for ground, found in sorted(ends.items())
    )


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
