"""The mailboxes of a case as the team sees them, one per report."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.reports import MessageKind
from jaga.records.access.cases.case_view import CaseView, row_of, takes_case
from jaga.records.access.cases.gate import LeaseView, access_case
from jaga.records.access.cases.report_lines import ReportLine
from jaga.records.models import Case, QuoteConsent, Report, ReportMessage


@dataclass(frozen=True)
class MailboxMessageView:
    """One message. `closed`: it may speak of a victim and is shown only to the lease holder."""

    number: int
    from_us: bool
    kind: MessageKind
    text: str
    closed: bool
    by: str  # The team member or officer; empty for a reporter.
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class ConsentView:
    """A sentence its reporter was asked to release for quoting: `asked`, `yes`, `no`, `withdrawn` or `used`."""

    number: int
    sentence: str
    state: str


@dataclass(frozen=True)
class MailboxView:
    """One report's mailbox. `reachable`: someone can be asked."""

    report_id: int
    reachable: bool
    withdrawn_at: datetime | None
    messages: tuple[MailboxMessageView, ...]
    consents: tuple[ConsentView, ...] = ()

    @property
    def new(self) -> int:
        """Unread messages to the team."""
        return sum(1 for message in self.messages if not message.from_us and message.read_at is None)


@takes_case
def mailboxes_of(
    case: Case,
    reports: Collection[ReportLine],
    lease: LeaseView | None,
    *,
    written: bool,
) -> dict[int, MailboxView]:
    """The mailboxes of these reports by report id.

    `lease` is the lease as the actor sees it; `written` says whether the case has any message.
    """
    closed = case.victim_first and not (lease and lease.mine)
    messages: dict[int, list[MailboxMessageView]] = defaultdict(list)
    numbers = [report.report_id for report in reports]
    found = ReportMessage.objects.filter(report__in=numbers).select_related("by").order_by("pk") if written else ()
    for row in found:
        hidden = closed and not row.from_us and bool(row.text)
        messages[row.report_id].append(
            MailboxMessageView(
                row.pk,
                row.from_us,
                MessageKind(row.kind),
                "" if hidden else row.text,
                hidden,
                row.by.display_name if row.by else "",
                row.at,
                row.read_at,
            )
        )
    asked = consents_of(numbers) if written and not case.victim_first else {}
    return {
        report.report_id: MailboxView(
            report.report_id,
            report.reachable,
            report.withdrawn_at,
            tuple(messages[report.report_id]),
            asked.get(report.report_id, ()),
        )
        for report in reports
    }


def consents_of(report_ids: Collection[int]) -> dict[int, tuple[ConsentView, ...]]:
    """Consent requests to the senders of these reports, by report id."""
    found: dict[int, list[ConsentView]] = defaultdict(list)
    for row in QuoteConsent.objects.filter(report__in=report_ids).order_by("pk"):
        state = (
            "withdrawn"
            if row.withdrawn_at
            else "used"
            if row.used_at
            else "asked"
            if row.agreed is None
            else "yes"
            if row.agreed
            else "no"
        )
        found[row.report_id].append(ConsentView(row.pk, row.sentence, state))
    return {number: tuple(rows) for number, rows in found.items()}


@takes_case
def last_new_of(case: Case) -> int:
    """The id of the newest unread message to the team, or 0."""
    new = ReportMessage.objects.filter(report__case=case, from_us=False, read_at__isnull=True)
    return new.order_by("-pk").values_list("pk", flat=True).first() or 0


@takes_case
def newest_message_of(case: Case) -> int:
    """The id of the newest message to the team, or 0."""
    messages = ReportMessage.objects.filter(report__case=case, from_us=False)
    return messages.order_by("-pk").values_list("pk", flat=True).first() or 0


def access_report_in(case_id: int, report_id: int, *, actor: Actor) -> CaseView:
    """The case, for staff who judge it, if it contains this report. Raises NotPermitted, NotFound."""
    case = access_case(case_id, actor=actor)
    if not Report.objects.filter(pk=report_id, case=row_of(case)).exists():
        raise NotFound
    return case
