"""Handle resolution: which account a report is about if it was named by a handle that can be reassigned.

The web process has no network access, so it files a report under the handle, or under the account that last had it. The
worker asks the platform who owns the handle now (`jobs.reporting.identify`), and `record_identity` moves the report
accordingly. From then on the stable id counts: a renamed account stays the same, and the next owner of the handle is
another one.
"""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.casework.cases.handles import called, keep_identity, resolved, unresolved
from jaga.casework.cases.state import locked_case, move_case
from jaga.casework.kernel.jobs import defer_triage
from jaga.casework.kernel.ledger import append, append_changes
from jaga.casework.queue.linked_accounts import accounts_of
from jaga.casework.reporting.independent_sources import rescore_sources
from jaga.casework.reporting.merging import count_reports, move_report
from jaga.casework.screening.victim_protection import propose
from jaga.casework.withdrawals.pending_recall import halt_pending_decision
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES, CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.locators import is_stable
from jaga.core.platforms import Account
from jaga.core.terms.cases import VictimCause
from jaga.core.terms.decisions import PendingEnd
from jaga.core.terms.reports import ReportForm
from jaga.policy import load_release
from jaga.records.bulk import as_array, ask_prepared
from jaga.records.models import (
    AccountIndicator,
    BanEvasionMatch,
    Case,
    IndicatorScan,
    LinkedAccount,
    Report,
    Signal,
    Subject,
    Vote,
)

_NOBODY = "nobody_has_name"
_LINKED = """
SELECT DISTINCT l.case_id FROM records_linkedaccount l JOIN records_subject s ON s.id = l.subject_id
JOIN records_platform p ON p.id = s.platform_id
WHERE l.case_id = ANY(%s::bigint[]) AND l.withdrawn_at IS NULL AND p.stable_id <> ''"""


def names_to_look_up(case_id: int) -> tuple[Account, ...]:
    """The handles in this case whose current owner is unknown, with their platforms."""
    case = Case.objects.select_related("subject__platform").get(pk=case_id)
    if case.state not in JOINABLE_STATES:
        return ()
    subjects = [link.subject for link in _nameless_links(case)]
    if _by_handle(case.subject) and (unresolved(case.reports.all()).exists() or _unnamed(case.subject)):
        subjects.insert(0, case.subject)
    asked = [Account(subject.platform.name, called(subject)) for subject in subjects]
    return tuple(dict.fromkeys(asked))


def without_names(cases: Sequence[Case]) -> list[Case]:
    """The cases in which no handle needs a lookup, in few statements; doubtful ones are left out."""
    by_handle = [case for case in cases if _by_handle(case.subject)]
    asked = {case.pk for case in by_handle if _unnamed(case.subject)}
    if by_handle:
        asked |= set(unresolved(Report.objects.filter(case__in=by_handle)).values_list("case_id", flat=True))
    asked |= {number for (number,) in ask_prepared(_LINKED, [as_array(case.pk for case in cases)])}
    return [case for case in cases if case.pk not in asked]


def cases_to_resolve() -> tuple[int, ...]:
    """Open cases with a handle to look up, oldest first."""
    open_ones = Case.objects.filter(state__in=JOINABLE_STATES)
    reported = Exists(unresolved(Report.objects.filter(case=OuterRef("pk"))))
    linked = Q(linked__withdrawn_at__isnull=True, linked__subject__platform__stable_id__gt="")
    cases = (
        open_ones.filter(Q(reported, subject__platform__stable_id__gt="") | linked)
        .distinct()
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return tuple(case for case in cases if names_to_look_up(case))


@transaction.atomic
def record_identity(case_id: int, asked: Account, found: Account | None, *, actor: Actor) -> int:
    """Record the current owner of the handle `asked`, None if nobody has it; returns the case of its reports.

    Idempotent.

    Reports waiting for the lookup move to that account: with their whole case, or into an open case of that account and
    category. Their originals stay sealed where they are. Reports from a time when somebody else or nobody had the
    handle stay. No report is lost, and no case leaves review: a case without reports is dismissed by a person. Raises
    NotFound.
    """
    case = locked_case(case_id, actor=actor)
    if case.state not in JOINABLE_STATES:
        return case_id
    _settle_links(case, asked, found, actor)
    if asked.platform != case.subject.platform.name or asked.account_id != called(case.subject):
        return case_id
    reports = list(unresolved(case.reports.all()).order_by("pk"))
    if found is None:
        for report in reports:
            keep_identity(report, asked, None, actor=actor)
        if reports:
            append(_NOBODY, {"reports": [report.pk for report in reports]}, actor=actor, case_id=case_id)
        return case_id
    subject = name_subject(case.subject_id, found, actor=actor)
    here = subject.pk == case.subject_id
    settled = reports if here else _movable(case, reports, subject)
    if not settled:
        return case_id
    for report in settled:
        keep_identity(report, asked, found, actor=actor)
    append(
        "resolve_handle",
        {"reports": [report.pk for report in settled], "subject": subject.pk},
        actor=actor,
        case_id=case_id,
    )
    return case_id if here else _put_right(case, settled, subject, actor)


@transaction.atomic
def name_subject(subject_id: int, found: Account, *, actor: Actor) -> Subject:
    """Give an account known only by its handle its stable id; returns the row that represents the account.

    That is another row if the account is known already, if this row is another account, or if it has reports from when
    nobody had the handle. Irreversible; idempotent.
    """
    subject = Subject.objects.select_for_update(of=("self",)).select_related("platform").get(pk=subject_id)
    same = Subject.objects.filter(platform=subject.platform, kind=subject.kind)
    row = same.filter(account_id=found.account_id).first()
    if row is None:
        stable = is_stable(subject.platform.stable_id, subject.account_id)
        if stable or resolved(Report.objects.filter(subject=subject)).exists():
            row = _subject_of(found, subject, same)
        else:
            try:
                with transaction.atomic():
                    subject.handle, subject.account_id = subject.account_id, found.account_id
                    subject.since = found.since
                    subject.save(update_fields=["handle", "account_id", "since"])
                append("name_subject", {"subject": subject.pk}, actor=actor, case_id=None)
                return subject
            except IntegrityError:  # another report resolved it at the same time, or people have judged it as it is
                row = _subject_of(found, subject, same)
    if not row.handle:  # known by its id so far; now its handle leads to it too
        row.handle = found.handle
        row.save(update_fields=["handle"])
        append_changes(actor=actor, case_id=None)
    if found.since and not row.since:
        row.since = found.since
        row.save(update_fields=["since"])
    return row


def _subject_of(found: Account, like: Subject, same: QuerySet[Subject]) -> Subject:
    """The row of that account, created if missing."""
    row, _ = same.get_or_create(
        account_id=found.account_id,
        platform=like.platform,
        kind=like.kind,
        defaults={"handle": found.handle, "first_seen_at": now(), "since": found.since},
    )
    return row


def _movable(case: Case, reports: list[Report], subject: Subject) -> list[Report]:
    """The reports that can move to that account.

    While others keep waiting, nothing is done here.

    A case with a vote keeps at least one report, since it was judged as it is.
    """
    moving = [report for report in reports if not _repeats(report, subject)]
    emptied = len(moving) == case.reports.count()
    return [] if emptied and Vote.objects.filter(case=case).exists() else moving


def _put_right(case: Case, moving: list[Report], subject: Subject, actor: Actor) -> int:
    """Move the reports to their account; returns the id of their case afterwards."""
    alone = len(moving) == case.reports.count()
    _forget_indicators(case, moving, all_of_it=alone)
    free = not Case.objects.filter(subject=subject, category=case.category, state__in=JOINABLE_STATES).exists()
    if alone and free:
        case.subject = subject
        case.save(update_fields=["subject"])
        Report.objects.filter(pk__in=[report.pk for report in moving]).update(subject=subject)
        LinkedAccount.objects.filter(case=case, subject=subject, withdrawn_at__isnull=True).update(withdrawn_at=now())
        append("name_case", {"subject": subject.pk}, actor=actor, case_id=case.pk)
        return case.pk
    release, numbers = load_release(), [report.pk for report in moving]
    into = [move_report(report, subject, release) for report in moving][-1]
    _take_along(case, into, actor)
    Signal.objects.filter(report__in=numbers).update(case=into)
    rescore_sources(case.pk)
    count_reports(case)
    case.reports_moved_to = into
    case.save(update_fields=["reports_moved_to"])
    defer_triage(into.pk)
    append("move_reports", {"reports": numbers, "into": into.pk}, actor=actor, case_id=case.pk)
    append("take_reports", {"reports": numbers, "from": case.pk}, actor=actor, case_id=into.pk)
    if case.reports_count == 0 and case.state == CaseState.RECEIVED:
        move_case(case, CaseVerb.JOIN)
        append_changes(actor=actor, case_id=case.pk)
    return into.pk


def _take_along(case: Case, into: Case, actor: Actor) -> None:
    """Carry protection, severity and score over to the locked case that takes the reports.

    If another report was their reason, too much is protected rather than too little.
    """
    if case.victim_first and not into.victim_first:
        propose([(into, VictimCause.MOVED, None)], actor=actor)
        halt_pending_decision(into, PendingEnd.VICTIM, actor=actor)
    into.severity, into.score = max(into.severity, case.severity), max(into.score, case.score)
    into.save(update_fields=["victim_state", "victim_first", "severity", "score"])


def _repeats(report: Report, subject: Subject) -> bool:
    """Whether that account has an authority's letter of the same number. One letter is one request."""
    return (
        report.form in (ReportForm.REQUEST, ReportForm.ORDER)
        and Report.objects.filter(
            organisation=report.organisation,
            subject=subject,
            category=report.category,
            origin_ref=report.origin_ref,
            form__in=(ReportForm.REQUEST, ReportForm.ORDER),
        ).exists()
    )


def _forget_indicators(case: Case, reports: Sequence[Report], *, all_of_it: bool) -> None:
    """Delete indicators that came from these reports, since they belong to another account.

    Triage stores them again.
    """
    AccountIndicator.objects.filter(report__in=reports).delete()
    IndicatorScan.objects.filter(report__in=reports).delete()
    if all_of_it:
        BanEvasionMatch.objects.filter(case=case, withdrawn_at__isnull=True).update(withdrawn_at=now())


def _by_handle(subject: Subject) -> bool:
    return bool(subject.platform.stable_id)


def _unnamed(subject: Subject) -> bool:
    """Whether the account was reported by its id, and its handle was not looked up yet."""
    return not subject.handle and is_stable(subject.platform.stable_id, subject.account_id)


def _nameless_links(case: Case) -> list[LinkedAccount]:
    rows = LinkedAccount.objects.filter(
        case=case, withdrawn_at__isnull=True, handle_looked_up_at__isnull=True, subject__platform__stable_id__gt=""
    )
    return [
        row
        for row in rows.select_related("subject__platform").order_by("pk")
        if not is_stable(row.subject.platform.stable_id, row.subject.account_id)
    ]


def _settle_links(case: Case, asked: Account, found: Account | None, actor: Actor) -> None:
    """Apply the lookup to linked accounts: each is asked once, and unlinked if the case has that account already."""
    for link in _nameless_links(case):
        if (link.subject.platform.name, link.subject.account_id) != (asked.platform, asked.account_id):
            continue
        if found is None:
            link.handle_looked_up_at = now()
            link.save(update_fields=["handle_looked_up_at"])
            append(_NOBODY, {"link": link.pk, "subject": link.subject_id}, actor=actor, case_id=case.pk)
            continue
        subject = name_subject(link.subject_id, found, actor=actor)
        if subject.pk == link.subject_id:
            continue
        if subject in accounts_of(case):
            link.withdrawn_at = now()
        else:
            link.subject = subject
        link.save(update_fields=["subject", "withdrawn_at"])
        append("name_link", {"link": link.pk, "subject": subject.pk}, actor=actor, case_id=case.pk)
