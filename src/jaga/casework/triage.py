"""Triage: machine findings with their reasons, and a place in the queue. It never dismisses and never decides."""

from django.db import transaction

from jaga.casework.proof import enter
from jaga.casework.returning import look_through
from jaga.casework.state import locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.terms import Severity
from jaga.policy import load_release
from jaga.records.models import Case, Report, Signal
from jaga.screening.priority import rank
from jaga.screening.screen import Screened, screen


@transaction.atomic
def triage_case(case_id: int, *, actor: Actor) -> CaseState:
    """Screen the case's new texts, open the victim-first branch where they call for it, and rank the case.

    Also looks whether an account that was decided against seems to have come back (`casework.returning`).

    Safe to repeat: each report is screened once by a release of the policy, and a ranked case is only ranked anew.
    """
    release = load_release()
    case = locked_case(case_id)
    new = list(case.reports.exclude(signals__version=release.hash).exclude(text="").order_by("pk"))
    found = screen([report.text for report in new], release.lexicon, version=release.hash)
    for report, screened in zip(new, found, strict=True):
        _store(case, report, screened)
    case.score = max([case.score, *(screened.score for screened in found)])
    case.victim_first = case.victim_first or any(screened.victim_first for screened in found)
    if case.victim_first:
        case.severity = max(case.severity, Severity.HIGH)
    returning = look_through(case, actor=actor)
    case.rank_at = rank(case.due_at, Severity(case.severity), case.sources_count, max(case.score, returning))
    case.save(update_fields=["score", "victim_first", "severity", "rank_at"])
    if case.state == CaseState.RECEIVED:
        move_case(case, CaseVerb.TRIAGE)
    enter("triage_case", {"signals": sum(len(screened.signals) for screened in found), "policy": release.hash,
                          "victim_first": case.victim_first}, actor=actor, case_id=case.pk)
    return CaseState(case.state)


def _store(case: Case, report: Report, screened: Screened) -> None:
    Signal.objects.bulk_create(
        Signal(case=case, report=report, source=signal.source, version=signal.version, category=signal.category,
               weight=signal.weight, msgid=signal.msgid, params=dict(signal.params), start=signal.start, end=signal.end)
        for signal in screened.signals
    )
