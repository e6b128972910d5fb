"""Merging: a report joins the open case of its account and category, or opens one.

The only way into a case.

Cases are locked, opened and counted in few statements, for one report or many.

Inserts the cases that reports open, many in one statement, with the counts of those that have a single report.

Copies of dismissed reports, the only reports that are answered by a program (ADR 0057).

A report is a copy if it repeats, word for word and number for number, what people had before them when they dismissed
the case, in more words than two people would choose by chance, and adds no link, picture or new contact. It is filed
beside the dismissed case, and its reporter is told what was compared. Any other report opens a case that names the one
it repeats (`queue.verbs.linked_accounts`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import connection
from django.db.models import Exists, F, OuterRef

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.cases.verbs.accounts import FiledReport
from jaga.cases.verbs.letters import inform_of_repeat
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import JOINABLE_STATES, CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind, PendingEnd
from jaga.core.terms.outside import HookEvent
from jaga.core.terms.reports import Channel, FilingPriority, ReportForm, ReportRoute
from jaga.decisions.verbs.interim_restrictions import stop_for_word
from jaga.policy.release import PolicyRelease
from jaga.policy.routing import RoutingFacts
from jaga.reporting.verbs.independent_sources import score_first, score_sources
from jaga.screening.copies.copies import comparison_form, is_long_enough
from jaga.signals.verbs.victim_protection import VictimFinding, first_state, found_of
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.kernel.jobs import defer_triages
from jaga.store.kernel.ledger import append, promise_note
from jaga.store.key_numbers import next_case_number
from jaga.webhooks.verbs import queue_events

Key = tuple[int, str]
"""An account and a category."""
_COLUMNS = {
    "key_number": "bigint",
    "subject_id": "bigint",
    "category": "text",
    "state": "text",
    "channel": "text",
    "severity": "smallint",
    "victim_first": "boolean",
    "victim_state": "text",
    "urgent": "boolean",
    "conduct_on": "date",
    "opened_at": "timestamptz",
    "due_at": "timestamptz",
    "repeats_id": "bigint",
    "reports_count": "integer",
    "sources_count": "integer",
    "score": "float8",
    "flagged": "boolean",
    "rank_at": "timestamptz",
    "queue": "text",
    "clearance": "text",
    "language": "text",
}
_INSERT = f"""
INSERT INTO records_case ({", ".join(_COLUMNS)})
SELECT {", ".join(f"c.{name}" for name in _COLUMNS)}
FROM unnest({", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())}) AS c({", ".join(_COLUMNS)})
ON CONFLICT DO NOTHING RETURNING id, subject_id, category"""  # noqa: S608 - our own


def open_cases(
    missing: Mapping[Key, Report],
    release: PolicyRelease,
    dismissed: Mapping[Key, Sequence[Case]],
    found: Mapping[int, VictimFinding],
    counted: Mapping[Key, int],
) -> dict[Key, Case]:
    """Insert a case for each of these first reports; returns those that are ours, by account and category.

    Nobody else sees them before the commit. One that another transaction opens at the same time is left out: this waits
    for its commit. `counted` has the independent sources of cases that have one report, which then count already.
    """
    cases = {
        key: _new_case(report, release, next(iter(dismissed.get(key, ())), None), found)
        for key, report in sorted(missing.items())
    }
    for key, sources in counted.items():
        if key in cases:
            cases[key].reports_count, cases[key].sources_count = 1, sources
            cases[key].urgent = missing[key].urgent
    values = [as_array(getattr(case, name) for case in cases.values()) for name in _COLUMNS]
    ours = {}
    for number, subject, category in ask_prepared(_INSERT, values):
        case = ours[subject, category] = cases[subject, category]
        case.pk, case.subject = number, missing[subject, category].subject
        case._state.adding, case._state.db = False, "default"
    return ours


def _new_case(
    report: Report, release: PolicyRelease, dismissed: Case | None, found: Mapping[int, VictimFinding]
) -> Case:
    category, state = release.category(report.category), first_state(report, release, found)
    # The queue by the present facts, so that a case is never shown to people without its clearance; triage corrects it
    # when platform or flagger count.
    queue = release.routing.place(
        RoutingFacts(category.key, report.channel, report.language, category.severity, state.protects)
    ).queue
    # a handle may have a new owner by now, so such a report is not a repeat
    repeats = None if report.called_as else dismissed
    given: dict[str, object] = {
        "key_number": next_case_number(),
        "subject_id": report.subject_id,
        "category": report.category,
        "channel": report.channel,
        "severity": category.severity,
        "victim_first": state.protects,
        "victim_state": state,
        "conduct_on": report.conduct_on,
        "opened_at": report.received_at,
        "due_at": report.due_at,
        "rank_at": report.due_at,
        "state": CaseState.RECEIVED,
        "language": report.language,
        "queue": queue.key,
        "clearance": queue.clearance or "",
        "repeats_id": repeats and repeats.pk,
    }
    case = Case(*({**_defaults(), **given}.values()))  # by place: by name it takes three times as long
    if repeats is not None:
        case.repeats = repeats
    return case


@cache
def _defaults() -> dict[str, object]:
    """All columns of a case in their order, with the model's defaults; the number of its key is drawn for each case."""
    return {
        str(field.attname): None if field.name in ("id", "key_number") else field.get_default()
        for field in Case._meta.concrete_fields
    }


SETTLED_FOR = timedelta(days=90)
_MOST_READ = 1000  # reports compared with; if there are more, a copy of another one goes to a person
_SETTLED = (
    f"SELECT id FROM records_case WHERE subject_id = ANY(%s::bigint[]) AND state = '{CaseState.RESOLVED.value}'"  # noqa: S608
    " AND NOT victim_first AND resolved_at > %s"
)


def dismissed_before(keys: Collection[Key]) -> dict[Key, list[Case]]:
    """Cases of these accounts and categories that people dismissed in the last 90 days, newest first.

    Matters that a later case judged are left out, whatever its outcome.
    """
    settled = ask_prepared(_SETTLED, [as_array(subject for subject, _ in keys), now() - SETTLED_FOR])
    if not settled:  # as for nearly all new reports
        return {}
    acted = Decision.objects.filter(case=OuterRef("pk"), overturned_by__isnull=True, provisional=False).exclude(
        kind=DecisionKind.DISMISS
    )
    dismissed = Decision.objects.filter(case=OuterRef("pk"), kind=DecisionKind.DISMISS, overturned_by__isnull=True)
    rows = (
        Case.objects.filter(pk__in=[number for (number,) in settled])
        .filter(Exists(dismissed))
        .exclude(Exists(acted))
        .select_related("subject__platform")
        .order_by("-pk")
    )
    found: dict[Key, list[Case]] = {}
    for case in rows:
        found.setdefault((case.subject_id, case.category), []).append(case)
    return {key: cases for key, cases in found.items() if key in keys and not _followed(cases[0])}


def copies(wanted: Mapping[Key, Sequence[Report]], dismissed: Mapping[Key, Sequence[Case]]) -> dict[int, Case]:
    """For each report that copies a dismissed one, by id, the dismissed case.

    `wanted` holds reports by account and category without an open case. Reports not in the result open one.
    """
    return {
        number: case
        for key, cases in dismissed.items()
        for number, case in _copies([one for one in wanted[key] if _may_be_copy(one)], cases).items()
    }


def _may_be_copy(report: Report) -> bool:
    """Whether a report can be a copy at all.

    Not if named by a handle, which may have a new owner; nor with only a word or two, or an account holder could have
    "penipu" dismissed to silence everyone who writes it. What a watch saw the account publish again may be short.
    """
    enough = bool(report.published) if report.form == ReportForm.OBSERVATION else is_long_enough(report.all_text)
    return (
        enough
        and report.form in (ReportForm.REPORT, ReportForm.OBSERVATION)
        and report.organisation_id is None
        and report.route == ReportRoute.ORDINARY
        and report.priority != FilingPriority.URGENT
        and not report.called_as
    )


def _followed(case: Case) -> bool:
    return Case.objects.filter(
        subject=case.subject_id, category=case.category, pk__gt=case.pk, decisions__isnull=False
    ).exists()


def _copies(reports: Sequence[Report], cases: Sequence[Case]) -> dict[int, Case]:
    if not reports:
        return {}
    by_number = {case.pk: case for case in cases}
    # Reports filed after the dismissal were read by nobody.
    earlier = list(
        Report.objects.filter(case__in=cases, filed_at__lte=F("case__decided_at"))
        .only("case_id", "form", "text", "excerpt", "published", "place", "contact_key")
        .order_by("-pk")[:_MOST_READ]
    )
    texts = {_compared_texts(one): by_number[one.case_id or 0] for one in reversed(earlier)}
    links = {link for one in earlier for link in one.place.split("\n")}
    contacts = {bytes(one.contact_key) for one in earlier if one.contact_key}
    found: dict[int, Case] = {}
    for report in reports:
        case = texts.get(_compared_texts(report))
        knows_links = (
            report.form == ReportForm.OBSERVATION or not report.place or (set(report.place.split("\n")) <= links)
        )
        if case and knows_links and (not report.contact_key or bytes(report.contact_key) in contacts):
            found[report.pk] = case
    return found


def _compared_texts(report: Report) -> tuple[bool, str]:
    """The report's text, and whether a watch saw it.

    A text that was only claimed and dismissed was not judged as published.
    """
    return report.form == ReportForm.OBSERVATION, comparison_form(report.all_text)


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
    (`reporting.verbs.merging`). With `screened`, the caller screens those that open a case alone in this
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
