"""What people decided about accounts that published the same words, and what of such words waits for a decision."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from django.db import connection

from jaga.core.cases import JOINABLE_STATES
from jaga.core.terms.decisions import DecisionKind
from jaga.records.access.cases.case_view import takes_case
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case, Platform, WatchFinding
from jaga.records.watch_codes import open_observed

_NOT_ACTED = (DecisionKind.DISMISS.value, DecisionKind.RESTORE.value)
# A case in which somebody may be a victim says that the words matter.
_CASES = """
SELECT f.same_words, count(*),
       count(*) FILTER (WHERE c.victim_first OR d.acted), count(*) FILTER (WHERE d.judged AND NOT d.acted)
FROM (SELECT DISTINCT same_words, case_id FROM records_flaggedtext WHERE same_words = ANY(%s::bigint[])) f
JOIN records_case c ON c.id = f.case_id
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS judged, coalesce(bool_or(d.kind <> ALL(%s::text[])), false) AS acted
    FROM records_decision d WHERE d.case_id = c.id AND NOT d.provisional
    AND NOT EXISTS (SELECT FROM records_decision o WHERE o.overturns_id = d.id)) d
GROUP BY f.same_words
"""

_WAIT = """
SELECT EXISTS (
    SELECT FROM records_flaggedtext f JOIN records_watchfinding waits ON waits.same_words = f.same_words
    WHERE f.case_id = %s AND f.same_words IS NOT NULL)
"""


@dataclass(frozen=True)
class JudgedWords:
    """How many cases the same words have, in how many people acted (or may have found a victim), and how many they
    dismissed. Decisions that were overturned do not count.
    """

    cases: int = 0
    acted: int = 0
    dismissed: int = 0

    def harmless(self, least: int) -> bool:
        """Whether people dismissed every case of these words, and at least so many."""
        return self.dismissed == self.cases >= least


@dataclass(frozen=True)
class WaitingText:
    """A flagged text that waits, with what was kept of it."""

    finding_id: int
    same_words: int
    category: str
    kept: dict[str, str]
    seen_at: datetime


def judged_words(numbers: Collection[int]) -> dict[int, JudgedWords]:
    """By `watch_codes.same_words_number`, the cases that took such words of late; those without are left out."""
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [sorted(numbers), list(_NOT_ACTED)])
        return {number: JudgedWords(*counts) for number, *counts in cursor.fetchall()}


@takes_case
def others_wait(case: Case) -> bool:
    """Whether other accounts that published words of this case wait for what people decide about it and its like."""
    return ask_prepared(_WAIT, [case.pk]) == [(True,)]


def accounts_with_cases(platform: Platform, accounts: Collection[str]) -> set[tuple[str, str]]:
    """Which of these accounts have an open case, with its category."""
    return set(
        Case.objects.filter(
            subject__platform=platform, subject__account_id__in=accounts, state__in=JOINABLE_STATES
        ).values_list("subject__account_id", "category")
    )


def opened(row: WatchFinding) -> WaitingText | None:
    """What waits, to be filed as it was seen; None if its key was replaced. Nobody is shown it here."""
    assert row.sealed is not None
    assert row.same_words is not None
    try:
        kept = open_observed(bytes(row.sealed))
    except InvalidToken:
        return None
    return WaitingText(row.pk, row.same_words, row.category, kept, row.seen_at)
