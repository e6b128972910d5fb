"""Repeat cases: a dismissed matter is reported again with something new, at most one case a matter and day.

A repeat case is an ordinary case that refers to the dismissed one; its page marks what is new. If a person settled a
repeat of the same matter today, the next one is snoozed until tomorrow. Of repeats opened by one network's reports, ten
a day enter the queue, the others on later days. None waits beyond half of its own deadline. Urgent cases, reports of
authorities and flaggers, and anything about a victim never wait.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.casework.kernel.ledger import append
from jaga.casework.queue.assignment import lift_for_news
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.reports import FilingPriority, ReportForm, ReportRoute
from jaga.policy.local_time import day_of, start_of_day
from jaga.records.models import Case, Report

CARDS_OF_A_NETWORK = 10
"""Daily limit of repeat cases that only one network's reports opened."""
HOLD = "repeat"
"""The reason of a snooze set by the system."""
_MOST_NETWORKS = 50  # beyond this a case certainly has several networks
_DAY = timedelta(days=1)


def space_repeats(cases: Sequence[Case]) -> None:
    """Snooze locked, triaged repeat cases until their day, and end snoozes that are no longer needed.

    Called by triage. A case that people have seen in the queue is never snoozed again.
    """
    for case in cases:
        if case.repeats_id is None or (case.state != CaseState.RECEIVED and case.snooze_reason != HOLD):
            continue
        until = _waits_until(case)
        if until is None and case.snoozed_until is not None:
            lift_for_news(case)
        elif until is not None and case.snoozed_until is None:
            case.snoozed_until, case.snooze_reason = until, HOLD
            case.save(update_fields=["snoozed_until", "snooze_reason"])
            append("space_repeat", {"until": until.isoformat()}, actor=SYSTEM, case_id=case.pk)


def _waits_until(case: Case) -> datetime | None:
    if case.urgent or case.victim_first or case.flagged or case.reopens_id is not None or _has_precedence(case):
        return None
    midnight = _midnight(case.opened_at)
    days = max(int(_reviewed_since(case, midnight)), _days_over(case, midnight))
    until = min(midnight + days * _DAY, case.opened_at + (case.due_at - case.opened_at) / 2)
    return until if days and until > now() else None


def _midnight(moment: datetime) -> datetime:
    return start_of_day(day_of(moment))


def _has_precedence(case: Case) -> bool:
    people = (ReportForm.REPORT, ReportForm.OBSERVATION)
    return case.reports.filter(
        Q(priority=FilingPriority.URGENT)
        | Q(organisation__isnull=False)
        | ~Q(route=ReportRoute.ORDINARY)
        | ~Q(form__in=people)
    ).exists()


def _cards(before: Case) -> QuerySet[Case]:
    return Case.objects.filter(repeats__isnull=False, pk__lt=before.pk)


def _reviewed_since(case: Case, midnight: datetime) -> bool:
    """Whether a person settled a repeat of this matter since `midnight`."""
    return _cards(case).filter(subject=case.subject_id, category=case.category, decided_at__gte=midnight).exists()


def _days_over(case: Case, midnight: datetime) -> int:
    """By how many days the networks behind this case have exceeded their daily limit; the least of several."""
    speaking = case.reports.exclude(form=ReportForm.OBSERVATION)
    networks = list(speaking.values_list("network_key", flat=True).distinct()[:_MOST_NETWORKS])
    if not networks or None in networks:
        return 0
    opened = _cards(case).filter(opened_at__gte=midnight)
    return min(
        opened.filter(Exists(Report.objects.filter(case=OuterRef("pk"), network_key=network))).count()
        // CARDS_OF_A_NETWORK
        for network in networks
    )
