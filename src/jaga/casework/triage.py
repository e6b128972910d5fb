"""Triage: machine findings with their reasons, and a place in the queue. It never dismisses and never decides."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection, transaction
from django.db.models import Q

from jaga.casework.assigning import lift_for_reports
from jaga.casework.clusters import gather
from jaga.casework.flaggers import flagged
from jaga.casework.halting import halt_commit, stop_for_word
from jaga.casework.known import abouts_of
from jaga.casework.likely import likely_signals, with_signal
from jaga.casework.promises import promise_triage
from jaga.casework.proof import enter_many
from jaga.casework.repeats import space_repeats
from jaga.casework.returning import look_through
from jaga.casework.routing import route_all
from jaga.casework.state import locked_case, move_cases
from jaga.casework.victims import lifts, new_signs, propose
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.terms import CommitEnd, Severity, VictimCause, VoiceReason
from jaga.policy import PolicyRelease, load_release
from jaga.records.models import Case, PendingCommit, Report, Signal
from jaga.screening.classifier import SOURCE as MODEL
from jaga.screening.priority import rank
from jaga.screening.ruled import screen_texts
from jaga.screening.rules import About
from jaga.screening.screen import Screened

MOST_AT_ONCE = 500
"""Reports that one triage reads. Where more wait, another triage is promised, so that no case holds up the others."""
_MOST_SIGNALS = 500  # of one case, from which on only findings that are new there are kept
_WRITE = ("UPDATE records_case c SET score = w.score, victim_first = w.victim_first, victim_state = w.victim_state,"
          " severity = w.severity, flagged = w.flagged, rank_at = w.rank_at FROM unnest(%s::bigint[], %s::float8[],"
          " %s::boolean[], %s::text[], %s::smallint[], %s::boolean[], %s::timestamptz[])"
          " AS w(id, score, victim_first, victim_state, severity, flagged, rank_at) WHERE c.id = w.id")


@transaction.atomic
def triage_case(case_id: int, *, actor: Actor) -> CaseState:
    """Screen the case's new texts, open the victim-first branch where they call for it, and rank the case.

    Also looks whether an account that was decided against seems to have come back (`casework.returning`), and puts the
    case into one line with cases of nearly the same text on other accounts (`casework.clusters`).

    Safe to repeat: each report is screened once by a release of the policy, and a ranked case is only ranked anew.
    """
    case = locked_case(case_id, actor=actor)
    _triage([case], actor)
    return CaseState(case.state)


def triage_cases(cases: Sequence[Case], *, actor: Actor) -> None:
    """The same for many locked cases in the caller's transaction and in a few statements, whatever their number."""
    if cases:
        _triage(cases, actor)


def _triage(cases: Sequence[Case], actor: Actor) -> None:
    release, reports = load_release(), Report.objects.filter(case__in=cases)
    unread = reports.exclude(screened_by=release.hash).exclude(text="")
    new = list(unread.select_related("case", "subject__platform").order_by("pk")[:MOST_AT_ONCE])
    found = _screened(new, release)
    read: dict[int, list[Report]] = defaultdict(list)
    for report in new:
        read[report.in_case.pk].append(report)
    stored = _store(read, found, release.hash)
    Report.objects.filter(pk__in=[report.pk for report in new]).update(screened_by=release.hash)
    returning, trusted = look_through(cases, actor=actor, most=MOST_AT_ONCE), flagged(cases)
    signs = new_signs(cases, read, found, release)
    proposed = propose(((case, VictimCause.WORDS, signs[case.pk]) for case in cases if case.pk in signs), actor=actor)
    for case in cases:
        screened = [found[report.pk] for report in read[case.pk]]
        case.score = max([case.score, *(one.score for one in screened)])
        if case.victim_first:
            case.severity = max(case.severity, Severity.HIGH)
        case.flagged = case.pk in trusted
        case.rank_at = rank(case.due_at, Severity(case.severity), case.sources_count,
                            max(case.score, returning[case.pk]), flagged=case.flagged)
    _write(cases)
    gather(cases, new)
    route_all(cases, actor=actor)
    for case in cases:
        lift_for_reports(case)
    space_repeats(cases)
    move_cases([case for case in cases if case.state == CaseState.RECEIVED], CaseVerb.TRIAGE)
    for case in cases:
        if case in proposed:
            halt_commit(case, CommitEnd.VICTIM, actor=actor)
        elif case.pk in signs:  # what waits may be about to lift it: nobody voted knowing this
            _stop_lifting(case, signs[case.pk], actor)
    enter_many([("triage_case", {"signals": stored.get(case.pk, 0), "policy": release.hash,
                                 "victim_first": case.victim_first}, actor, case.pk) for case in cases])
    for case_id in set(unread.values_list("case_id", flat=True)) | set(
            reports.filter(traced__isnull=True).values_list("case_id", flat=True)):
        promise_triage(case_id or 0)


def _stop_lifting(case: Case, report: Report, actor: Actor) -> None:
    pending = PendingCommit.objects.select_related("vote").filter(case=case, ended_at__isnull=True).first()
    if pending and lifts(pending):
        stop_for_word(case, report, CommitEnd.VICTIM, actor=actor)


def _screened(reports: Sequence[Report], release: PolicyRelease) -> dict[int, Screened]:
    """What is found in each report, by its number: by the release, and by its category's approved model.

    Copies of which the same is known are read once.
    """
    abouts = abouts_of(reports, release)
    asked = {report.pk: (report.text, abouts[report.pk]) for report in reports}
    once: list[tuple[str, About]] = list(dict.fromkeys(asked.values()))
    found = screen_texts([text for text, _ in once], release, [about for _, about in once])
    by_text = dict(zip(once, found, strict=True))
    likely = likely_signals({(report.in_case.category, report.text) for report in reports}, release)
    return {report.pk: with_signal(by_text[asked[report.pk]], likely.get((report.in_case.category, report.text)))
            for report in reports}


def _write(cases: Sequence[Case]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [[case.pk for case in cases], [case.score for case in cases],
                                [case.victim_first for case in cases], [case.victim_state for case in cases],
                                [case.severity for case in cases],
                                [case.flagged for case in cases], [case.rank_at for case in cases]])


def _store(read: Mapping[int, Sequence[Report]], found: Mapping[int, Screened], version: str) -> dict[int, int]:
    """Keep the signals of these reports; how many, by case. Of words that a case had before, only findings that it had
    not."""
    known: dict[int, list[str]] = defaultdict(list)
    earlier = Signal.objects.filter(Q(version=version) | Q(source=MODEL), case__in=list(read))
    for case_id, phrase in earlier.values_list("case_id", "params__phrase"):
        known[case_id].append(phrase)
    kept, stored = list[Signal](), dict[int, int]()
    for case_id, reports in read.items():
        own = _signals(reports, found, known[case_id])
        stored[case_id] = len(own)
        kept += own
    Signal.objects.bulk_create(kept)
    return stored


def _signals(reports: Iterable[Report], found: Mapping[int, Screened], known: Sequence[str]) -> list[Signal]:
    kept, phrases = list[Signal](), set[object](known)
    for report in reports:
        copied = report.voice_reason == VoiceReason.SAME_WORDS or len(known) + len(kept) >= _MOST_SIGNALS
        for signal in found[report.pk].signals:
            if copied and signal.params.get("phrase") in phrases:
                continue
            phrases.add(signal.params.get("phrase"))
            kept.append(Signal(
                case=report.in_case, report=report, source=signal.source, version=signal.version,
                category=signal.category, weight=signal.weight, msgid=signal.msgid, params=dict(signal.params),
                start=signal.start, end=signal.end))
    return kept
