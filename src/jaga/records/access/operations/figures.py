"""Counts for the public figures, aggregated in the database. No row, name or timestamp is returned."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms import (
    ActionKind,
    ActionState,
    AppealState,
    Channel,
    DecisionKind,
    OrganisationKind,
    ReportForm,
)
from jaga.records.models import Action, Appeal, Case, Decision, Report


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont over durations."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field: ClassVar = DurationField()

    def __init__(self, expression: str, fraction: float) -> None:
        super().__init__(expression, fraction=fraction)


@dataclass(frozen=True)
class Spread:
    """A duration over many cases: count, median and 90th percentile."""

    count: int
    median: timedelta | None
    p90: timedelta | None


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
    totals = _cases().aggregate(
        total=Count("pk"), first=Min("opened_at"), open=Count("pk", filter=~Q(state=CaseState.RESOLVED)),
        overdue=Count("pk", filter=Q(decided_at__isnull=True, met_at__isnull=True, due_at__lt=now())),
    )
    return CaseCounts(
        totals["total"], totals["first"], totals["open"], totals["overdue"],
        {Channel(key): count for key, count in _grouped("channel")}, dict(_grouped("category")),
    )


def _grouped(field: str) -> list[tuple[str, int]]:
    return list(_cases().order_by(field).values_list(field).annotate(count=Count("pk")))


def _cases() -> QuerySet[Case]:
    """Cases that count: without canary cases and those whose reports all moved to another case of the same account."""
    return Case.objects.filter(reports_count__gt=0, decoy=False)


@dataclass(frozen=True)
class OutcomeCounts:
    """Decided cases by decision in force, and those whose decision ended without effect."""

    by_kind: dict[DecisionKind, int]
    ended: int


def outcomes() -> OutcomeCounts:
    """Decided cases by the decision in force on the reported account: the newest, including restorations.

    A case whose action ended without effect (account gone, objection accepted) counts as ended and under no kind.
    """
    on_account = Decision.objects.filter(case=OuterRef("pk"), subject=OuterRef("subject")).order_by("-pk")
    ended = Exists(Action.objects.filter(decision=OuterRef("newest"), kind=OuterRef("in_force"),
                                         rest__isnull=True, state=ActionState.ENDED))
    rows = (
        _cases().filter(decided_at__isnull=False)
        .annotate(newest=Subquery(on_account.values("pk")[:1]), in_force=Subquery(on_account.values("kind")[:1]))
        .annotate(ended=ended).order_by("in_force", "ended").values_list("in_force", "ended")
        .annotate(count=Count("pk"))
    )
    found = list(rows)
    return OutcomeCounts({DecisionKind(kind): count for kind, ended, count in found if not ended},
                         sum(count for _, ended, count in found if ended))


def time_to_decision() -> Spread:
    """The time from a case's first report to its decision."""
    took = ExpressionWrapper(F("decided_at") - F("opened_at"), output_field=DurationField())
    rows = _cases().filter(decided_at__isnull=False).annotate(took=took)
    return _spread(rows.aggregate(count=Count("pk"), median=Percentile("took", 0.5), p90=Percentile("took", 0.9)))


def time_to_closure() -> Spread:
    """The time from a case's first report to the verification of its closure."""
    took = ExpressionWrapper(F("finished_at") - F("decision__case__opened_at"), output_field=DurationField())
    rows = Action.objects.filter(kind=ActionKind.CLOSE, rest__isnull=True, state=ActionState.DONE).annotate(took=took)
    return _spread(rows.aggregate(count=Count("pk"), median=Percentile("took", 0.5), p90=Percentile("took", 0.9)))


def _spread(row: dict[str, object]) -> Spread:
    count, median, p90 = row["count"], row["median"], row["p90"]
    assert isinstance(count, int)
    assert median is None or isinstance(median, timedelta)
    assert p90 is None or isinstance(p90, timedelta)
    return Spread(count, median, p90)


def appeal_counts() -> dict[AppealState, int]:
    """Appeals by state."""
    rows = Appeal.objects.order_by("state").values_list("state").annotate(count=Count("pk"))
    return {AppealState(state): count for state, count in rows}


def requests_by_authority() -> dict[tuple[OrganisationKind, DecisionKind | None], int]:
    """Formal requests and orders by kind of authority and decision in force (None: none yet)."""
    newest = (Decision.objects.filter(case=OuterRef("case"), subject=OuterRef("subject")).order_by("-pk")
              .values("kind")[:1])
    rows = (
        Report.objects.filter(form__in=(ReportForm.REQUEST, ReportForm.ORDER)).annotate(in_force=Subquery(newest))
        .order_by("organisation__kind", "in_force").values_list("organisation__kind", "in_force")
        .annotate(count=Count("pk"))
    )
    return {(OrganisationKind(kind), DecisionKind(made) if made else None): count for kind, made, count in rows}
