"""What may be drawn for the sample that people judge: counts of all texts by rule, and some of them, without account.

Of what is flagged the texts with the smallest tickets are kept, as many as are drawn a week; of the rest a random
share. A ticket is a keyed number of week and text (`records.codes.lot`), so that nobody can choose, foresee or repeat
a draw with another result.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from jaga.casework.reporting.monitoring import Flag
from jaga.core.clock import now
from jaga.policy import PolicyRelease
from jaga.policy.local_time import today, week_of
from jaga.records.codes import lot
from jaga.records.models import WatchSample
from jaga.records.watch_codes import seal_observed

SAMPLE_SHARE = 0.01
"""The share of unflagged texts that is kept to measure what programs miss."""
_COUNT = """
INSERT INTO records_screenedcount AS c (week, kind, rule, category, number)
SELECT %(week)s, %(kind)s, rule, category, number
FROM unnest(%(rules)s::text[], %(categories)s::text[], %(numbers)s::int[]) AS new(rule, category, number)
ORDER BY rule, category
ON CONFLICT (week, kind, rule, category) DO UPDATE SET number = c.number + excluded.number
"""
_DROP_REST = """
DELETE FROM records_watchsample WHERE id IN (SELECT id FROM (
    SELECT id, row_number() OVER (PARTITION BY rule, category ORDER BY ticket, id) AS place FROM records_watchsample
    WHERE week = %s AND kind = %s AND rule = ANY(%s) AND drawn_id IS NULL) ranked WHERE place > %s)
"""


@dataclass(frozen=True)
class WatchedText:
    """A text that was screened: its keyed hashes, its words, and its flag or None."""

    native: bytes
    content: bytes
    text: str
    flag: Flag | None


def keep_candidates(kind: str, screened: Sequence[WatchedText], release: PolicyRelease) -> None:
    """Count these texts of a kind of source by rule, and keep those that may be drawn, in the caller's transaction."""
    count_screened(kind, Counter(_part(one) for one in screened))
    keep_for_sample(
        kind,
        [one for one in screened if one.flag or lot(f"watch:{one.native.hex()}:{one.content.hex()}") < SAMPLE_SHARE],
        release,
    )


def count_screened(kind: str, counts: Mapping[tuple[str, str], int]) -> None:
    """Add to how many texts of this week were screened, by rule and category ("" for those that no rule flagged)."""
    if not counts:
        return
    with connection.cursor() as cursor:  # in one order, so that two watches never wait for each other
        cursor.execute(
            _COUNT,
            {
                "week": week_of(today()),
                "kind": kind,
                "rules": [rule for rule, _ in counts],
                "categories": [category for _, category in counts],
                "numbers": list(counts.values()),
            },
        )


def keep_for_sample(kind: str, kept: Sequence[WatchedText], release: PolicyRelease) -> None:
    """Store these texts so that the people sample can be drawn from them.

    Of the flagged texts of a week, source and rule only `sampled_flagged` stay, those with the smallest tickets
    (`ticket_of`).
    """
    week = week_of(today())
    WatchSample.objects.bulk_create(_candidate(kind, week, one) for one in kept)
    if rules := sorted({one.flag.rule for one in kept if one.flag}):
        with connection.cursor() as cursor:
            cursor.execute(_DROP_REST, [week, kind, rules, release.screening.sampled_flagged])


def ticket_of(one: WatchedText) -> float:
    """The number by which texts of this week are drawn, the smallest first."""
    return lot(f"people-sample:{week_of(today())}:{one.native.hex()}:{one.content.hex()}")


def _part(one: WatchedText) -> tuple[str, str]:
    return (one.flag.rule, one.flag.category) if one.flag else ("", "")


def _candidate(kind: str, week: date, one: WatchedText) -> WatchSample:
    rule, category = _part(one)
    return WatchSample(
        native=one.native,
        kind=kind,
        sealed=seal_observed({"text": one.text}),
        at=now(),
        week=week,
        rule=rule,
        category=category,
        ticket=ticket_of(one),
    )
