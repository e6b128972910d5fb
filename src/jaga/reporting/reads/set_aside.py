"""All reports of one sender: which of them a supervisor could set aside, which not, and what was set aside.

A sender is recognised by the keyed hash of the contact that they gave, never by network, and is not named here.

Independent sources in a case, as estimated, and reports judged to be made in bad faith.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Q, QuerySet

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import takes_case
from jaga.cases.reads.gate import counted_as, listed_account
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind, DecisionKind, VictimState
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Channel, FilingPriority, ReportForm, ReportRoute, SourceReason
from jaga.reporting.models import BadFaith, ReporterSetAside
from jaga.store.reads import READERS, log_access_to_all, visible_to

SHOWN = 100


@dataclass(frozen=True)
class BadFaithMarkView:
    """A bad-faith judgement in force, with its author and reason."""

    mark_id: int
    by: str
    reasons: str
    at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class SourceView:
    """One report and its weight, 0 to 1. The sender is never included."""

    report_id: int
    channel: Channel
    received_at: datetime
    value: float
    reason: SourceReason
    mark: BadFaithMarkView | None


@dataclass(frozen=True)
class SourcesView:
    """The sources of a case: the number of reports per weighting reason, and the latest reports."""

    counts: Mapping[SourceReason, int]
    latest: tuple[SourceView, ...]
    more: int


@takes_case
def sources_in(case: Case, *, actor: Actor) -> SourcesView:
    """The sources of a case already fetched with a permission check."""
    actor.require(*READERS)
    rows = case.reports.filter(source_weight__isnull=False)
    counts = dict(rows.order_by().values_list("source_reason").annotate(n=Count("pk")))
    latest = list(
        rows.order_by("-pk").values_list(
            "pk", "channel", "received_at", "source_weight", "source_reason", "withdrawn_at", "set_aside_at"
        )[:SHOWN]
    )
    marks = {
        mark.report_id: BadFaithMarkView(mark.pk, mark.judged_by.display_name, mark.reasons, mark.at, mark.expires_at)
        for mark in BadFaith.objects.filter(
            report__in=[row[0] for row in latest], withdrawn_at__isnull=True
        ).select_related("judged_by")
    }
    total = sum(counts.values())
    return SourcesView(
        {SourceReason(reason): count for reason, count in sorted(counts.items())},
        tuple(
            SourceView(
                pk,
                Channel(channel),
                at,
                0.0 if withdrawn or aside else value or 0.0,
                counted_as(reason, withdrawn=withdrawn is not None, set_aside=aside is not None) or SourceReason.NEW,
                marks.get(pk),
            )
            for pk, channel, at, value, reason, withdrawn, aside in latest
        ),
        total - len(latest),
    )


def access_mark(mark_id: int, *, case_id: int, actor: Actor) -> int:
    """The id of a bad-faith mark in force on a report of this case, for supervisors. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    if not BadFaith.objects.filter(
        visible_to(actor, path="report__case__"),
        pk=mark_id,
        report__case=case_id,
        withdrawn_at__isnull=True,
    ).exists():
        raise NotFound
    return mark_id


def access_reported(report_id: int, *, case_id: int, actor: Actor) -> int:
    """The id of a report of this case. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    if not Case.objects.filter(visible_to(actor), pk=case_id, reports=report_id).exists():
        raise NotFound
    return report_id


WAITING = (CaseState.RECEIVED, CaseState.IN_REVIEW, CaseState.SECOND_VOTE, CaseState.ADJUDICATION)
MARKS_NEEDED = 2
"""Cases in which people found a report of the sender to be abusive; one mistaken finding must not be enough."""
MOST = 500
"""Reports set aside in one act, and reports listed."""
LISTED = 100


class AsideState(StrEnum):
    """What setting aside would do to a report."""

    TAKEN = "taken"  # set aside; other people report in this case too
    WHOLE = "whole"  # set aside, and its case leaves the queue
    VICTIM = "victim"  # stays: somebody may be in danger
    DECIDED = "decided"  # stays as it was decided
    PENDING = "pending"  # stays: two people have agreed already


class Hindrance(StrEnum):
    """Why the reports of this sender cannot be set aside."""

    NOBODY = "nobody"  # no contact was given, so the sender cannot be recognised
    DANGER = "danger"  # the sender may be somebody who needs help
    MARKS = "marks"  # too few findings of abuse
    ALONE = "alone"  # all findings are the supervisor's own
    NOTHING = "nothing"  # no report waits


@dataclass(frozen=True)
class SendersReport:
    """One report of the sender. `account` is empty in a victim-first case."""

    report_id: int
    case_id: int
    reference: str
    account: str
    category: str
    received_at: datetime
    state: AsideState
    outcome: DecisionKind | None
    only_source: bool  # Nobody else reported in its case.


@dataclass(frozen=True)
class SendersReports:
    """The reports of the sender of one report, newest first, and whether they can be set aside."""

    report_id: int
    rows: tuple[SendersReport, ...]
    marks: int
    hindrance: Hindrance | None

    def of(self, *states: AsideState) -> tuple[SendersReport, ...]:
        """The reports with one of these states."""
        return tuple(row for row in self.rows if row.state in states)

    @property
    def taken(self) -> tuple[SendersReport, ...]:
        """Those that would be set aside."""
        return self.of(AsideState.TAKEN, AsideState.WHOLE)

    @property
    def decided(self) -> tuple[SendersReport, ...]:
        """Those whose case is decided, first where nobody else reported and something was done. Nothing is reopened."""
        return tuple(
            sorted(
                self.of(AsideState.DECIDED),
                key=lambda row: (not row.only_source, row.outcome in (None, DecisionKind.DISMISS), -row.report_id),
            )
        )

    @property
    def kept(self) -> tuple[SendersReport, ...]:
        """Those that stay as they are, although their case is not decided."""
        return self.of(AsideState.VICTIM, AsideState.PENDING)


@dataclass(frozen=True)
class SetAsideView:
    """One act of setting aside, with the report from which it was done."""

    set_aside_id: int
    report_id: int
    case_id: int
    reference: str
    by: str
    reasons: str
    at: datetime
    undo_until: datetime
    undone_at: datetime | None
    undone_by: str
    reports: int
    answers: int  # Unread words of the sender about these reports.
    may_undo: bool


def access_senders_reports(report_id: int, *, case_id: int, actor: Actor) -> SendersReports:
    """The reports of this report's sender, of cases that the actor may see; logged, since it says what one person
    reported. Raises NotPermitted for anyone but a supervisor, NotFound.
    """
    actor.require(Role.SUPERVISOR)
    report = Report.objects.filter(visible_to(actor, path="case__"), pk=report_id, case=case_id).first()
    if report is None:
        raise NotFound
    found = senders_reports(report, actor=actor)
    log_access_to_all((row.case_id for row in found.rows), AccessKind.IDENTITY, actor=actor)
    return found


def senders_reports(report: Report, *, actor: Actor) -> SendersReports:
    """The same for a report already fetched with a permission check."""
    if not report.contact_key:
        return SendersReports(report.pk, (), 0, Hindrance.NOBODY)
    sent = Report.objects.filter(contact_key=report.contact_key, case__isnull=False, case__canary=False)
    seen = list(
        sent.filter(
            visible_to(actor, path="case__"),
            set_aside_at__isnull=True,
            withdrawn_at__isnull=True,
            form=ReportForm.REPORT,
        )
        .select_related("case__subject")
        .order_by("-pk")[:MOST]
    )
    rows = _rows(seen)
    marks = (
        BadFaith.objects.filter(report__in=sent, withdrawn_at__isnull=True, expires_at__gt=now())
        .order_by()
        .values_list("report__case_id", "judged_by_id")
    )
    found = SendersReports(report.pk, rows, len({case for case, _ in marks}), None)
    hindrance = (
        Hindrance.DANGER
        if _may_need_help(sent)
        else Hindrance.MARKS
        if found.marks < MARKS_NEEDED
        else Hindrance.ALONE
        if {person for _, person in marks} == {actor.person_id}
        else None
        if found.taken
        else Hindrance.NOTHING
    )
    return SendersReports(report.pk, rows, found.marks, hindrance)


def _may_need_help(sent: QuerySet[Report]) -> bool:
    """Whether the sender wrote as a victim in a case that nobody has judged yet, or was found to be near one.

    This also counts cases that the actor may not see: refusing says nothing about which.
    """
    unjudged = Q(case__decided_at__isnull=True) & (Q(route=ReportRoute.VICTIM) | Q(case__victim_first=True))
    return sent.filter(unjudged | Q(case__victim_state=VictimState.CONFIRMED)).exists()


def _rows(reports: Sequence[Report]) -> tuple[SendersReport, ...]:
    cases = {report.case_id for report in reports}
    ours = {report.pk for report in reports}
    others = dict(
        Report.objects.filter(case__in=cases, withdrawn_at__isnull=True, set_aside_at__isnull=True)
        .exclude(pk__in=ours)
        .order_by()
        .values_list("case")
        .annotate(Count("pk"))
    )
    # Urgent reports and those of victims stay, so their cases do too.
    staying = {report.case_id for report in reports if _is_protected(report)}
    outcomes = dict(
        Decision.objects.filter(case__in=cases, overturned_by__isnull=True)
        .order_by("pk")
        .values_list("case_id", "kind")
    )
    rows = []
    for report in reports:
        case = report.in_case
        alone = not others.get(case.pk) and case.pk not in staying
        if case.decided_at is not None:
            state = AsideState.DECIDED
        elif case.pk in staying or case.victim_first:
            state = AsideState.VICTIM
        elif case.state not in WAITING:
            state = AsideState.PENDING
        else:
            state = AsideState.WHOLE if alone else AsideState.TAKEN
        outcome = outcomes.get(case.pk) if state is AsideState.DECIDED else None
        rows.append(
            SendersReport(
                report.pk,
                case.pk,
                case.reference,
                listed_account(case, case.subject.account_id),
                report.category,
                report.received_at,
                state,
                DecisionKind(outcome) if outcome else None,
                not others.get(case.pk),
            )
        )
    return tuple(rows)


def _is_protected(report: Report) -> bool:
    return bool(
        report.route == ReportRoute.VICTIM
        or report.priority == FilingPriority.URGENT
        or report.capacity
        or report.in_case.victim_first
    )


def list_set_aside(*, actor: Actor) -> tuple[SetAsideView, ...]:
    """What was set aside, newest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    moment = now()
    rows = (
        ReporterSetAside.objects.filter(visible_to(actor, path="report__case__"))
        .select_related("report__case", "by", "undone_by")
        .annotate(
            count=Count("reports", distinct=True),
            answers=Count(
                "reports__report__messages",
                distinct=True,
                filter=Q(reports__report__messages__from_us=False, reports__report__messages__read_at__isnull=True),
            ),
        )
        .order_by("-pk")[:LISTED]
    )
    return tuple(
        SetAsideView(
            row.pk,
            row.report_id,
            row.report.in_case.pk,
            row.report.in_case.reference,
            row.by.display_name,
            row.reasons,
            row.at,
            row.undo_until,
            row.undone_at,
            row.undone_by.display_name if row.undone_by else "",
            row.count,
            row.answers,
            row.undone_at is None and moment <= row.undo_until,
        )
        for row in rows
    )


def access_set_aside(set_aside_id: int, *, actor: Actor) -> int:
    """The id of an act of setting aside. Raises NotPermitted for anyone but a supervisor, NotFound."""
    actor.require(Role.SUPERVISOR)
    if not ReporterSetAside.objects.filter(visible_to(actor, path="report__case__"), pk=set_aside_id).exists():
        raise NotFound
    return set_aside_id
