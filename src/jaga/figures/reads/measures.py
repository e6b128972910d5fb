"""Counts of measures on accounts: claimed, confirmed, ended, undone.

The answer of a platform or its staff is a claim; only a verification confirms. The two are never added up.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from jaga.cases.models.decisions import Action, Outcome, Verification
from jaga.core.clock import now
from jaga.core.terms.cases import ActionKind, ActionState, OutcomeKind, Step, VerificationResult
from jaga.figures.reads.work_counts import account_restorations, restored_within

SUCCESS = (OutcomeKind.DONE, OutcomeKind.ALREADY)
MEASURES = (ActionKind.RESTRICT, ActionKind.CLOSE)


@dataclass(frozen=True)
class MeasureCounts:
    """Measures of one kind: decided, claimed by the platform or its staff, confirmed or contradicted by the latest
    verification, and ended without effect.
    """

    decided: int
    claimed: int
    confirmed: int
    contradicted: int
    ended: int


@dataclass(frozen=True)
class Temporary:
    """Temporary restrictions: decided, expired, and verified as lifted."""

    decided: int
    over: int
    seen_lifted: int


@dataclass(frozen=True)
class RestorationCounts:
    """Accounts to be restored after an appeal. The five counts add up to the total."""

    within: int
    late: int
    open: int
    open_late: int
    ended: int


def last_check(action: str = "pk") -> Subquery:
    """The result of the latest conclusive verification."""
    return Subquery(
        Verification.objects.filter(action=OuterRef(action))
        .exclude(result=VerificationResult.UNREACHABLE)
        .order_by("-at", "-pk")
        .values("result")[:1]
    )


def reported_done() -> Exists:
    """Whether the platform or its staff said the action is done."""
    return Exists(
        Outcome.objects.filter(Q(step=OuterRef("kind")) | Q(step=Step.ASK), action=OuterRef("pk"), kind__in=SUCCESS)
    )


def measures(kind: ActionKind) -> MeasureCounts:
    """Closures or restrictions. A measure ended without effect counts only as ended."""
    rows = Action.objects.filter(kind=kind, rest__isnull=True).annotate(claimed=reported_done(), last=last_check())
    ended = Q(state=ActionState.ENDED)
    counted = rows.aggregate(
        decided=Count("pk"),
        ended=Count("pk", filter=ended),
        claims=Count("pk", filter=Q(claimed=True) & ~ended),
        confirmed=Count("pk", filter=Q(last=VerificationResult.CONFIRMED) & ~ended),
        contradicted=Count("pk", filter=Q(last=VerificationResult.CONTRADICTED) & ~ended),
    )
    return MeasureCounts(
        counted["decided"], counted["claims"], counted["confirmed"], counted["contradicted"], counted["ended"]
    )


def reopened() -> QuerySet[Action]:
    """Confirmed measures that a later verification no longer found although Jaga had not undone them."""
    lifted = Action.objects.filter(
        kind=ActionKind.RESTORE, decision=OuterRef("action__decision"), created_at__lte=OuterRef("at")
    )
    undone = Q(action__decision__overturned_by__decided_at__lte=F("at"))
    over = Q(action__decision__ends_at__lte=F("at"))
    contradicted = (
        Verification.objects.filter(
            action=OuterRef("pk"), result=VerificationResult.CONTRADICTED, at__gt=F("action__finished_at")
        )
        .exclude(undone)
        .exclude(over)
        .exclude(Exists(lifted))
    )
    return Action.objects.filter(Exists(contradicted), kind__in=MEASURES, state=ActionState.DONE)


def temporary() -> Temporary:
    """Temporary restrictions, without those that never took effect."""
    lifted = Exists(
        Action.objects.filter(
            decision=OuterRef("decision"), kind=ActionKind.RESTORE, rest__isnull=True, state=ActionState.DONE
        )
    )
    rows = (
        Action.objects.filter(kind=ActionKind.RESTRICT, rest__isnull=True, decision__ends_at__isnull=False)
        .exclude(state=ActionState.ENDED)
        .annotate(lifted=lifted)
    )
    over = Q(decision__ends_at__lte=now())
    counted = rows.aggregate(
        decided=Count("pk"), over=Count("pk", filter=over), lifts=Count("pk", filter=over & Q(lifted=True))
    )
    return Temporary(counted["decided"], counted["over"], counted["lifts"])


def restorations(span: timedelta) -> RestorationCounts:
    """Restorations after an appeal; in time means verified open within `span` of the decision."""
    rows = account_restorations()
    done, ended = Q(state=ActionState.DONE), Q(state=ActionState.ENDED)
    in_time = restored_within(span)
    still = Q(decision__decided_at__gte=now() - span)
    counted = rows.aggregate(
        within=Count("pk", filter=in_time),
        late=Count("pk", filter=done & ~in_time),
        open=Count("pk", filter=~done & ~ended & still),
        open_late=Count("pk", filter=~done & ~ended & ~still),
        ended=Count("pk", filter=ended),
    )
    return RestorationCounts(**counted)
