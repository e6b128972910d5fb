"""File legal requests and follow them. Each officer sees only their own (`authorities.reads.orders`)."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from jaga.authorities.reads.orders import OfficerRequestView, access_request, list_requests
from jaga.authorities.verbs.orders import NewRequest, check_request, file_request
from jaga.cases.reads.case_view import RequestOutcomeView
from jaga.cases.verbs.accounts import FiledReport
from jaga.core.actors import Actor
from jaga.core.errors import FieldError, InvalidInput
from jaga.core.terms.people import Language
from jaga.people.reads.api_keys import KeyHolder
from jaga.people.verbs.api_keys import NotProven, proof_of
from jaga.policy.release import load_release
from jaga.web.api.auth import HeldOut, OfficerOrHeld, held_answer, officer_of
from jaga.web.api.bodies import RequestIn, as_new_request, parse_object, read_raw
from jaga.web.api.guard import spend
from jaga.web.api.problems import Cursor, Limit, Page, Problem, UpdatedSince, both, cut, decision_words, state_words

router = Router(tags=["requests"])
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": RequestIn.model_json_schema()}}},
}


class OrganisationOut(Schema):
    """The organisation that sent the request. `practice` is true for an invented one of a practice installation."""

    name: str = Field(description="The organisation's name.")
    practice: bool = Field(description="True if the organisation is an invented one for practice.")


class Filed(Schema):
    """The acknowledgement of a stored request.

    `receipt` is shown only once. `ledger_promise` is a signed promise that the ledger will contain the request.
    """

    report_id: int = Field(description="The number of the request, e.g. 1042.")
    case_reference: str = Field(description="The case that handles it, e.g. K000017.")
    form: str = Field(description="The legal form: request, or order if the ministry sent it.")
    organisation: OrganisationOut = Field(description="The organisation that sent the request.")
    due_at: datetime = Field(description="The legal deadline for a decision.")
    receipt: str = Field(description="The code of 16 digits that follows the request without a key. Shown only once.")
    ledger_promise: str = Field(description="A signed note that the ledger will contain the request.")


class StateOut(Schema):
    """The state of the case: `term` for programs, `words` for people."""

    term: str = Field(description="The state for programs: received, in_review, acting, restoring or resolved.")
    words: dict[Language, str] = Field(description="The state for people, in each language.")


class LegalBasisOut(Schema):
    """The provision on which a decision rests."""

    key: str = Field(description="The key of the provision, as in GET /legal-bases.")
    citation: str = Field(description="The provision as lawyers cite it.")
    title: dict[Language, str] = Field(description="What the provision is about, in each language.")


class OutcomeOut(Schema):
    """What was decided.

    `verified` is true once an independent check of the account confirmed the outcome; null if nothing had to be done.
    `legal_basis` is null if the decision rests on the platform's terms of service, or if no action was taken.
    """

    decision: str = Field(description="The decision for programs, e.g. close.")
    words: dict[Language, str] = Field(description="The decision for people, in each language.")
    legal_basis: LegalBasisOut | None = Field(
        description="The provision on which the decision rests; null if it "
        "rests on the terms of service or nothing was done."
    )
    decided_at: datetime = Field(description="When it was decided.")
    verified: bool | None = Field(
        description="True if an independent check of the account confirmed it; null if nothing had to be done."
    )
    verified_at: datetime | None = Field(description="When the check confirmed it; null if it did not.")


class LetterOut(Schema):
    """A letter that was sent to the officer."""

    key: str = Field(description="The kind of letter.")
    language: Language = Field(description="The language in which the letter is written.")
    body: str = Field(description="The letter itself, as plain text.")
    sent_at: datetime = Field(description="When it was sent to you.")


class RequestOut(Schema):
    """One legal request. `due_at` is the legal deadline for a decision."""

    report_id: int = Field(description="The number of the request, e.g. 1042.")
    form: str = Field(description="The legal form: request, or order if the ministry sent it.")
    organisation: OrganisationOut = Field(description="The organisation that sent the request.")
    case_reference: str = Field(description="The case that handles it, e.g. K000017.")
    letter_number: str = Field(description="The number of the official letter.")
    letter_date: date = Field(description="The day of the official letter.")
    platform: str = Field(description="The platform's name, as in GET /platforms.")
    account: str = Field(description="The account as you named it.")
    category: str = Field(description="The category's key, as in GET /categories.")
    legal_basis: str = Field(description="The key of the legal basis that you named, as in GET /legal-bases.")
    urgent: bool = Field(description="True if it must be decided within 4 hours instead of 24.")
    received_at: datetime = Field(description="When the request was received.")
    due_at: datetime = Field(description="The legal deadline for a decision.")
    overdue: bool = Field(description="True if the deadline has passed without a decision.")
    state: StateOut = Field(description="The state of the case.")
    closes_at: datetime | None = Field(description="When a pending closure is carried out; null if none is pending.")


class RequestWholeOut(RequestOut):
    """One request with its outcome and letters."""

    outcome: OutcomeOut | None = Field(description="What was decided; null before the decision.")
    letters: list[LetterOut] = Field(description="The letters that were sent to you about the request, oldest first.")


class RequestsOut(Page):
    """A page of requests."""

    items: list[RequestOut] = Field(description="The requests of this page, newest first.")


@router.post(
    "/requests",
    openapi_extra=_BODY,
    summary="File a request or order on one account",
    auth=OfficerOrHeld(),
    response={
        201: Filed,
        202: HeldOut,
        400: Problem,
        401: Problem,
        403: Problem,
        409: Problem,
        413: Problem,
        415: Problem,
        422: Problem,
        429: Problem,
    },
)
def file(request: HttpRequest, response: HttpResponse) -> Status[Filed] | Status[HeldOut]:
    """For authorities, under MR5 art. 16(4).

    The officer signs the exact bytes of the body (Standard Webhooks headers). A request without a valid signature is
    held for a supervisor and not filed (202). A request with errors is refused (422); the answer names every missing or
    invalid field. The same letter number cannot be used twice for the same account and category (409).
    """
    officer = officer_of(request)
    raw = read_raw(request)
    body = parse_object(raw)
    new, unreadable = as_new_request(body)
    try:
        proof = proof_of(officer.person_id, request.headers, raw)
        if unreadable:
            raise _with_all_others(new, unreadable, officer.actor)
        spend(officer, 1)
        filed = file_request(new, actor=officer.actor, proof=proof)
    except NotProven as refused:
        return Status(202, held_answer(request, raw, body, refused, officer))
    response["Location"] = f"{request.path}/{filed.report_id}"
    return Status(201, _acknowledged(filed, officer))


def _with_all_others(new: NewRequest, unreadable: tuple[FieldError, ...], actor: Actor) -> InvalidInput:
    """One error that names the unreadable fields and everything that `check_request` finds in the readable ones."""
    named = {error.field for error in unreadable}
    try:
        check_request(new, actor=actor)
    except InvalidInput as refused:
        return InvalidInput(*unreadable, *(error for error in refused.errors if error.field not in named))
    except NotProven:  # said once it can be read
        pass
    return InvalidInput(*unreadable)


def _acknowledged(filed: FiledReport, officer: KeyHolder) -> Filed:
    return Filed(
        report_id=filed.report_id,
        case_reference=filed.case_reference,
        form=filed.form,
        organisation=OrganisationOut(name=officer.organisation, practice=officer.practice),
        due_at=filed.due_at,
        receipt=filed.receipt,
        ledger_promise=filed.ledger_promise,
    )


@router.get("/requests", response={200: RequestsOut, 401: Problem, 422: Problem}, summary="Your own requests")
def index(
    request: HttpRequest, cursor: Cursor = None, limit: Limit = 50, updated_since: UpdatedSince = None
) -> RequestsOut:
    """The newest request comes first."""
    rows = list_requests(officer_of(request), before=cursor, most=limit + 1, since=updated_since)
    shown, following = cut(rows, limit, lambda row: row.report_id)
    return RequestsOut(items=[RequestOut(**_response(row)) for row in shown], next=following)


@router.get(
    "/requests/{int:report_id}",
    response={200: RequestWholeOut, 401: Problem, 404: Problem},
    summary="Get one of your requests",
)
def show(request: HttpRequest, report_id: int) -> RequestWholeOut:
    """Shows its state, its deadline, the decision, whether the outcome was verified, and the letters sent to you."""
    followed = access_request(report_id, officer_of(request))
    letters = [
        LetterOut(key=letter.key, language=letter.language, body=letter.body, sent_at=letter.sent_at)
        for letter in followed.letters
    ]
    return RequestWholeOut(**_response(followed.request), outcome=outcome_out(followed.outcome), letters=letters)


def _response(row: OfficerRequestView) -> dict[str, Any]:
    return {
        "report_id": row.report_id,
        "form": row.form,
        "organisation": OrganisationOut(name=row.organisation, practice=row.practice),
        "case_reference": row.case_reference,
        "letter_number": row.letter_number,
        "letter_date": row.letter_date,
        "platform": row.platform,
        "account": row.account,
        "category": row.category,
        "legal_basis": row.legal_basis,
        "urgent": row.urgent,
        "received_at": row.received_at,
        "due_at": row.due_at,
        "overdue": row.overdue,
        "state": StateOut(term=row.state, words=state_words(row.state)),
        "closes_at": row.closes_at,
    }


def outcome_out(outcome: RequestOutcomeView | None) -> OutcomeOut | None:
    if outcome is None:
        return None
    release = load_release()
    return OutcomeOut(
        decision=outcome.decision,
        words=decision_words(outcome.decision, release),
        legal_basis=_basis(outcome.legal_basis),
        decided_at=outcome.decided_at,
        verified=outcome.verified,
        verified_at=outcome.verified_at,
    )


def _basis(key: str) -> LegalBasisOut | None:
    """The provision of this key. One that the present policy release no longer has is shown by its key alone."""
    by_key = {basis.key: basis for basis in load_release().legal_bases}
    if not key:
        return None
    if key not in by_key:
        return LegalBasisOut(key=key, citation=key, title=dict.fromkeys(Language, key))
    return LegalBasisOut(key=key, citation=by_key[key].citation, title=both(by_key[key].title))
