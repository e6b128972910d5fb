"""The answer to a request on the page of its code, for whoever chose that way when their identity was checked."""

from dataclasses import dataclass
from datetime import datetime

from jaga.casework.privacy.person_answers import ChangedSince, PersonSheet, last_check, sheet_of
from jaga.core.errors import NotFound
from jaga.core.terms.person_requests import (
    ENDED_REQUESTS,
    AnswerWay,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
)
from jaga.records.access.privacy.holder_data import is_victim_first
from jaga.records.access.privacy.person_requests import request_by_code
from jaga.records.access.reporting.followed_reports import access_report
from jaga.records.models import PersonAnswer, PersonRequest


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
