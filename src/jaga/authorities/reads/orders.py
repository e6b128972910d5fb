"""An officer's own orders: the state of each account, questions asked, and outcomes.

What a registered officer may see through the API: their own requests and the referrals to their organisation.

Each function checks permission once and returns values, never model rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from jaga.authorities.models import Order, SigningKey
from jaga.cases.models.cases import Platform
from jaga.cases.models.reports import AuthorityRequest, Report
from jaga.cases.reads.case_view import RequestOutcomeView, is_overdue, outcome_of
from jaga.cases.reads.letters import closes_at
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, seen_from_outside
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.referrals import ReferralState
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.outside import ProofKind
from jaga.core.terms.people import Language, Role
from jaga.core.terms.reports import MessageKind, ReferralWay, ReportForm
from jaga.people.models import Organisation, Person
from jaga.people.reads.api_keys import KeyHolder
from jaga.referrals.models import Referral
from jaga.reporting.models import ReportMessage
from jaga.reporting.reads.followed_reports import changed_since
from jaga.store.reads import log_access, log_access_to_all


@dataclass(frozen=True)
class ClarificationView:
    """One message of the dialogue about an account."""

    message_id: int
    from_us: bool
    kind: MessageKind
    text: str
    at: datetime


@dataclass(frozen=True)
class OrderAccountView:
    """One account of an order: its state, deadline and messages."""

    report_id: int
    case_reference: str
    platform: str
    platform_name: str
    account: str
    category: str
    locator: str
    earlier_locators: tuple[str, ...]
    state: CaseState
    due_at: datetime
    overdue: bool
    decided: bool
    withdrawn: bool
    outcome: RequestOutcomeView | None
    messages: tuple[ClarificationView, ...]
    closes_at: datetime | None = None  # Restricted, where the platform can, until the closure at this moment.

    @property
    def waits_for_officer(self) -> bool:
        """Whether a question to the officer is unanswered."""
        return bool(self.messages) and self.messages[-1].from_us and self.messages[-1].kind.asks and not self.decided


@dataclass(frozen=True)
class OrderView:
    """One order in a list."""

    order_id: int
    number: str
    form: ReportForm
    organisation: str
    practice: bool
    letter_number: str
    letter_date: date
    legal_basis: str
    urgent: bool
    proof: ProofKind
    filed_at: datetime
    came_at: datetime | None
    withdrawn_at: datetime | None
    accounts: int
    decided: int
    overdue: int
    asked: int
    due_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether an account still waits for its decision."""
        return self.decided < self.accounts and self.withdrawn_at is None


@dataclass(frozen=True)
class WholeOrder:
    """One order with its accounts."""

    order: OrderView
    legal_analysis: str
    urgent_reason: str
    court_order: str
    wants_export: bool
    letter_sha256: str
    withdrawn_why: str
    officer: str
    language: Language
    accounts: tuple[OrderAccountView, ...]


@dataclass(frozen=True)
class OfficerKeyView:
    """A key the officer signs with."""

    key_id: int
    public_key: str
    note: str
    created_at: datetime
    revoked_at: datetime | None


def list_orders(*, actor: Actor, before: int | None = None, most: int = 50) -> tuple[OrderView, ...]:
    """The officer's own orders, newest first. Raises NotPermitted for anyone but an officer."""
    rows = _own_of_orders(actor).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    orders = list(rows[:most])
    asked = _asked(one.report_id for order in orders for one in order.requests.all())
    return tuple(_order(order, asked) for order in orders)


def access_order(order_id: int, *, actor: Actor) -> WholeOrder:
    """One of the officer's own orders. Raises NotFound for anyone else's, so numbers reveal nothing."""
    order = _own_of_orders(actor).filter(pk=order_id).first()
    if order is None:
        raise NotFound
    requests = list(order.requests.all())
    log_access_to_all([one.report.case_id for one in requests], AccessKind.ORDER, actor=actor)
    asked = _asked(one.report_id for one in requests)
    return WholeOrder(
        _order(order, asked),
        order.legal_analysis,
        order.urgent_reason,
        order.court_order,
        order.wants_export,
        order.letter_sha256,
        order.withdrawn_why,
        order.officer.display_name,
        Language(order.officer.language),
        tuple(_account(one) for one in sorted(requests, key=lambda one: one.report_id)),
    )


def access_account(report_id: int, *, actor: Actor) -> OrderAccountView:
    """One account of the officer's own orders. Raises NotFound for anyone else's."""
    person = actor.require(Role.OFFICER)
    row = (
        AuthorityRequest.objects.select_related("report__case", "report__subject__platform")
        .filter(report_id=report_id, report__officer_id=person)
        .first()
    )
    if row is None:
        raise NotFound
    log_access(row.report.case_id, AccessKind.ORDER, actor=actor)
    return _account(row)


def list_signing_keys(*, actor: Actor) -> tuple[OfficerKeyView, ...]:
    """The officer's own keys, newest first. Raises NotPermitted."""
    rows = SigningKey.objects.filter(officer_id=actor.require(Role.OFFICER)).order_by("-pk")
    return tuple(OfficerKeyView(row.pk, row.public_key, row.note, row.created_at, row.revoked_at) for row in rows)


def _own_of_orders(actor: Actor) -> QuerySet[Order]:
    return (
        Order.objects.filter(officer_id=actor.require(Role.OFFICER))
        .select_related("organisation", "officer", "held")
        .prefetch_related("requests__report__case", "requests__report__subject__platform", "requests__locators")
    )


def _asked(report_ids: Iterable[int]) -> set[int]:
    """Report ids whose last message is a question of the team."""
    last: dict[int, ReportMessage] = {}
    for row in ReportMessage.objects.filter(report_id__in=list(report_ids)).order_by("pk"):
        last[row.report_id] = row
    return {report_id for report_id, row in last.items() if row.from_us and MessageKind(row.kind).asks}


def _order(order: Order, asked: set[int]) -> OrderView:
    reports = [one.report for one in order.requests.all()]
    waiting = [one for one in reports if one.withdrawn_at is None and (one.case is None or one.case.decided_at is None)]
    return OrderView(
        order.pk,
        order.number,
        ReportForm(order.form),
        order.organisation.name,
        order.organisation.practice,
        order.letter_number,
        order.letter_date,
        order.legal_basis,
        order.urgent,
        ProofKind(order.proof),
        order.filed_at,
        order.held.received_at if order.held else None,
        order.withdrawn_at,
        len(reports),
        sum(1 for one in reports if one.case is not None and one.case.decided_at is not None),
        sum(1 for one in waiting if is_overdue(one.due_at, one.case)),
        sum(1 for one in waiting if one.pk in asked),
        min((one.due_at for one in waiting), default=None),
    )


def _account(row: AuthorityRequest) -> OrderAccountView:
    report, subject = row.report, row.report.subject
    case, locators = report.case, [one.locator for one in sorted(row.locators.all(), key=lambda one: one.pk)]
    decided = case is not None and case.decided_at is not None
    every = [row.locator, *locators]
    return OrderAccountView(
        report.pk,
        case.reference if case else "",
        subject.platform.name,
        subject.platform.display_name,
        subject.account_id,
        report.category,
        every[-1],
        tuple(every[:-1]),
        seen_from_outside(CaseState(case.state)) if case else CaseState.RECEIVED,
        report.due_at,
        report.withdrawn_at is None and is_overdue(report.due_at, case),
        decided,
        report.withdrawn_at is not None,
        outcome_of(report) if decided else None,
        tuple(
            ClarificationView(one.pk, one.from_us, MessageKind(one.kind), one.text, one.at)
            for one in report.messages.order_by("pk")
        ),
        closes_at(case, report.subject_id) if case else None,
    )


def kind_of(actor: Actor) -> str:
    """The kind of authority the officer belongs to. Raises NotPermitted."""
    person = actor.require(Role.OFFICER)
    return Person.objects.select_related("organisation").get(pk=person).organisation.kind


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

    `since` limits them to requests with news for the officer from that moment on (`reporting.reads.followed_reports`).
    """
    rows = _own_of_requests(officer).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if since is not None:
        rows = rows.filter(changed_since(since))
    log_access(None, AccessKind.ORDER, actor=officer.actor)
    return tuple(_view(report) for report in rows[:most])


def access_request(report_id: int, officer: KeyHolder) -> FollowedRequest:
    """One of the officer's own requests. Raises NotFound for anyone else's, so numbers reveal nothing."""
    report = _own_of_requests(officer).filter(pk=report_id).first()
    if report is None:
        raise NotFound
    log_access(report.case_id, AccessKind.ORDER, actor=officer.actor)
    letters = tuple(
        OfficerLetterView(letter.key, Language(letter.language), letter.body, letter.sent_at)
        for letter in report.letters.order_by("pk")
    )
    return FollowedRequest(_view(report), outcome=outcome_of(report), letters=letters)


def _own_of_requests(officer: KeyHolder) -> QuerySet[Report]:
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
