"""What a registered officer may see through the API: their own requests and the referrals to their organisation.

Each function checks permission once and returns values, never model rows.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from jaga.core.cases import CaseState, seen_from_outside
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.referrals import ReferralState
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Language
from jaga.core.terms.referrals import ReferralWay
from jaga.core.terms.reports import ReportForm
from jaga.records.access.base.access_log import log_access
from jaga.records.access.cases.deadlines import is_overdue
from jaga.records.access.cases.outcomes import RequestOutcomeView, outcome_of
from jaga.records.access.cases.single_letter import closes_at
from jaga.records.access.people.api_keys import KeyHolder
from jaga.records.access.reporting.news import changed_since
from jaga.records.models import Organisation, Platform, Referral, Report

_REQUESTS = (ReportForm.REQUEST, ReportForm.ORDER)


@dataclass(frozen=True)
class OfficerRequestView:
    """One request as its officer sees it: account, matter, state and deadline."""

    report_id: int
    form: ReportForm
    organisation: str
    practice: bool
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
    state: CaseState
    closes_at: datetime | None = None  # Restricted, where the platform can, until the closure at this moment.


@dataclass(frozen=True)
class OfficerLetterView:
    """A letter to the officer, as sent."""

    key: str
    language: Language
    body: str
    sent_at: datetime


@dataclass(frozen=True)
class FollowedRequest:
    """A request with its outcome and letters."""

    request: OfficerRequestView
    outcome: RequestOutcomeView | None
    letters: tuple[OfficerLetterView, ...]


def list_requests(
    officer: KeyHolder, *, before: int | None, most: int, since: datetime | None = None
) -> tuple[OfficerRequestView, ...]:
    """The officer's own requests, newest first: at most `most`, with report numbers below `before`.

    `since` limits them to requests with news for the officer from that moment on (`records.access.reporting.news`).
    """
    rows = _own(officer).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if since is not None:
        rows = rows.filter(changed_since(since))
    log_access(None, AccessKind.ORDER, actor=officer.actor)
    return tuple(_view(report) for report in rows[:most])


def access_request(report_id: int, officer: KeyHolder) -> FollowedRequest:
    """One of the officer's own requests. Raises NotFound for anyone else's, so numbers reveal nothing."""
    report = _own(officer).filter(pk=report_id).first()
    if report is None:
        raise NotFound
    log_access(report.case_id, AccessKind.ORDER, actor=officer.actor)
    letters = tuple(
        OfficerLetterView(letter.key, Language(letter.language), letter.body, letter.sent_at)
        for letter in report.letters.order_by("pk")
    )
    return FollowedRequest(_view(report), outcome=outcome_of(report), letters=letters)


def _own(officer: KeyHolder) -> QuerySet[Report]:
    return Report.objects.filter(
        form__in=_REQUESTS,
        officer_id=officer.person_id,
        organisation_id=officer.organisation_id,
    ).select_related("case", "subject__platform", "request", "organisation")


def _view(report: Report) -> OfficerRequestView:
    case, request, subject = report.in_case, report.request, report.subject
    organisation: Organisation = request.organisation
    return OfficerRequestView(
        report_id=report.pk,
        form=ReportForm(report.form),
        organisation=organisation.name,
        practice=organisation.practice,
        case_reference=case.reference,
        letter_number=request.letter_number,
        letter_date=request.letter_date,
        platform=subject.platform.name,
        account=subject.account_id,
        category=report.category,
        legal_basis=request.legal_basis,
        urgent=report.urgent,
        received_at=report.received_at,
        due_at=report.due_at,
        overdue=is_overdue(report.due_at, case),
        state=seen_from_outside(CaseState(case.state)),
        closes_at=closes_at(case, report.subject_id),
    )


@dataclass(frozen=True)
class ReportablePlatform:
    """A chat platform whose accounts can be reported."""

    name: str
    display_name: str
    server_name: str
    operator: str
    practice: bool


def list_platforms() -> tuple[ReportablePlatform, ...]:
    """Every platform of this installation, by name."""
    rows = Platform.objects.select_related("operator").order_by("name")
    return tuple(
        ReportablePlatform(row.name, row.display_name, row.server_name, row.operator.name, row.practice) for row in rows
    )


@dataclass(frozen=True)
class OfficerReferralView:
    """A referral to the officer's organisation, without content or account: those are read in the console, where access
    is logged.
    """

    referral_id: int
    number: str
    category: str
    urgent: bool
    state: ReferralState
    referred_at: datetime
    due_at: datetime


def list_referrals(officer: KeyHolder, *, before: int | None, most: int) -> tuple[OfficerReferralView, ...]:
    """Referrals to the officer's organisation, newest first. Raises NotPermitted for anyone not of an authority."""
    if not officer.kind.is_authority:
        raise NotPermitted
    rows = (
        Referral.objects.filter(way=ReferralWay.OFFICER, organisation_id=officer.organisation_id, sent_at__isnull=False)
        .select_related("case")
        .order_by("-pk")
    )
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return tuple(
        OfficerReferralView(
            row.pk,
            row.number,
            row.case.category,
            row.urgent,
            ReferralState(row.state),
            row.sent_at or row.made_at,
            row.due_at,
        )
        for row in rows[:most]
    )
