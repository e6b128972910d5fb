"""Merging: a report joins the open case of its account and category, or opens one.

The only way into a case.

Cases are locked, opened and counted in few statements, for one report or many.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from jaga.casework.cases.letters import inform_of_repeat
from jaga.casework.cases.values import FiledReport
from jaga.casework.kernel.jobs import defer_triages
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.promises import promise_note
from jaga.casework.reporting.independent_sources import score_first, score_sources
from jaga.casework.reporting.new_cases import Key, open_cases
from jaga.casework.reporting.repeat_reports import copies, dismissed_before
from jaga.casework.screening.victim_protection import found_of
from jaga.casework.webhooks.endpoints import queue_events
from jaga.casework.withdrawals.pending_recall import stop_for_word
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.terms.decisions import PendingEnd
from jaga.core.terms.reports import Channel, FilingPriority, ReportForm, ReportRoute
from jaga.core.terms.webhooks import HookEvent
from jaga.policy import PolicyRelease
from jaga.records.bulk import as_array
from jaga.records.models import Case, Report, Subject

# Locked by ascending id, so that two transactions cannot deadlock. PostgreSQL checks the state again after waiting, so
# a case resolved meanwhile is not returned.
_LOCK = (
    "SELECT c.id FROM records_case c JOIN unnest(%s::bigint[], %s::text[]) AS wanted(subject_id, category)"
    " ON c.subject_id = wanted.subject_id AND c.category = wanted.category"
    " WHERE c.state = ANY(%s) ORDER BY c.id FOR NO KEY UPDATE OF c"
)
_JOIN = (
    "UPDATE records_report r SET case_id = j.case_id, filed_at = coalesce(r.filed_at, %s), file_after = NULL,"
    " source_weight = coalesce(j.weight, r.source_weight), source_reason = coalesce(j.reason, r.source_reason),"
    " screened_by = coalesce(j.screened_by, r.screened_by)"
    " FROM unnest(%s::bigint[], %s::bigint[], %s::float[], %s::text[], %s::text[])"
    " AS j(id, case_id, weight, reason, screened_by)"
    " WHERE r.id = j.id"
)
# A report that was withdrawn or set aside is not a source, but its deadline stays. A case without reports keeps its
# deadline. A case with reports has at least one source.
_COUNT = (
    "UPDATE records_case c SET reports_count = n.reports, sources_count = n.sources,"
    " due_at = coalesce(n.due_at, c.due_at), urgent = coalesce(n.urgent, false),"
    # not beyond the deadline
    " snoozed_until = CASE WHEN c.snoozed_until IS NOT NULL THEN least(c.snoozed_until, n.due_at) END"
    " FROM (SELECT w.id, count(r.id) AS reports, min(r.due_at) AS due_at, bool_or(r.urgent) AS urgent,"
    " greatest(round(coalesce(sum(r.source_weight) FILTER (WHERE r.withdrawn_at IS NULL"
    " AND r.set_aside_at IS NULL), 0)),"
    " (count(r.id) FILTER (WHERE r.withdrawn_at IS NULL AND r.set_aside_at IS NULL) > 0)::int)::int AS sources"
    " FROM unnest(%s::bigint[]) AS w(id) LEFT JOIN records_report r ON r.case_id = w.id GROUP BY w.id) n"
    " WHERE c.id = n.id RETURNING c.id, c.reports_count, c.sources_count, c.due_at, c.urgent"
)


@dataclass(frozen=True)
class IntakeClock:
    """When a report was received, its deadline, and its priority for filing."""

    received_at: datetime
    due_at: datetime
    urgent: bool
    priority: FilingPriority


def start_clock(
    release: PolicyRelease,
    channel: Channel,
    category: str,
    *,
    urgent: bool = False,
    route: ReportRoute = ReportRoute.ORDINARY,
    lets_pass: bool = False,
) -> IntakeClock:
    """The clock of a report received now.

    Urgent categories, the victims' route and victim-first categories always get the highest priority, whatever the
    channel.
    """
    moment = now()
    deadline = release.deadline(channel, category, urgent=urgent, received=moment)
    first = deadline.urgent or route is ReportRoute.VICTIM or release.category(category).victim_first
    priority = FilingPriority.URGENT if first else FilingPriority.SLOW if lets_pass else FilingPriority.ORDINARY
    return IntakeClock(moment, deadline.due_at, deadline.urgent, priority)


def open_case_with(report: Report, release: PolicyRelease, *, urgent: bool = False, settle: bool = False) -> Case:
    """Save the report into the open case of its account and category, or into a new one (`join_cases`).

    The case is locked until the commit, so that concurrent reports end in one case with correct counts.
    """
    clock = start_clock(
        release, Channel(report.channel), report.category, urgent=urgent, route=ReportRoute(report.route)
    )
    report.received_at, report.due_at, report.urgent, report.priority = (
        clock.received_at,
        clock.due_at,
        clock.urgent,
        clock.priority,
    )
    report.save(force_insert=True)
    join_cases([report], release, settle=settle)
    assert report.case
    return report.case


def join_cases(
    reports: Sequence[Report], release: PolicyRelease, *, settle: bool = False, screened: bool = False
) -> dict[int, Case]:
    """Put stored reports into the open cases of their accounts and categories; returns the cases, locked and counted.

    Without an open case, the first report opens one, which names the dismissed case that it repeats. With `settle`,
    copies of dismissed reports are filed beside that case instead, and their reporters notified
    (`casework.reporting.repeat_reports`). With `screened`, the caller screens those that open a case alone in this
    transaction, and they are stored as screened already, since a further change of their rows would cost as much.
    """
    together: dict[Key, list[Report]] = defaultdict(list)
    for report in reports:
        together[report.subject_id, report.category].append(report)
    cases = _locked({key: own[0] for key, own in together.items()})
    closed = {key: own for key, own in together.items() if key not in cases}
    dismissed = dismissed_before(closed) if closed else {}
    settled = copies(closed, dismissed) if settle else {}
    firsts = {
        key: first
        for key, own in together.items()
        if (first := next((report for report in own if report.id not in settled), None))
    }
    found = found_of({subject for subject, _ in firsts}) if firsts else {}
    alone = {
        key: own[0]
        for key, own in together.items()
        if key in firsts and key not in cases and len(own) == 1 and own[0].source_weight is None
    }
    scores = score_first(alone.values()) if alone else {}
    sources = {key: int(report.withdrawn_at is None and report.set_aside_at is None) for key, report in alone.items()}
    counted = set[int]()
    while missing := {key: report for key, report in firsts.items() if key not in cases}:
        # another transaction may open the same case: this waits for its commit and uses that one
        opened = open_cases(missing, release, dismissed, found, sources)
        counted |= {case.id for key, case in opened.items() if key in sources}
        cases |= opened
        cases |= _locked({key: report for key, report in missing.items() if key not in opened})
    moment = now()
    for report in reports:
        report.case = settled.get(report.id) or cases[report.subject_id, report.category]
        report.filed_at = report.filed_at or moment
    scored = [scores.get(report.id) if report.case_id in counted else None for report in reports]
    for report, score in zip(reports, scored, strict=True):
        if score is not None:
            report.source_weight, report.source_reason = score.value, score.reason.value
    with connection.cursor() as cursor:
        cursor.execute(
            _JOIN,
            [
                moment,
                as_array(report.id for report in reports),
                as_array(report.case_id for report in reports),
                as_array(one and one.value for one in scored),
                as_array(one and one.reason.value for one in scored),
                as_array(
                    release.hash if screened and one and report.texts else None
                    for report, one in zip(reports, scored, strict=True)
                ),
            ],
        )
    joined = {report.case.id: report.case for report in reports if report.case}
    if others := {number: case for number, case in joined.items() if number not in counted}:
        count_cases(others, [report for report in reports if report.case_id not in counted])
    for report in reports:
        # no final measure against somebody who may be the victim
        if report.route == ReportRoute.VICTIM and report.case:
            stop_for_word(report.case, report, PendingEnd.VICTIM, actor=SYSTEM)
    for case in {case.id: case for case in settled.values()}.values():
        inform_of_repeat(case, [one for one in reports if one.pk in settled and one.case_id == case.id])
    return joined


def _locked(wanted: Mapping[Key, Report]) -> dict[Key, Case]:
    """The open cases of these accounts and categories, locked; each has the account of the report given for it."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK,
            [
                as_array(subject for subject, _ in wanted),
                as_array(category for _, category in wanted),
                [state.value for state in JOINABLE_STATES],
            ],
        )
        numbers = [number for (number,) in cursor.fetchall()]
    found = {
        (case.subject_id, case.category): case for case in (Case.objects.filter(pk__in=numbers) if numbers else ())
    }
    for key, case in found.items():
        case.subject = wanted[key].subject
    return found


def count_cases(cases: Mapping[int, Case], known: Sequence[Report] = ()) -> None:
    """Update report count, independent sources and earliest deadline of locked cases.

    `known` are reports in them that the caller has read whole, which are not read again.
    """
    score_sources(cases, known)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(cases)])
        for number, reports, sources, due_at, urgent in cursor.fetchall():
            case = cases[number]
            case.reports_count, case.sources_count, case.due_at, case.urgent = reports, sources, due_at, urgent


def count_reports(case: Case) -> None:
    """`count_cases` for one locked case."""
    count_cases({case.id: case})


def move_report(report: Report, subject: Subject, release: PolicyRelease) -> Case:
    """Move a filed report to this account; returns its new case, locked.

    The report keeps id, receipt and deadline. The caller recounts the case that it left.
    """
    # Scored again among the reports there.
    report.subject, report.source_weight, report.source_reason = subject, None, ""
    report.save(update_fields=["subject", "source_weight", "source_reason"])
    join_cases([report], release)
    assert report.case
    return report.case


def announce(reports: Sequence[Report], cases: Mapping[int, Case]) -> None:
    """Defer the triage of the cases that these reports were filed into, and notify their senders' endpoints."""
    defer_triages(need_triage(reports, cases))
    queue_events(HookEvent.REPORT_FILED, reports)


def need_triage(reports: Iterable[Report], cases: Mapping[int, Case]) -> dict[int, int]:
    """The cases to triage after these reports were filed into them, by id, with the most urgent priority of their
    reports. A report that was filed beside a dismissed case needs no triage."""
    priorities: dict[int, int] = {}
    for report in reports:
        assert report.case_id
        priorities[report.case_id] = min(report.priority, priorities.get(report.case_id, report.priority))
    return {number: priority for number, priority in priorities.items() if cases[number].state in JOINABLE_STATES}


def filed(
    report: Report, case: Case, receipt: str, actor: Actor, *, verb: str = "file_report", **more: object
) -> FiledReport:
    """Finish the filing of one report: announce it, write the ledger entry, and return what the sender gets."""
    announce([report], {case.id: case})
    row = append(
        verb,
        {"report": report.id, "channel": report.channel, "form": report.form, "category": report.category, **more},
        actor=actor,
        case_id=case.id,
    )
    return FiledReport(
        report.id, case.id, case.reference, report.due_at, ReportForm(report.form), receipt, promise_note(row)
    )
