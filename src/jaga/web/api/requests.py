"""File legal requests and follow them. Each officer sees only their own (`records.access.authorities.requests`)."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from jaga.casework.authorities.requests import NewRequest, check_request, file_request
from jaga.casework.cases.values import FiledReport
from jaga.casework.people.request_signing import NotProven, proof_of
from jaga.core.actors import Actor
from jaga.core.errors import FieldError, InvalidInput
from jaga.core.terms import Language
from jaga.policy import load_release
from jaga.records.access.authorities.requests import OfficerRequestView, access_request, list_requests
from jaga.records.access.cases.outcomes import RequestOutcomeView
from jaga.records.access.people.api_keys import KeyHolder
from jaga.web.api.auth import officer_of
from jaga.web.api.bodies import RequestIn, as_new_request, parse_object, read_raw
from jaga.web.api.holding import HeldOut, OfficerOrHeld, held_answer
from jaga.web.api.pages import Cursor, Limit, Page, UpdatedSince, cut
from jaga.web.api.problems import Problem
from jaga.web.api.quotas import spend
from jaga.web.api.words import both, decision_words, state_words

router = Router(tags=["requests"])
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": RequestIn.model_json_schema()}}},
}


class OrganisationOut(Schema):
    """The organisation that sent the request. `practice` is true for an invented one of a practice installation."""

    name: str
    practice: bool


class Filed(Schema):
    """The acknowledgement of a stored request.

    `receipt` is shown only once. `ledger_promise` is a signed promise that the ledger will contain the request.
    """

    report_id: int
    case_reference: str
    form: str
    organisation: OrganisationOut
    due_at: datetime
    receipt: str
    ledger_promise: str


class StateOut(Schema):
    """The state of the case: `term` for programs, `words` for people."""

    term: str
    words: dict[Language, str]


class LegalBasisOut(Schema):
    """The provision on which a decision rests."""

    key: str
    citation: str
    title: dict[Language, str]


class OutcomeOut(Schema):
    """What was decided.

    `verified` is true once an independent check of the account confirmed the outcome; null if nothing had to be done.
    `legal_basis` is null if the decision rests on the platform's terms of service, or if no action was taken.
    """

    decision: str
    words: dict[Language, str]
    legal_basis: LegalBasisOut | None
    decided_at: datetime
    verified: bool | None
    verified_at: datetime | None


class LetterOut(Schema):
    """A letter that was sent to the officer."""

    key: str
    language: Language
    body: str
    sent_at: datetime


class RequestOut(Schema):
    """One legal request. `due_at` is the legal deadline for a decision."""

    report_id: int
    form: str
    organisation: OrganisationOut
    case_reference: str
    letter_number: str
    letter_date: date
    platform: str
    account: str
    category: str
    legal_basis: str
    urgent: bool
    received_at: datetime
    due_at: datetime
    overdue: bool
    state: StateOut
    closes_at: datetime | None


class RequestWholeOut(RequestOut):
    """One request with its outcome and letters."""

    outcome: OutcomeOut | None
    letters: list[LetterOut]


class RequestsOut(Page):
    """A page of requests."""

    items: list[RequestOut]


@router.post("/requests", openapi_extra=_BODY, summary="File a request or order on one account",
             auth=OfficerOrHeld(), response={
    201: Filed, 202: HeldOut, 400: Problem, 401: Problem, 403: Problem, 409: Problem, 413: Problem, 415: Problem,
    422: Problem, 429: Problem,
})
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
        report_id=filed.report_id, case_reference=filed.case_reference, form=filed.form,
        organisation=OrganisationOut(name=officer.organisation, practice=officer.practice), due_at=filed.due_at,
        receipt=filed.receipt, ledger_promise=filed.ledger_promise,
    )


@router.get("/requests", response={200: RequestsOut, 401: Problem, 422: Problem}, summary="Your own requests")
def index(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50,
          updated_since: UpdatedSince = None) -> RequestsOut:
    """The newest request comes first."""
    rows = list_requests(officer_of(request), before=cursor, most=limit + 1, since=updated_since)
    shown, following = cut(rows, limit, lambda row: row.report_id)
    return RequestsOut(items=[RequestOut(**_response(row)) for row in shown], next=following)


@router.get("/requests/{int:report_id}", response={200: RequestWholeOut, 401: Problem, 404: Problem},
            summary="Get one of your requests")
def show(request: HttpRequest, report_id: int) -> RequestWholeOut:
    """Shows its state, its deadline, the decision, whether the outcome was verified, and the letters sent to you."""
    followed = access_request(report_id, officer_of(request))
    letters = [LetterOut(key=letter.key, language=letter.language, body=letter.body, sent_at=letter.sent_at)
               for letter in followed.letters]
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
        decision=outcome.decision, words=decision_words(outcome.decision, release),
        legal_basis=_basis(outcome.legal_basis),
        decided_at=outcome.decided_at, verified=outcome.verified, verified_at=outcome.verified_at,
    )


def _basis(key: str) -> LegalBasisOut | None:
    """The provision of this key. One that the present policy release no longer has is shown by its key alone."""
    by_key = {basis.key: basis for basis in load_release().legal_bases}
    if not key:
        return None
    if key not in by_key:
        return LegalBasisOut(key=key, citation=key, title=dict.fromkeys(Language, key))
    return LegalBasisOut(key=key, citation=by_key[key].citation, title=both(by_key[key].title))
