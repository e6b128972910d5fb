"""Which cases of a run need a look of their own, and why. Asked before the run, and again at each case's turn.

What would tell of a sealed vote is no doubt: whoever makes a run learns of no vote but their own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from jaga.casework.accounts import possible_on
from jaga.casework.decide import needs_second_person
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms import BulkDoubt, BulkKind, DecisionKind, ReportForm
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import widest
from jaga.records.access.console import number_of
from jaga.records.access.quality import bulk_allowed
from jaga.records.models import Case, CaseLabel, EmergencyHold, Lease, Report, ReportMessage, Vote

_WAITS = (CaseState.IN_REVIEW, CaseState.SECOND_VOTE)  # one stage to everybody
_ASKED = (ReportForm.REQUEST, ReportForm.ORDER)
DECISIONS = {BulkKind.DISMISS: DecisionKind.DISMISS, BulkKind.RESTRICT: DecisionKind.RESTRICT}


def doubts_of(kind: BulkKind, target: str, cases: Collection[Case], *,
              actor: Actor) -> dict[int, tuple[BulkDoubt, ...]]:
    """The doubts about each case, by its number, in the order of the terms. A few queries, however many cases."""
    found: dict[int, set[BulkDoubt]] = {case.pk: set() for case in cases}

    def add(doubt: BulkDoubt, numbers: Iterable[int | None]) -> None:
        for number in numbers:
            if number is not None:
                found[number].add(doubt)

    ids = list(found)
    add(BulkDoubt.VICTIM_FIRST, (case.pk for case in cases if case.victim_first))
    add(BulkDoubt.URGENT, (case.pk for case in cases if case.urgent))
    add(BulkDoubt.FLAGGED, (case.pk for case in cases if case.flagged))
    add(BulkDoubt.REQUESTED, Report.objects.filter(case__in=ids, form__in=_ASKED).values_list("case_id", flat=True))
    add(BulkDoubt.ANSWERED, ReportMessage.objects.filter(
        report__case__in=ids, from_us=False, read_at__isnull=True).values_list("report__case_id", flat=True))
    if kind is BulkKind.LABEL:
        add(BulkDoubt.ALREADY, CaseLabel.objects.filter(
            case__in=ids, label=target, withdrawn_at__isnull=True).values_list("case_id", flat=True))
    else:
        add(BulkDoubt.NOT_WAITING, (case.pk for case in cases if case.state not in _WAITS))
        add(BulkDoubt.HELD, (case.pk for case in cases if case.held_until or case.escalated_at))
        add(BulkDoubt.HELD, Lease.objects.filter(
            case__in=ids, released_at__isnull=True, expires_at__gt=now(),
        ).exclude(holder_id=actor.person_id).values_list("case_id", flat=True))
    if kind is BulkKind.ROUTE:
        add(BulkDoubt.ALREADY, (case.pk for case in cases if case.queue == target))
    if kind.judges:
        add(BulkDoubt.OWN_VOTE, Vote.standing.filter(
            case__in=ids, person_id=number_of(actor)).values_list("case_id", flat=True))
        _judged(DECISIONS[kind], cases, found)
    return {number: tuple(doubt for doubt in BulkDoubt if doubt in doubts) for number, doubts in found.items()}


def _judged(kind: DecisionKind, cases: Collection[Case], found: dict[int, set[BulkDoubt]]) -> None:
    release = load_release()
    by_category: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_category[case.category].append(case)
        if needs_second_person(case, kind, release):
            found[case.pk].add(BulkDoubt.TWO_PEOPLE)
        if not _allowed(case, kind, release):
            found[case.pk].add(BulkDoubt.NOT_ALLOWED)
    for category, own in by_category.items():
        if not bulk_allowed(category).allowed:
            for case in own:
                found[case.pk].add(BulkDoubt.LOW_AGREEMENT)
    if kind is DecisionKind.RESTRICT:  # what rests on a request that nobody has verified is kept, and nothing else
        held = EmergencyHold.objects.filter(report__case__in=[case.pk for case in cases])
        for number in held.values_list("report__case_id", flat=True):
            found[number].add(BulkDoubt.NOT_ALLOWED)


def _allowed(case: Case, kind: DecisionKind, release: PolicyRelease) -> bool:
    return (kind in release.allowed_decisions(case.category)
            and kind in widest(case.category, victim_first=case.victim_first) and possible_on(case.subject, kind))
