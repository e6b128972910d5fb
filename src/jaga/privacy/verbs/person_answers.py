"""The answer to a request about one's own data: identity check, draft, a second person's release, hand-over.

Nothing leaves before a person has checked who asks and another one, a supervisor, has released the answer. In a
victim-first case it leaves on paper only, by whoever made the check.

The answer to a request on the page of its code, for whoever chose that way when their identity was checked.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from jaga.cases.models.cases import Case, Subject
from jaga.cases.verbs.accounts import platforms_of
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.lifecycles import PERSON_REQUEST
from jaga.core.terms.cases import AccessKind, IdentityCheck
from jaga.core.terms.people import Language, Role
from jaga.core.terms.privacy import (
    BINDING_GROUNDS,
    ENDED_REQUESTS,
    AnswerWay,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
    RefusalGround,
)
from jaga.privacy.models import CorrectionNote, PersonAnswer, PersonCheck, PersonRequest
from jaga.privacy.reads.holder_data import HolderData, cases_about, hash_of, holder_data, is_victim_first
from jaga.privacy.reads.person_requests import refuse_uncleared_account, refuse_uncleared_request, request_by_code
from jaga.privacy.verbs.erasure import erase_for, lock_cases_of
from jaga.privacy.verbs.person_requests import Bound, bound_on, locked_request
from jaga.reporting.reads.followed_reports import access_report
from jaga.reporting.verbs.quotable_text import check_quotes
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_required, check_text, required_text
from jaga.store.reads import READERS, log_access_to_all

MIN_TEXT = 15
MAX_TEXT = 4000
MAX_NOTE = 1000
State, Kind = PersonRequestState, PersonRequestKind


class NotChecked(Conflict):
    """Nobody has checked who asks."""

    code = "person_not_checked"
    sentence = N_("Nobody has checked yet who asks, so nothing can be given.")
    remedy = N_("Record the check first, or refuse because nobody could check it.")


class AnswerWaits(Conflict):
    """An answer waits for its release."""

    code = "answer_waits"
    sentence = N_("An answer waits for a second person already.")
    remedy = N_("Wait for the release, or have it sent back.")


class YourOwnAnswer(NotPermitted):
    """Whoever checked the identity or drafted the answer does not release it."""

    code = "person_answer_is_yours"
    sentence = N_("You checked who asks, or wrote this answer, so another person releases it.")
    remedy = N_("Ask a supervisor who has no part in it.")


class ChangedSince(Conflict):
    """The data are no longer those that were drafted or released."""

    code = "person_data_changed"
    sentence = N_("What is on record has changed since this answer was written, so it does not leave.")
    remedy = N_("Send it back and have it written anew. After a release: the person asks again.")


class StillBinds(Conflict):
    """Something binds, so nothing can be erased yet."""

    code = "erasure_still_bound"
    sentence = N_("This cannot be erased yet, since something binds it. See the list on this page.")
    remedy = N_("Refuse with that reason. The answer then says until when.")


class NothingToHandOver(Conflict):
    """Not released, or handed over already, or shown on the page."""

    code = "no_answer_to_hand_over"
    sentence = N_("Nothing is released here that can be handed over on paper.")
    remedy = N_("An answer on paper is opened once, by whoever checked the person or wrote it.")


@dataclass(frozen=True)
class NewPersonCheck:
    """How somebody was checked. `account` on `platform` (its name) is the one that they proved to be theirs; both empty
    if it is about no account."""

    kind: IdentityCheck | None
    note: str
    platform: str = ""
    account: str = ""


@dataclass(frozen=True)
class NewPersonAnswer:
    """A draft. `ground` for a refusal; `note` for a correction that is granted."""

    granted: bool | None
    text: str
    way: AnswerWay | None
    ground: RefusalGround | None = None
    note: str = ""
    without_recipients: bool = False


@dataclass(frozen=True)
class PersonSheet:
    """An answer as the person reads it. `data` is what is held of an account's holder, for access that was granted."""

    reference: str
    kind: PersonRequestKind
    received_at: datetime
    granted: bool
    ground: RefusalGround | None
    until: datetime | None
    text: str
    correction: str
    released_at: datetime
    data: HolderData | None


@transaction.atomic
def check_person(request_id: int, new: NewPersonCheck, *, actor: Actor) -> int:
    """Record a check of identity; returns its id. A later check replaces it.

    In a victim-first case the letter proves nothing: whoever controls the holder has it.

    Raises NotPermitted, NotFound (also for a request with a receipt), RequestEnded, AnswerWaits, InvalidInput.
    """
    row, person = locked_request(request_id, actor=actor)
    if row.proof == PersonProof.RECEIPT:  # It proves the report, and nothing about any account.
        raise NotFound
    if row.state == State.TO_RELEASE:
        raise AnswerWaits
    errors = [
        *check_required(
            "note",
            new.note,
            least=MIN_TEXT,
            most=MAX_NOTE,
            needed=N_("Say in at least %(least)s characters what you saw and compared."),
        ),
        *check_text("account", new.account, 300),
    ]
    if new.kind is None:
        errors.append(
            FieldError("kind", "missing", N_("Choose how it was checked. That somebody says so is not a check."))
        )
    subject, wrong = (None, []) if errors else _subject(row, new)
    if subject is not None:
        refuse_uncleared_account(subject.pk, actor=actor)
        if new.kind is IdentityCheck.HAS_LETTER and is_victim_first(subject.pk):
            wrong.append(
                FieldError(
                    "kind",
                    "not_here",
                    N_(
                        "The letter is not enough here: whoever has the phone has it. Check the person another way, "
                        "alone."
                    ),
                )
            )
    if errors or wrong or new.kind is None:
        raise InvalidInput(*errors, *wrong)
    made = PersonCheck.objects.create(
        request=row, kind=new.kind, note=new.note.strip(), subject=subject, checked_by_id=person, checked_at=now()
    )
    _move(row, State.IN_WORK)
    append("check_person", {"request": row.pk, "check": made.pk, "kind": made.kind}, actor=actor, case_id=None)
    return made.pk


def _subject(row: PersonRequest, new: NewPersonCheck) -> tuple[Subject | None, list[FieldError]]:
    """The account that was proved: for a code that of its decision; else as named, None if nothing is on record."""
    if row.proof == PersonProof.APPEAL_CODE and row.decision is not None:
        return row.decision.subject, []
    if not new.account.strip():
        return None, []
    platform = platforms_of([new.platform]).get(new.platform)
    if platform is None:
        return None, [FieldError("platform", "missing", N_("Choose the app of the account."))]
    named, account = Subject.objects.filter(platform=platform), new.account.strip()
    found = named.filter(account_id=account).first()
    if found is None and named.filter(handle=account).exists():  # Of whoever has or had that name.
        return None, [
            FieldError(
                "account",
                "not_an_id",
                N_(
                    "This is a name that can change its owner. Compare the person with the account itself, and write "
                    "its id as "
                    "the case shows it."
                ),
            )
        ]
    return found, []


@transaction.atomic
def draft_answer(request_id: int, new: NewPersonAnswer, *, actor: Actor) -> int:
    """Write the answer and ask a second person to release it; returns its id. Nothing leaves yet.

    Raises NotPermitted, NotFound, RequestEnded, AnswerWaits, NotChecked, StillBinds, InvalidInput.
    """
    row, person = locked_request(request_id, actor=actor)
    if row.state == State.TO_RELEASE:
        raise AnswerWaits
    check = last_check(row)
    not_proven = new.granted is False and new.ground is RefusalGround.NOT_PROVEN
    if row.proof != PersonProof.RECEIPT and not not_proven and (check is None or _proves_nothing_now(check)):
        raise NotChecked
    subject_id = check.subject_id if check else None
    bound = bound_on(subject_id=subject_id, report=row.report)
    if new.granted and row.kind == Kind.ERASURE and bound:
        raise StillBinds
    if errors := [*_words(row, check, new), *_choices(row, check, new, bound)]:
        raise InvalidInput(*errors)
    assert new.way is not None
    data = _data(row, subject_id, granted=bool(new.granted), without_recipients=new.without_recipients)
    made = PersonAnswer.objects.create(
        request=row,
        granted=bool(new.granted),
        ground=new.ground or "" if not new.granted else "",
        until=_until(new, bound),
        text=new.text.strip(),
        note=new.note.strip() if new.granted else "",
        way=new.way,
        without_recipients=new.without_recipients,
        sha256=hash_of(data),
        drafted_by_id=person,
        drafted_at=now(),
    )
    _move(row, State.TO_RELEASE)
    append(
        "draft_person_answer",
        {"request": row.pk, "answer": made.pk, "granted": made.granted, "ground": made.ground, "way": made.way},
        actor=actor,
        case_id=None,
    )
    return made.pk


def _proves_nothing_now(check: PersonCheck) -> bool:
    """Whether the check was by the letter alone, and a case of the account has become victim-first since."""
    return check.kind == IdentityCheck.HAS_LETTER and check.subject_id is not None and is_victim_first(check.subject_id)


def account_in_question(row: PersonRequest, check: PersonCheck | None) -> int | None:
    """The account that was proved, else that of the letter's code: for what must not be told, not for what is given."""
    if check is not None and check.subject_id is not None:
        return check.subject_id
    return row.decision.subject_id if row.decision is not None else None


def _words(row: PersonRequest, check: PersonCheck | None, new: NewPersonAnswer) -> list[FieldError]:
    errors = check_required(
        "text",
        new.text,
        least=MIN_TEXT,
        most=MAX_TEXT,
        needed=N_("Say in at least %(least)s characters what was decided and why."),
    )
    if row.kind == Kind.CORRECTION and new.granted:
        errors += check_required(
            "note",
            new.note,
            least=MIN_TEXT,
            most=MAX_TEXT,
            needed=N_("Write the correction in at least %(least)s characters, as it will stand beside the records."),
        )
    if errors:
        return errors
    account = account_in_question(row, check)
    of = Q(pk__in=cases_about(account) if account is not None else [])
    if row.report_id is not None:
        of |= Q(reports=row.report_id)
    for case in Case.objects.filter(of).distinct():
        errors += check_quotes("text", new.text, case, known_to=row.report)
        errors += check_quotes("note", new.note, case, known_to=row.report)
    return errors


def _choices(
    row: PersonRequest, check: PersonCheck | None, new: NewPersonAnswer, bound: tuple[Bound, ...]
) -> list[FieldError]:
    errors, account = [], account_in_question(row, check)
    if new.granted is None:
        errors.append(FieldError("granted", "missing", N_("Choose one of the two.")))
    if new.way is None:
        errors.append(FieldError("way", "missing", N_("Choose how the answer reaches the person.")))
    if new.way is AnswerWay.PAPER and row.proof == PersonProof.RECEIPT:
        errors.append(
            FieldError(
                "way", "page_only", N_("Whoever has the receipt gave no name: answer on the page of the request.")
            )
        )
    if new.way is AnswerWay.PAGE and account is not None and is_victim_first(account):
        errors.append(
            FieldError("way", "paper_only", N_("Here only on paper: somebody else may have the phone and the code."))
        )
    if new.granted is False and new.ground is None:
        errors.append(FieldError("ground", "missing", N_("Choose the reason.")))
    if new.granted is False and new.ground in BINDING_GROUNDS and new.ground not in {one.ground for one in bound}:
        errors.append(FieldError("ground", "not_so", N_("The records do not show that. Choose another reason.")))
    if (
        new.granted
        and row.kind == Kind.CORRECTION
        and row.report_id is None
        and (check is None or check.subject_id is None)
    ):
        errors.append(FieldError("granted", "nothing", N_("Nothing is on record here that could be corrected.")))
    return errors


def _until(new: NewPersonAnswer, bound: tuple[Bound, ...]) -> datetime | None:
    if new.granted:
        return None
    return next((one.until for one in bound if one.ground is new.ground), None)


def _data(row: PersonRequest, subject_id: int | None, *, granted: bool, without_recipients: bool) -> HolderData | None:
    if not granted or row.kind != Kind.ACCESS or subject_id is None:
        return None
    return holder_data(subject_id, Language(row.language), without_recipients=without_recipients)


@transaction.atomic
def release_answer(request_id: int, *, actor: Actor) -> None:
    """Release the waiting answer as the second person: the request ends, and what was granted is done.

    For a supervisor who neither checked the person nor wrote the answer. Raises NotPermitted, NotFound, YourOwnAnswer,
    NotChecked, ChangedSince, StillBinds, ErasuresOfTheDay, ClockInDoubt.
    """
    row, person, answer = _waiting(request_id, actor)
    check = last_check(row)
    if answer.granted and check is not None and _proves_nothing_now(check):
        raise NotChecked
    subject_id = check.subject_id if check else None
    if answer.granted and row.kind == Kind.ERASURE:
        lock_cases_of(row, subject_id)  # Before it is asked what binds them: a case that opens meanwhile waits.
    if (
        hash_of(_data(row, subject_id, granted=answer.granted, without_recipients=answer.without_recipients))
        != answer.sha256
    ):
        raise ChangedSince
    moment = now()
    answer.released_by_id, answer.released_at = person, moment
    answer.save(update_fields=["released_by", "released_at"])
    _move(row, State.ANSWERED if answer.granted else State.REFUSED, ended_at=moment)
    if answer.granted and row.kind == Kind.CORRECTION:
        CorrectionNote.objects.create(
            request=row,
            subject_id=None if row.report_id else subject_id,
            report_id=row.report_id,
            text=answer.note,
            at=moment,
        )
    append(
        "release_person_answer",
        {"request": row.pk, "answer": answer.pk, "granted": answer.granted},
        actor=actor,
        case_id=None,
    )
    if answer.granted and row.kind == Kind.ERASURE:
        if bound_on(subject_id=subject_id, report=row.report):
            raise StillBinds
        erase_for(row, subject_id, actor=actor)


@transaction.atomic
def return_answer(request_id: int, why: str, *, actor: Actor) -> None:
    """Send the waiting answer back to whoever wrote it, with a reason. Raises as `release_answer`, and InvalidInput."""
    row, person, answer = _waiting(request_id, actor)
    reason = required_text(
        "why", why, least=MIN_TEXT, most=MAX_NOTE, needed=N_("Say in at least %(least)s characters what has to change.")
    )
    answer.returned_by_id, answer.returned_at, answer.why = person, now(), reason
    answer.save(update_fields=["returned_by", "returned_at", "why"])
    checked = row.proof == PersonProof.RECEIPT or last_check(row) is not None
    _move(row, State.IN_WORK if checked else State.TO_CHECK)
    append("return_person_answer", {"request": row.pk, "answer": answer.pk}, actor=actor, case_id=None)


def _waiting(request_id: int, actor: Actor) -> tuple[PersonRequest, int, PersonAnswer]:
    row, person = locked_request(request_id, Role.SUPERVISOR, actor=actor)
    answer = (
        PersonAnswer.objects.select_for_update(of=("self",))
        .filter(request=row, returned_at__isnull=True, released_at__isnull=True)
        .first()
    )
    if answer is None:
        raise NotFound
    check = last_check(row)
    if person in (answer.drafted_by_id, check.checked_by_id if check else None):
        raise YourOwnAnswer
    return row, person, answer


@transaction.atomic
def hand_over_answer(request_id: int, *, actor: Actor) -> PersonSheet:
    """The answer as a sheet, once, for whoever checked the person or wrote the answer, to print and hand over.

    Raises NotPermitted for anybody else, NotFound, NothingToHandOver, ChangedSince.
    """
    person = actor.require(*READERS)
    row = PersonRequest.objects.select_for_update(of=("self",)).filter(pk=request_id).first()
    if row is None:
        raise NotFound
    refuse_uncleared_request(row, actor=actor)
    answer = PersonAnswer.objects.select_for_update(of=("self",)).filter(request=row, released_at__isnull=False).first()
    if answer is None or answer.way != AnswerWay.PAPER or answer.handed_at is not None:
        raise NothingToHandOver
    check = last_check(row)
    if person not in (answer.drafted_by_id, check.checked_by_id if check else None):
        raise NotPermitted
    sheet = sheet_of(row, answer)
    answer.handed_by_id, answer.handed_at = person, now()
    answer.save(update_fields=["handed_by", "handed_at"])
    log_access_to_all(
        cases_about(check.subject_id) if check and check.subject_id else [None], AccessKind.PRIVACY, actor=actor
    )
    append("hand_over_person_answer", {"request": row.pk, "answer": answer.pk}, actor=actor, case_id=None)
    return sheet


def sheet_of(row: PersonRequest, answer: PersonAnswer) -> PersonSheet:
    """A released answer with its data. Raises ChangedSince if they are not those that were released."""
    assert answer.released_at is not None
    check = last_check(row)
    data = _data(
        row, check.subject_id if check else None, granted=answer.granted, without_recipients=answer.without_recipients
    )
    if hash_of(data) != answer.sha256:
        raise ChangedSince
    return PersonSheet(
        row.reference,
        Kind(row.kind),
        row.received_at,
        answer.granted,
        RefusalGround(answer.ground) if answer.ground else None,
        answer.until,
        answer.text,
        answer.note,
        answer.released_at,
        data,
    )


def preview_data(request_id: int) -> HolderData | None:
    """What an answer would contain: for whoever drafts or releases it, where permission was checked."""
    row = PersonRequest.objects.get(pk=request_id)
    check = last_check(row)
    waiting = PersonAnswer.objects.filter(request=row, returned_at__isnull=True, released_at__isnull=True).first()
    return _data(
        row,
        check.subject_id if check else None,
        granted=True,
        without_recipients=waiting.without_recipients if waiting else False,
    )


def last_check(row: PersonRequest) -> PersonCheck | None:
    """The check that counts."""
    return PersonCheck.objects.filter(request=row).order_by("-pk").first()


def _move(row: PersonRequest, after: PersonRequestState, ended_at: datetime | None = None) -> None:
    row.state, row.ended_at = PERSON_REQUEST.to(row.state, after), ended_at
    row.save(update_fields=["state", "ended_at"])


@dataclass(frozen=True)
class RequestPage:
    """What the page of a request's code shows.

    `sheet` is None while nobody answered and where the answer goes another way, in a victim-first case as elsewhere.
    `changed`: what is on record has changed since the release.
    """

    reference: str
    kind: PersonRequestKind
    received_at: datetime
    due_at: datetime
    ended_at: datetime | None
    checks_identity: bool
    sheet: PersonSheet | None
    changed: bool


def open_request_page(code: str) -> RequestPage:
    """The page of this code. Raises NotFound, whether the code is wrong or missing."""
    return _page(request_by_code(code))


def open_pages_of_report(receipt: str) -> tuple[RequestPage, ...]:
    """The pages of what was asked with this receipt, the latest first: for whoever has lost the code of a request.

    The receipt proves as much as the code does, which it was given for. Raises NotFound for a wrong or missing receipt,
    and where nothing was asked with it.
    """
    report = access_report(receipt).report_id
    rows = PersonRequest.objects.filter(report=report, proof=PersonProof.RECEIPT).order_by("-pk")
    if not rows:
        raise NotFound
    return tuple(_page(row) for row in rows)


def _page(row: PersonRequest) -> RequestPage:
    answer = PersonAnswer.objects.filter(request=row, released_at__isnull=False).first()
    sheet, changed = None, False
    if answer is not None and answer.way == AnswerWay.PAGE:
        try:
            sheet = None if (changed := _protected(row)) else sheet_of(row, answer)
        except ChangedSince:
            changed = True
    ended = PersonRequestState(row.state) in ENDED_REQUESTS
    return RequestPage(
        row.reference,
        PersonRequestKind(row.kind),
        row.received_at,
        row.due_at,
        row.ended_at if ended else None,
        row.proof != PersonProof.RECEIPT,
        sheet,
        changed,
    )


def _protected(row: PersonRequest) -> bool:
    """Whether the account has become victim-first since the release. The page then says what it says of any change."""
    check = last_check(row)
    return check is not None and check.subject_id is not None and is_victim_first(check.subject_id)
