"""Which decisions hold an account now, and which ban evasion matches still rest on one."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.core.clock import now
from jaga.core.terms.actions import ActionKind
from jaga.core.terms.decisions import DecisionKind
from jaga.records.models import Action, BanEvasionMatch, Decision

RESTS = Q(appeal__rest__rests=True, appeal__rest__ended_at__isnull=True)
"""A filter for decisions whose measure is suspended because an appeal was not answered in time."""


def decisions_in_force() -> QuerySet[Decision]:
    """Decisions that restrict or close an account now.

    Excluded: overturned, expired and suspended measures; an immediate restriction once its case is decided; and a
    restriction ahead of a closure once the closure is carried out or withdrawn. Where the platform cannot restrict, the
    holder was only told of the closure.
    """
    return (
        Decision.objects.exclude(provisional=True, case__decided_at__isnull=False)
        .exclude(only_announced())
        .exclude(awaits__isnull=False, awaits__ended_at__isnull=False)
        .exclude(RESTS, kind=DecisionKind.RESTRICT)
        .filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=now()),
            kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE),
            overturned_by__isnull=True,
        )
    )


def only_announced() -> Q:
    """A filter for restrictions ahead of a closure that only inform the holder, because the platform cannot
    restrict.
    """
    able = Q(subject__platform__capabilities__restrict__supported=True)
    return Q(awaits__isnull=False) & ~able


def lifting_actions() -> QuerySet[Action]:
    """Actions that lift their own decision's measure, for good or during a suspension.

    Excludes suspensions that have ended, because the measure then resumed.
    """
    return Action.objects.filter(Q(rest__isnull=True) | Q(rest__ended_at__isnull=True), kind=ActionKind.RESTORE)


def matches_in_force() -> QuerySet[BanEvasionMatch]:
    """Ban evasion matches that were not withdrawn and whose earlier account is restricted or closed now."""
    return BanEvasionMatch.objects.filter(
        Exists(decisions_in_force().filter(subject=OuterRef("earlier_subject"))), withdrawn_at__isnull=True
    )
