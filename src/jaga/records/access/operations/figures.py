"""Counts for the public figures, aggregated in the database. No row, name or timestamp is returned."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.actions import ActionKind, ActionState
from jaga.core.terms.appeals import AppealState
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.records.access.cases.deadlines import OPEN_DEADLINE
from jaga.records.access.operations.definitions import (
    Spread,
    counted_cases,
    decision_times,
    formal_requests,
    spread,
    took,
    with_outcome,
)
from jaga.records.models import Action, Appeal, Report


@dataclass(frozen=True)
class CaseCounts:
    """Case counts."""

    total: int
    first_opened: datetime | None
    open: int
    overdue: int
    by_channel: dict[Channel, int]
    by_category: dict[str, int]


def case_counts() -> CaseCounts:
    """All cases, open cases, and undecided cases past their legal deadline."""
    totals = counted_cases().aggregate(
        total=Count("pk"),
        first=Min("opened_at"),
        open=Count("pk", filter=~Q(state=CaseState.RESOLVED)),
        overdue=Count("pk", filter=OPEN_DEADLINE & Q(due_at__lt=now())),
    )
    return CaseCounts(
        totals["total"],
        totals["first"],
        totals["open"],
        totals["overdue"],
        {Channel(key): count for key, count in _grouped("channel")},
        dict(_grouped("category")),
    )


def _grouped(field: str) -> list[tuple[str, int]]:
    return list(counted_cases().order_by(field).values_list(field).annotate(count=Count("pk")))


@dataclass(frozen=True)
class OutcomeCounts:
    """Decided cases by decision in force, and those whose decision ended without effect."""

    by_kind: dict[DecisionKind, int]
    ended: int


def outcomes() -> OutcomeCounts:
    """Decided cases by outcome. One whose action ended without effect counts as ended and under no kind."""
    found = list(
        with_outcome(counted_cases())
        .order_by("in_force", "ended")
        .values_list("in_force", "ended")
        .annotate(count=Count("pk"))
    )
    return OutcomeCounts(
        {DecisionKind(kind): count for kind, ended, count in found if not ended},
        sum(count for _, ended, count in found if ended),
    )


def time_to_decision() -> Spread:
    """The time from a case's first report to its decision."""
    return decision_times(counted_cases())


def time_to_closure() -> Spread:
    """The time from a case's first report to the verification of its closure."""
    closed = Action.objects.filter(kind=ActionKind.CLOSE, rest__isnull=True, state=ActionState.DONE)
    return spread(closed.annotate(took=took("decision__case__opened_at", "finished_at")))


def appeal_counts() -> dict[AppealState, int]:
    """Appeals by state."""
    rows = Appeal.objects.order_by("state").values_list("state").annotate(count=Count("pk"))
    return {AppealState(state): count for state, count in rows}


def requests_by_authority() -> dict[tuple[OrganisationKind, DecisionKind | None], int]:
    """Formal requests and orders by kind of authority and decision in force (None: none yet)."""
    rows = (
        formal_requests(Report.objects.all())
        .order_by("organisation__kind", "in_force")
        .values_list("organisation__kind", "in_force")
        .annotate(count=Count("pk"))
    )
    return {(OrganisationKind(kind), DecisionKind(made) if made else None): count for kind, made, count in rows}
