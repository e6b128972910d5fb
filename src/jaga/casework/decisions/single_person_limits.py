"""What one person may do to an account alone: restrict it for a week in any ninety days, of all cases together.

More, or without an end, takes two people who found every element of the rule, as a closure does. The database says so
too (`guards/decisions.sql`).
"""

from collections.abc import Collection
from datetime import timedelta

from jaga.casework.decisions.permitted import needs_second_person
from jaga.core.clock import now
from jaga.core.terms import DecisionKind
from jaga.policy import PolicyRelease
from jaga.policy.limits import AT_ONCE_WITHIN_DAYS, LONGEST_AT_ONCE_DAYS
from jaga.records.models import Case, Decision, Subject

MOST, WITHIN = timedelta(days=LONGEST_AT_ONCE_DAYS), timedelta(days=AT_ONCE_WITHIN_DAYS)


def left_alone(subject_id: int) -> timedelta:
    """How long one person may still restrict the account: `limits.LONGEST_AT_ONCE_DAYS` in any 90 days, of all cases
    and categories together, less what one person ordered, at once or by their vote. Time that was ordered counts unless
    an appeal overturned it.
    """
    moment = now()
    since, used = moment - WITHIN, timedelta(0)
    ordered = Decision.objects.filter(subject=subject_id, kind=DecisionKind.RESTRICT, seconded_by__isnull=True)
    for start, end, overturned in ordered.values_list("decided_at", "ends_at", "overturned_by__decided_at"):
        last = min(end or moment, overturned or end or moment)
        used += max(last - max(start, since), timedelta(0))
    return max(MOST - used, timedelta(0))


def is_long(days: int | None, accounts: Collection[int]) -> bool:
    """Whether a restriction of these accounts for so many days (None: without an end) is more than one person's."""
    if days is None or not 0 < days <= LONGEST_AT_ONCE_DAYS:  # a forged number may be one that no calendar holds
        return True
    return any(left_alone(account) < timedelta(days=days) for account in accounts)


def takes_two(case: Case, kind: DecisionKind, days: int | None, accounts: Collection[int],
              release: PolicyRelease) -> bool:
    """Whether two people must judge alike for this: by the policy, or since it restricts for longer than one may."""
    return needs_second_person(case, kind, release) or (kind is DecisionKind.RESTRICT and is_long(days, accounts))


def hold_accounts(accounts: Collection[int]) -> None:
    """Hold the rows of these accounts for this transaction: two cases at once share the days that are left."""
    list(Subject.objects.select_for_update(no_key=True).filter(pk__in=accounts).order_by("pk").values_list("pk"))
