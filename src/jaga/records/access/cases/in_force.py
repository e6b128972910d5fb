"""Which decisions hold an account now, and which resemblances still rest on one."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.core.clock import now
from jaga.core.terms import ActionKind, DecisionKind
from jaga.records.models import Action, Decision, Resemblance

RESTS = Q(appeal__rest__rests=True, appeal__rest__ended_at__isnull=True)
"""Of a decision: its measure rests, since nobody has answered an appeal in time."""


def decisions_in_force() -> QuerySet[Decision]:
    """Decisions that restrict or close an account: not overturned, and not at their end. What was restricted at once
    holds nothing any more as soon as its case is decided, what was restricted before a closure as soon as that was made
    or taken back; nor does a restriction that rests. Where the platform cannot restrict, the holder was only told of
    the closure.
    """
    return Decision.objects.exclude(provisional=True, case__decided_at__isnull=False).exclude(only_told()).exclude(
        awaits__isnull=False, awaits__ended_at__isnull=False).exclude(RESTS, kind=DecisionKind.RESTRICT).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now()),
        kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE), overturned_by__isnull=True,
    )


def only_told() -> Q:
    """Restrictions before a closure that only tell the holder, since the platform cannot restrict."""
    able = Q(subject__platform__capabilities__restrict__supported=True)
    return Q(awaits__isnull=False) & ~able


def lifting_actions() -> QuerySet[Action]:
    """Actions that lift what their own decision did, for good or while it rests. Not those of a rest that has ended:
    after it the measure went on."""
    return Action.objects.filter(Q(rest__isnull=True) | Q(rest__ended_at__isnull=True), kind=ActionKind.RESTORE)


def standing_resemblances() -> QuerySet[Resemblance]:
    """Resemblances that were not withdrawn and whose earlier account is held or closed now."""
    return Resemblance.objects.filter(
        Exists(decisions_in_force().filter(subject=OuterRef("earlier_subject"))), withdrawn_at__isnull=True)
