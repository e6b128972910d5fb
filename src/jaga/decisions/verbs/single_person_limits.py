"""Limits of one person: restricting an account for a week in any ninety days, over all its cases.

A longer or unlimited restriction takes two people who find every element of the rule, like a closure. The database
enforces this too (`guards/decisions.sql`).
"""

from collections.abc import Collection
from datetime import timedelta

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.decisions.verbs.permitted import needs_second_person
from jaga.policy.limits import AT_ONCE_WITHIN_DAYS, LONGEST_AT_ONCE_DAYS
from jaga.policy.release import PolicyRelease

MOST, WITHIN = timedelta(days=LONGEST_AT_ONCE_DAYS), timedelta(days=AT_ONCE_WITHIN_DAYS)


def left_alone(subject_id: int) -> timedelta:
    """How long one person may still restrict this account.

    The limit is `limits.LONGEST_AT_ONCE_DAYS` in any 90 days over all cases and categories, less what single persons
    ordered. Overturned time does not count.
    """
    moment = now()
    since, used = moment - WITHIN, timedelta(0)
    ordered = Decision.objects.filter(subject=subject_id, kind=DecisionKind.RESTRICT, seconded_by__isnull=True)
    for start, end, overturned in ordered.values_list("decided_at", "ends_at", "overturned_by__decided_at"):
        last = min(end or moment, overturned or end or moment)
        used += max(last - max(start, since), timedelta(0))
    return max(MOST - used, timedelta(0))


def is_long(days: int | None, accounts: Collection[int]) -> bool:
    """Whether restricting these accounts for `days` (None: without an end) exceeds one person's limit."""
    if days is None or not 0 < days <= LONGEST_AT_ONCE_DAYS:  # a forged number may overflow the calendar
        return True
    return any(left_alone(account) < timedelta(days=days) for account in accounts)


def takes_two(
    case: Case, kind: DecisionKind, days: int | None, accounts: Collection[int], release: PolicyRelease
) -> bool:
    """Whether this needs two people, by the policy or by the limit of one person."""
    return needs_second_person(case, kind, release) or (kind is DecisionKind.RESTRICT and is_long(days, accounts))


def lock_accounts(accounts: Collection[int]) -> None:
    """Lock these accounts, so that concurrent cases share the remaining days."""
    list(Subject.objects.select_for_update(no_key=True).filter(pk__in=accounts).order_by("pk").values_list("pk"))
