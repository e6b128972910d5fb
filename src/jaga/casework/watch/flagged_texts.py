"""Flagged observations as rows for queries: hashes alone, a partition for each day, dropped after some days.

What a case took can be searched by its words and contacts, as keyed hashes. What no case took cannot: otherwise a query
would be a look-up of an account by one person.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from jaga.core.clock import now
from jaga.core.folding import fold
from jaga.policy import PolicyRelease
from jaga.policy.limits import WATCH_FOUND_DAYS
from jaga.policy.local_time import today
from jaga.records.access.screening.warning_list import never_indicators
from jaga.records.codes import indicator_key, short_key
from jaga.records.keyed_words import word_numbers
from jaga.records.models import Case, FlaggedText
from jaga.screening.copies.linking_indicators import contacts_of

DAYS_AHEAD = 3
"""Partitions that are made before their day, so that no reading has to make one."""


@dataclass(frozen=True)
class Flagged:
    """A flagged text with the rule's key, its category, and the account's keyed hash; and the report and case that took
    it, or None. `same_words` is None for what a case of its own takes in any event.
    """

    text: str
    rule: str
    category: str
    account: bytes
    report_id: int | None = None
    case_id: int | None = None
    same_words: int | None = None


def keep_for_queries(watch_id: int, flagged: Sequence[Flagged], release: PolicyRelease) -> None:
    """Store a row for each flagged text, in the caller's transaction."""
    if not flagged:
        return
    day, moment = today(), now()
    _make_day(day.isoformat())
    cases = {one.case_id for one in flagged if one.case_id}
    protected = set(Case.objects.filter(pk__in=cases, victim_first=True).values_list("pk", flat=True))
    listed = never_indicators(release)
    rows = []
    for one in flagged:
        searched = one.case_id is not None and one.case_id not in protected
        rows.append(
            FlaggedText(
                day=day,
                seen_at=moment,
                watch_id=watch_id,
                rule=one.rule,
                category=one.category,
                account=short_key(one.account),
                report_id=one.report_id,
                case_id=one.case_id,
                contacts=contact_keys(one.text, listed) if searched else [],
                words=word_numbers(fold(one.text)) if searched else [],
                same_words=one.same_words if searched else None,
            )
        )
    FlaggedText.objects.bulk_create(rows)


def contact_keys(text: str, listed: Collection[str]) -> list[int]:
    """The short keys of the contacts in a text that ban evasion stores, so without those of the warning list."""
    found = {one.value for one in contacts_of(text)}.difference(listed)
    return [short_key(indicator_key(value)) for value in sorted(found)]


def keep_days_ready() -> int:
    """Make the partitions of the next days and drop those whose days are over; returns how many were dropped.

    A day that somebody is reading stays until the next run.
    """
    first = today()
    for ahead in range(DAYS_AHEAD):
        _make_day((first + timedelta(days=ahead)).isoformat())
    with connection.cursor() as cursor:
        # The rows of a day go before its last moment is that long ago.
        cursor.execute("SELECT records_forget_flaggedtext(%s::date)", [first - timedelta(days=WATCH_FOUND_DAYS - 1)])
        return int(cursor.fetchone()[0])


def forget_flagged_accounts(accounts: Collection[bytes]) -> None:
    """Delete the rows of these accounts that no case took: they ask not to be read."""
    FlaggedText.objects.filter(account__in=map(short_key, accounts), case__isnull=True).delete()


def forget_row_without_case(watch_id: int, account: bytes, rule: str) -> None:
    """Delete the row of a text that no case took and that one takes now: it gets a row of its case."""
    row = (
        FlaggedText.objects.filter(account=short_key(account), case__isnull=True, watch=watch_id, rule=rule)
        .order_by("day", "pk")
        .first()
    )
    if row is not None:
        FlaggedText.objects.filter(day=row.day, pk=row.pk).delete()


def forget_flagged_reports(reports: Collection[int]) -> None:
    """Delete the rows of these reports, since their texts were erased."""
    FlaggedText.objects.filter(report__in=reports).delete()


def _make_day(day: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_flaggedtext_day(%s::date)", [day])
