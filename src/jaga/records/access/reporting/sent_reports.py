"""Reports sent with an API key, as their sender sees them: state and outcome."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from jaga.core.cases import CaseState, seen_from_outside
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.reports import Channel, ReportForm
from jaga.records.access.base.access_log import log_access
from jaga.records.access.cases.deadlines import is_overdue
from jaga.records.access.cases.outcomes import RequestOutcomeView, outcome_of
from jaga.records.access.cases.single_letter import closes_at
from jaga.records.access.people.api_keys import KeyHolder
from jaga.records.access.reporting.news import changed_since
from jaga.records.models import Report

_FORMS = (ReportForm.REPORT, ReportForm.NOTICE)


@dataclass(frozen=True)
class SentReport:
    """One report as its sender sees it. Its state is received until it is in a case."""

    report_id: int
    reference: str
    form: ReportForm
    channel: Channel
    platform: str
    account: str
    category: str
    received_at: datetime
    due_at: datetime
    overdue: bool
    urgent: bool
    case_reference: str | None
    state: CaseState
    outcome: RequestOutcomeView | None
    closes_at: datetime | None = None  # Restricted, where the platform can, until the closure at this moment.


def list_sent(
    officer: KeyHolder, *, before: int | None, most: int, reference: str | None = None, since: datetime | None = None
) -> tuple[SentReport, ...]:
    """The sender's own reports, newest first: at most `most`, with numbers below `before`.

    `since` limits them to reports with news for their sender from that moment on (`records.access.reporting.news`).
    """
    rows = _own(officer).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if reference is not None:
        rows = rows.filter(reference=reference)
    if since is not None:
        rows = rows.filter(changed_since(since))
    log_access(None, AccessKind.REPORT, actor=officer.actor)
    return tuple(_view(report) for report in rows[:most])


def access_sent(report_id: int, officer: KeyHolder) -> SentReport:
    """One of the sender's own reports. Raises NotFound for anyone else's, so numbers reveal nothing."""
    report = _own(officer).filter(pk=report_id).first()
    if report is None:
        raise NotFound
    log_access(report.case_id, AccessKind.REPORT, actor=officer.actor)
    return _view(report)


def _own(officer: KeyHolder) -> QuerySet[Report]:
    return Report.objects.filter(
        form__in=_FORMS,
        officer_id=officer.person_id,
        organisation_id=officer.organisation_id,
    ).select_related("case", "subject__platform")


def _view(report: Report) -> SentReport:
    case = report.case
    decided = case is not None and case.decided_at is not None
    return SentReport(
        report_id=report.pk,
        reference=report.reference,
        form=ReportForm(report.form),
        channel=Channel(report.channel),
        platform=report.subject.platform.name,
        account=report.subject.account_id,
        category=report.category,
        received_at=report.received_at,
        due_at=report.due_at,
        overdue=is_overdue(report.due_at, case),
        urgent=report.urgent,
        case_reference=case.reference if case is not None else None,
        state=seen_from_outside(CaseState(case.state)) if case is not None else CaseState.RECEIVED,
        outcome=outcome_of(report) if decided else None,
        closes_at=closes_at(case, report.subject_id) if case else None,
    )
