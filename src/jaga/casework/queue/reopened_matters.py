"""A matter that people dismissed is reported again, with something new: one card a case and day, and no network fills
the day.

The card is a case like any other, with its clock, its votes and its letters, that says which dismissed case it repeats;
its page marks what is new. Where a person has settled a card of the same matter today, the next one comes tomorrow; and
of the cards that one network's reports open, ten come on a day, the others on the days after. None waits beyond half
of its own clock. What is urgent, what an authority or a flagger sent, and what speaks of a victim never waits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.casework.kernel.ledger import enter
from jaga.casework.queue.assignment import lift_for_news
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import WIB, now
from jaga.core.terms import Lane, ReportForm, ReportRoute
from jaga.records.models import Case, Report

CARDS_OF_A_NETWORK = 10
"""A day: cards that reports of one network open and nobody else's."""
HOLD = "repeat"
"""Stands as the reason of a hold that no person made."""
_MOST_NETWORKS = 50  # of one card, from which on it is certainly not one network's
_DAY = timedelta(days=1)


def space_repeats(cases: Sequence[Case]) -> None:
    """Set locked, triaged cards aside till their day, and bring forward what need not wait any more. For triage.

    A card that people have seen in the queue is never set aside again.
    """
    for case in cases:
        if case.repeats_id is None or (case.state != CaseState.RECEIVED and case.hold_reason != HOLD):
            continue
        until = _waits_until(case)
        if until is None and case.held_until is not None:
            lift_for_news(case)
        elif until is not None and case.held_until is None:
            case.held_until, case.hold_reason = until, HOLD
            case.save(update_fields=["held_until", "hold_reason"])
            enter("space_repeat", {"until": until.isoformat()}, actor=SYSTEM, case_id=case.pk)


def _waits_until(case: Case) -> datetime | None:
    if case.urgent or case.victim_first or case.flagged or case.reopens_id is not None or _has_precedence(case):
        return None
    midnight = _midnight(case.opened_at)
    days = max(int(_settled_since(case, midnight)), _days_over(case, midnight))
    until = min(midnight + days * _DAY, case.opened_at + (case.due_at - case.opened_at) / 2)
    return until if days and until > now() else None


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(WIB).replace(hour=0, minute=0, second=0, microsecond=0)


def _has_precedence(case: Case) -> bool:
    people = (ReportForm.REPORT, ReportForm.OBSERVATION)
    return case.reports.filter(Q(lane=Lane.URGENT) | Q(organisation__isnull=False) | ~Q(route=ReportRoute.ORDINARY)
                               | ~Q(form__in=people)).exists()


def _cards(before: Case) -> QuerySet[Case]:
    return Case.objects.filter(repeats__isnull=False, pk__lt=before.pk)


def _settled_since(case: Case, midnight: datetime) -> bool:
    """Whether a person has settled a card of this matter on that day."""
    return _cards(case).filter(subject=case.subject_id, category=case.category, decided_at__gte=midnight).exists()


def _days_over(case: Case, midnight: datetime) -> int:
    """How many days' shares the networks that alone speak here had filled on that day; of several, the least."""
    speaking = case.reports.exclude(form=ReportForm.OBSERVATION)
    networks = list(speaking.values_list("network_key", flat=True).distinct()[:_MOST_NETWORKS])
    if not networks or None in networks:
        return 0
    opened = _cards(case).filter(opened_at__gte=midnight)
    return min(opened.filter(Exists(Report.objects.filter(case=OuterRef("pk"), network_key=network))).count()
               // CARDS_OF_A_NETWORK for network in networks)
