"""Triage: screens new reports, stores findings with reasons, and ranks the case.

It never dismisses or decides.

Only published texts affect score, clusters and account links. A reporter's own words may be false, copied or made to be
found; of these only signs of a possible victim are kept, which ask people to look earlier and consider the victim-first
path.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from django.db import transaction
from django.db.models import Q, QuerySet

from jaga.cases.models.cases import Case, Signal
from jaga.cases.models.reports import BETWEEN, Report
from jaga.cases.verbs.state import locked_case, move_and_write
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.terms.cases import PendingEnd, Severity, VictimCause
from jaga.core.terms.reports import SourceReason, TextKind
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs.interim_restrictions import halt_pending_decision, stop_for_word
from jaga.people.verbs.trusted_flaggers import flagged
from jaga.policy.release import PolicyRelease, load_release
from jaga.queue.verbs.assignment import lift_for_reports, place_all
from jaga.queue.verbs.linked_accounts import space_repeats
from jaga.queue.verbs.search import take_turns
from jaga.screening.engine.priority import rank
from jaga.screening.engine.screen import screen_texts
from jaga.screening.models.classifier import SOURCE as MODEL
from jaga.screening.rules.rules import TextContext
from jaga.screening.text.signals import Screened
from jaga.screening.text.signals import TextSignal as FoundSignal
from jaga.signals.verbs.account_context import contexts_of_reports
from jaga.signals.verbs.ban_evasion import match_cases
from jaga.signals.verbs.model_scores import likely_signals, with_signal
from jaga.signals.verbs.near_duplicates import gather
from jaga.signals.verbs.victim_protection import lifts, new_signs, propose
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.kernel.jobs import defer_triage
from jaga.store.kernel.ledger import append_many

MOST_AT_ONCE = 500
"""Reports read by one run of triage. If more wait, another run is deferred, so that no case delays the others."""
_MOST_SIGNALS = 500  # per case; beyond this only findings that are new in the case are stored
_Known = tuple[str, object]
"""The kind of a text and the phrase found in it."""
_COLUMNS = MappingProxyType(
    {
        "score": "float8",
        "victim_first": "boolean",
        "victim_state": "text",
        "severity": "smallint",
        "flagged": "boolean",
        "rank_at": "timestamptz",
        "turn": "smallint",
        "own_words": "boolean",
        "apart": "boolean",
        "queue": "text",
        "queue_fixed": "boolean",
        "routed_by": "text",
        "clearance": "text",
        "assigned_to_id": "bigint",
    }
)
_SCREENED = "UPDATE records_report SET screened_by = %s WHERE id = ANY(%s::bigint[]) RETURNING NULL"


@transaction.atomic
def triage_case(case_id: int, *, actor: Actor) -> CaseState:
    """Screen the new texts of the case, propose victim-first where found, and rank the case.

    Idempotent.

    Also matches the account with accounts closed before (`ban_evasion`), and clusters cases of nearly the same text
    (`near_duplicates`). Each report is screened once by a policy release. Raises NotFound.
    """
    case = locked_case(case_id, actor=actor)
    _triage([case], actor)
    return CaseState(case.state)


def triage_cases(cases: Sequence[Case], *, actor: Actor, filed: Sequence[Report] = ()) -> None:
    """`triage_case` for many locked cases in the caller's transaction, in a fixed number of statements.

    `filed` are reports that this transaction has read whole, and filed into some of these cases. Those that opened one
    alone are stored as screened already.
    """
    if cases:
        _triage(cases, actor, filed)


def _triage(cases: Sequence[Case], actor: Actor, filed: Sequence[Report] = ()) -> None:
    release, opened = load_release(), _opened(cases, filed)
    new = _new_reports(release, cases, opened)
    found = _screened(new, release)
    read: dict[int, list[Report]] = defaultdict(list)
    for report in new:
        read[report.in_case.pk].append(report)
    stored = _store(read, found, release.hash, opened)
    if rest := [report.id for report in new if report.case_id not in opened]:
        ask_prepared(_SCREENED, [release.hash, as_array(rest)])
    returning, unscanned = match_cases(cases, actor=actor, most=MOST_AT_ONCE, known=new)
    trusted = flagged(cases)
    whole = {report.id: _signals_of_report(report, found[report.id]) for report in new}
    signs = new_signs(cases, read, whole, release)
    proposed = propose(((case, VictimCause.WORDS, signs[case.id]) for case in cases if case.id in signs), actor=actor)
    for case in cases:
        screened = [one for report in read[case.id] for one in found[report.id].values()]
        case.score = max([case.score, *(one.score for one in screened)])  # reporters' words score nothing
        if case.victim_first:
            case.severity = max(case.severity, Severity.HIGH)
        case.flagged = case.id in trusted
    take_turns(cases)
    for case in cases:
        case.rank_at = rank(
            case.due_at,
            Severity(case.severity),
            case.sources_count,
            max(case.score, returning[case.id]),
            flagged=case.flagged,
            turn=case.turn,
            own_words=(case.urgent or case.victim_first) and case.own_words,
        )
    gather(cases, new, opened=opened)
    routed = place_all(cases)
    for case in cases:
        lift_for_reports(case)
    space_repeats(cases)
    move_and_write(cases, [case for case in cases if case.state == CaseState.RECEIVED], CaseVerb.TRIAGE, _COLUMNS)
    for case in cases:
        if case in proposed:
            halt_pending_decision(case, PendingEnd.VICTIM, actor=actor)
        elif case.id in signs:  # a pending decision may lift victim-first, and its voters did not know this
            _stop_lifting(case, signs[case.id], actor)
    append_many(
        [
            *(("route_case", {"queue": case.queue}, actor, case.id) for case in routed),
            *(
                (
                    "triage_case",
                    {"signals": stored.get(case.id, 0), "policy": release.hash, "victim_first": case.victim_first},
                    actor,
                    case.id,
                )
                for case in cases
            ),
        ]
    )
    if unscanned or len(new) == MOST_AT_ONCE:
        unscanned_reports = Report.objects.filter(case__in=cases, indicator_scan__isnull=True)
        for case_id in set(_unread(release, cases).values_list("case_id", flat=True)) | set(
            unscanned_reports.values_list("case_id", flat=True)
        ):
            defer_triage(case_id or 0)


def _opened(cases: Sequence[Case], filed: Sequence[Report]) -> dict[int, Report]:
    """The cases that a report among `filed` has opened, where it is the only one, by id: these alone have their weight
    as a source already when they are filed (`reporting.verbs.merging.join_cases`)."""
    alone = {case.id for case in cases if case.reports_count == 1}
    return {report.case_id or 0: report for report in filed if report.case_id in alone and report.source_reason}


def _unread(release: PolicyRelease, cases: Sequence[Case]) -> QuerySet[Report]:
    """Reports of these cases with texts that were not screened by this release."""
    reports = Report.objects.filter(case__in=cases).exclude(screened_by=release.hash)
    return reports.exclude(text="", excerpt="", published="")


def _new_reports(release: PolicyRelease, cases: Sequence[Case], opened: Mapping[int, Report]) -> list[Report]:
    """The first unread reports of these cases, without reading again those that opened a case."""
    others = [case for case in cases if case.id not in opened]
    found = _with_cases(_unread(release, others).order_by("pk")[:MOST_AT_ONCE], others) if others else []
    found += [report for report in opened.values() if report.texts and not report.screened_by]
    return sorted(found, key=lambda report: report.id)[:MOST_AT_ONCE]


def _with_cases(reports: Iterable[Report], cases: Sequence[Case]) -> list[Report]:
    """These reports of these cases, with the same objects for cases, accounts and platforms that are in hand."""
    found, by_number = list(reports), {case.id: case for case in cases}
    for report in found:
        report.case = by_number[report.case_id or 0]
        if report.subject_id == report.case.subject_id:
            report.subject = report.case.subject
    return found


def _stop_lifting(case: Case, report: Report, actor: Actor) -> None:
    pending = PendingDecision.objects.select_related("vote").filter(case=case, ended_at__isnull=True).first()
    if pending and lifts(pending):
        stop_for_word(case, report, PendingEnd.VICTIM, actor=actor)


def _screened(reports: Sequence[Report], release: PolicyRelease) -> dict[int, dict[TextKind, Screened]]:
    """The findings in each text of each report, by report id.

    Equal texts with equal context are screened once.

    Published texts are screened by the release and by the category's approved model, reporters' words only for signs of
    a victim.
    """
    abouts = contexts_of_reports(reports, release)
    asked = {
        (report.id, kind): (
            text,
            abouts[report.id] if kind is TextKind.PUBLISHED else TextContext(report.subject.platform.name, "report"),
        )
        for report in reports
        for kind, text in report.texts.items()
    }
    once: list[tuple[str, TextContext]] = list(dict.fromkeys(asked.values()))
    found = screen_texts([text for text, _ in once], release, [about for _, about in once])
    by_text = dict(zip(once, found, strict=True))
    likely = likely_signals(
        {(report.in_case.category, report.published) for report in reports if report.published}, release
    )
    by_report: dict[int, dict[TextKind, Screened]] = {report.id: {} for report in reports}
    categories = {report.id: report.in_case.category for report in reports}
    for (number, kind), (text, about) in asked.items():
        screened = by_text[text, about]
        by_report[number][kind] = (
            with_signal(screened, likely.get((categories[number], text)))
            if kind is TextKind.PUBLISHED
            else _asks_only(screened, release)
        )
    return by_report


def _asks_only(screened: Screened, release: PolicyRelease) -> Screened:
    """Reduce findings in reporters' words to signs of a victim. They say nothing about the account."""
    if not screened.victim_first:
        return Screened((), 0.0, False)
    kept = tuple(
        one for one in screened.signals if one.category in release.by_key and release.by_key[one.category].victim_first
    )
    return Screened(kept, 0.0, True)


def _signals_of_report(report: Report, found: Mapping[TextKind, Screened]) -> Screened:
    """All findings of a report; positions refer to `report.all_text`."""
    signals, begin = list[FoundSignal](), 0
    for kind, text in report.texts.items():
        signals += [replace(one, start=begin + one.start, end=begin + one.end) for one in found[kind].signals]
        begin += len(text) + len(BETWEEN)
    return Screened(tuple(signals), 0.0, any(one.victim_first for one in found.values()))


def _store(
    read: Mapping[int, Sequence[Report]],
    found: Mapping[int, Mapping[TextKind, Screened]],
    version: str,
    opened: Collection[int],
) -> dict[int, int]:
    """Store the signals of these reports; returns how many by case. Repeated words only add new findings. Cases that
    were `opened` just now have none."""
    before: dict[int, list[_Known]] = defaultdict(list)
    if had := [case_id for case_id in read if case_id not in opened]:
        earlier = Signal.objects.filter(Q(version=version) | Q(source=MODEL), case__in=had)
        for case_id, kind, phrase in earlier.values_list("case_id", "text_kind", "params__phrase"):
            before[case_id].append((kind, phrase))
    kept, stored = list[Signal](), dict[int, int]()
    for case_id, reports in read.items():
        own = _signals(reports, found, before[case_id])
        stored[case_id] = len(own)
        kept += own
    Signal.objects.bulk_create(kept)
    return stored


def _signals(
    reports: Iterable[Report], found: Mapping[int, Mapping[TextKind, Screened]], before: Sequence[_Known]
) -> list[Signal]:
    kept, phrases = list[Signal](), set[_Known](before)
    for report in reports:
        copied = report.source_reason == SourceReason.SAME_WORDS or len(before) + len(kept) >= _MOST_SIGNALS
        for kind, signal in ((kind, one) for kind, screened in found[report.id].items() for one in screened.signals):
            phrase = (kind.value, signal.params.get("phrase"))
            if copied and phrase in phrases:
                continue
            phrases.add(phrase)
            kept.append(
                Signal(
                    case=report.in_case,
                    report=report,
                    text_kind=kind,
                    source=signal.source,
                    version=signal.version,
                    category=signal.category,
                    weight=signal.weight,
                    msgid=signal.msgid,
                    params=dict(signal.params),
                    start=signal.start,
                    end=signal.end,
                )
            )
    return kept
