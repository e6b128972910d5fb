"""What the figures count, defined once for the public figures, the closed periods, the dashboard and the overview.

Each of these modules chooses a time span, a grouping and whom it leaves out; what a counted case, an outcome, a
restoration in time or an open appeal is stands here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

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
from django.db.models.expressions import Combinable

from jaga.core.terms.actions import OPEN_ACTION_STATES, ActionKind, ActionState
from jaga.core.terms.appeals import AppealState
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.reports import ReportForm
from jaga.policy import load_release
from jaga.records.models import Action, Appeal, Case, Decision, Report

FORMAL = (ReportForm.REQUEST, ReportForm.ORDER)
"""The forms of an authority's reports."""


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


def took(start: str, end: str) -> Combinable:
    """The duration between two fields."""
    return ExpressionWrapper(F(end) - F(start), output_field=DurationField())


def percentiles() -> dict[str, Aggregate]:
    """The aggregates of a `Spread` over rows with a duration `took`."""
    return {"count": Count("pk"), "median": Percentile("took", 0.5), "p90": Percentile("took", 0.9)}


def spread(rows: QuerySet[Any]) -> Spread:
    """The spread of the duration `took` of these rows."""
    return Spread(**rows.aggregate(**percentiles()))


def counted_cases() -> QuerySet[Case]:
    """Cases that count: without canary cases and those whose reports all moved to another case of the same account."""
    return Case.objects.filter(reports_count__gt=0, canary=False)


def decision_times(cases: QuerySet[Case]) -> Spread:
    """The time from the first report of these cases to their decision, of those that are decided."""
    return spread(cases.filter(decided_at__isnull=False).annotate(took=took("opened_at", "decided_at")))


def with_outcome(cases: QuerySet[Case]) -> QuerySet[Any]:
    """The decided ones of these cases with their outcome.

    `in_force` is the kind of the decision in force on the reported account: the newest, including restorations. `ended`
    says whether its action ended without effect (account gone, objection accepted).
    """
    on_account = _decisions("pk").values
    return (
        cases.filter(decided_at__isnull=False)
        .annotate(newest=Subquery(on_account("pk")[:1]), in_force=Subquery(on_account("kind")[:1]))
        .annotate(ended=Exists(action_in_force().filter(state=ActionState.ENDED)))
    )


def action_in_force() -> QuerySet[Action]:
    """The action of the decision in force, for subqueries of rows that `with_outcome` annotates."""
    return Action.objects.filter(decision=OuterRef("newest"), kind=OuterRef("in_force"), rest__isnull=True)


def formal_requests(reports: QuerySet[Report]) -> QuerySet[Any]:
    """The formal requests and orders among these reports, with the kind of the decision in force on their account as
    `in_force` (None: none yet).
    """
    return reports.filter(form__in=FORMAL).annotate(in_force=Subquery(_decisions("case").values("kind")[:1]))


def _decisions(case: str) -> QuerySet[Decision]:
    """The decisions of a row's case on its own account, newest first; `case` is the row's field of the case."""
    return Decision.objects.filter(case=OuterRef(case), subject=OuterRef("subject")).order_by("-pk")


def account_restorations() -> QuerySet[Action]:
    """One action for each account that an overturned appeal opens again."""
    return Action.objects.filter(kind=ActionKind.RESTORE, decision__kind=DecisionKind.RESTORE)


def restored_within(span: timedelta) -> Q:
    """Whether a restoration was verified within this time of its decision."""
    return Q(state=ActionState.DONE, finished_at__lte=F("decision__decided_at") + span)


@dataclass(frozen=True)
class Restoring:
    """Overturned decisions whose accounts are not open again yet, those past the legal deadline, and the next one."""

    open: int
    overdue: int
    due_at: datetime | None


def restoring(moment: datetime) -> Restoring:
    """The restorations that are under way."""
    span = load_release().deadlines.restoration.span
    found = Decision.objects.filter(kind=DecisionKind.RESTORE, actions__state__in=OPEN_ACTION_STATES).aggregate(
        open=Count("pk", distinct=True),
        first=Min("decided_at"),
        overdue=Count("pk", distinct=True, filter=Q(decided_at__lt=moment - span)),
    )
    return Restoring(found["open"], found["overdue"], found["first"] + span if found["first"] else None)


@dataclass(frozen=True)
class OpenAppeals:
    """Appeals without an answer, and those past their deadline."""

    open: int
    overdue: int


def open_appeals(moment: datetime) -> OpenAppeals:
    """The appeals that wait for an answer."""
    return OpenAppeals(
        **Appeal.objects.filter(state=AppealState.OPEN).aggregate(
            open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=moment))
        )
    )
