"""Handle resolution: which account a report is about if it was named by a handle that can be reassigned.

The web process has no network access, so it files a report under the handle, or under the account that last had it. The
worker asks the platform who owns the handle now (`reporting.jobs`), and `record_identity` moves the report
accordingly. From then on the stable id counts: a renamed account stays the same, and the next owner of the handle is
another one.

Reports made with an app's report button, passed on by its platform; each is accepted once.

Their senders get no receipt: the app took the report, and an answer inside the app could reveal it to the account.

Accounts of urgent cases are looked up on their platform; cases of unknown accounts are ranked behind the others.

Names are easily invented, and sixty invented ones hide a call for help. Nothing is dismissed for it, since whoever
reports in fear mistypes, and an account may have gone since. Deadline and reviewers stay the same. Platforms reached by
notice are not asked, since the operator would learn of a report before anybody judged it.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.cases.models.cases import Case, LinkedAccount, Platform, Signal, Subject
from jaga.cases.models.decisions import Vote
from jaga.cases.models.reports import Report
from jaga.cases.verbs.accounts import NewReport, called, keep_identity, resolved, unresolved
from jaga.cases.verbs.state import locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES, UNJUDGED_STATES, CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.locators import is_stable
from jaga.core.platforms import Account, InAppReport, SetAside
from jaga.core.terms.cases import PendingEnd, PlatformTask, VictimCause
from jaga.core.terms.reports import Channel, ReportForm, SubjectKind
from jaga.decisions.verbs.interim_restrictions import halt_pending_decision
from jaga.policy.local_time import day_of, has_begun
from jaga.policy.release import PolicyRelease, load_release
from jaga.queue.verbs.linked_accounts import accounts_of
from jaga.reporting.models import InAppCursor, InAppImport
from jaga.reporting.verbs.independent_sources import rescore_sources
from jaga.reporting.verbs.intake import accept_reports
from jaga.reporting.verbs.merging import count_reports, move_report
from jaga.reporting.verbs.monitoring import storable
from jaga.screening.engine.screen import screen_texts
from jaga.screening.engine.spoken import category_of
from jaga.screening.text.signals import Screened
from jaga.signals.models import AccountIndicator, BanEvasionMatch, IndicatorScan
from jaga.signals.verbs.account_context import contexts_of_observed
from jaga.signals.verbs.victim_protection import propose
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.kernel.jobs import defer_triage
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.kernel.validation import MAX_TEXT, keep_set_aside

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


def reports_read_to(platform: str) -> str | None:
    """The cursor for reading a platform's own reports; None before the first read. Raises NotFound."""
    row = Platform.objects.select_related("in_app_cursor").filter(name=platform).first()
    if row is None:
        raise NotFound
    return row.in_app_cursor.cursor if hasattr(row, "in_app_cursor") else None


@transaction.atomic
def take_reports(
    platform: str,
    reports: Sequence[InAppReport],
    cursor: str,
    *,
    set_aside: Sequence[SetAside] = (),
    actor: Actor,
) -> int:
    """Accept new reports and store the cursor in one commit; returns how many were accepted.

    Raises NotFound.

    Unusable ones (such as an account of another server) are remembered as seen. Concurrent readers accept each report
    once.
    """
    row = Platform.objects.select_for_update().filter(name=platform).first()  # one reader at a time
    if row is None:
        raise NotFound
    release = load_release()
    imported = set(
        InAppImport.objects.filter(platform=row, own_id__in=[one.own_id for one in reports]).values_list(
            "own_id", flat=True
        )
    )
    fresh = {one.own_id: one for one in reports if one.own_id not in imported}
    accepted = accept_reports(_as_new(row, list(fresh.values()), release), actor=actor) if fresh else []
    numbers = {
        own_id: None if isinstance(one, InvalidInput) else one.report_id
        for own_id, one in zip(fresh, accepted, strict=True)
    }
    taken = [number for number in numbers.values() if number is not None]
    Report.objects.filter(pk__in=taken).update(receipt_hash=None)
    InAppImport.objects.bulk_create(
        InAppImport(platform=row, own_id=own_id, report_id=number, seen_at=now()) for own_id, number in numbers.items()
    )
    keep_set_aside(row, PlatformTask.REPORTS, set_aside, actor=actor)
    InAppCursor.objects.update_or_create(platform=row, defaults={"cursor": cursor, "read_at": now()})
    return len(taken)


def _as_new(platform: Platform, reports: Sequence[InAppReport], release: PolicyRelease) -> list[NewReport]:
    texts = [storable("\n\n".join(part for part in (one.words, one.text) if part))[:MAX_TEXT] for one in reports]
    abouts = contexts_of_observed(
        platform, "report", [(one.account_id, text, one.at) for one, text in zip(reports, texts, strict=True)], release
    )
    found = screen_texts(texts, release, abouts)
    return [_new(platform, *one, release) for one in zip(reports, found, strict=True)]


def _new(platform: Platform, report: InAppReport, screened: Screened, release: PolicyRelease) -> NewReport:
    strongest = max(screened.signals, key=lambda signal: signal.weight, default=None)
    conduct_on = day_of(report.at)
    return NewReport(
        platform=platform.name,
        account=report.account_id,
        category=category_of(
            report.reason, strongest.category if strongest else None, {category.key for category in release.categories}
        ),
        source=f"app:{platform.name}:{report.reporter}",
        text=storable(report.words)[:MAX_TEXT],
        published=storable(report.text)[:MAX_TEXT],
        links=(storable(report.place)[:500],) if report.place else (),
        conduct_on=conduct_on if has_begun(conduct_on) else None,
        channel=Channel.APP,
        reference=report.own_id,
    )


AGAIN = timedelta(minutes=10)
"""Time after which a missing account is looked up again."""
_MOST = 20  # per platform and run


def sought_platforms() -> list[str]:
    """Platforms on which an account of an urgent case must be looked up."""
    return sorted(set(_waiting().values_list("subject__platform__name", flat=True)[:1000]))


def accounts_to_seek(platform: str) -> list[tuple[int, Account]]:
    """The next accounts to look up there, by row id, in order of their deadlines."""
    rows = _waiting().filter(subject__platform__name=platform).order_by("due_at", "pk")
    found = dict(rows.values_list("subject", "subject__account_id")[:_MOST])
    return [(subject, Account(platform, account_id)) for subject, account_id in found.items()]


def _waiting() -> QuerySet[Case]:
    # Of these states, by the index of urgent cases that wait; where the votes are complete, no rank matters.
    return Case.objects.filter(
        Q(urgent=True) | Q(victim_first=True),
        state__in=UNJUDGED_STATES,
        subject__kind=SubjectKind.ACCOUNT,
        subject__platform__by_notice=False,
    ).filter(Q(subject__sought_at__isnull=True) | Q(subject__absent=True, subject__sought_at__lt=now() - AGAIN))


@transaction.atomic
def record_sought(subject_id: int, *, absent: bool, actor: Actor) -> None:
    """Store the platform's answer. If it changes, the account's waiting cases are ranked again."""
    subject = Subject.objects.select_for_update(of=("self",)).get(pk=subject_id)
    changed, subject.sought_at, subject.absent = subject.absent != absent, now(), absent
    subject.save(update_fields=["sought_at", "absent"])
    if not changed:
        return
    append("seek_account", {"subject": subject.pk, "absent": absent}, actor=actor, case_id=None)
    for case_id in Case.objects.filter(subject=subject, state__in=JOINABLE_STATES).values_list("pk", flat=True):
        defer_triage(case_id)
