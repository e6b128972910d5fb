"""Rows for measuring agreement and for the error audit; used by the worker only."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from jaga.records.models import Report

NEWEST = 200_000  # Most votes one measurement reads.
AUDITED = 20_000  # Most reviewed and appealed cases one audit reads.
_AT_ONCE, _READ_OF_EACH = 500, 2000  # Cases, and code points of a report.

# Adjudicators saw both votes, so theirs is not independent. Sealed votes are excluded: the case must be decided.
_JUDGEMENTS = """
WITH newest AS (
    SELECT case_id, person_id, kind FROM records_vote v WHERE cast_at >= %(since)s
        AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)
    ORDER BY id DESC LIMIT %(newest)s
), judged AS (
    SELECT case_id, person_id, kind FROM newest v WHERE NOT EXISTS (
        SELECT 1 FROM records_decision d
        WHERE d.case_id = v.case_id AND d.adjudicated AND d.decided_by_id = v.person_id)
    UNION ALL
    SELECT case_id, person_id, kind FROM records_blindreview WHERE golden_id IS NULL AND judged_at >= %(since)s
), paired AS (SELECT case_id FROM judged GROUP BY case_id HAVING count(*) > 1)
SELECT j.case_id, c.category, c.language, j.person_id, j.kind
FROM judged j JOIN paired USING (case_id) JOIN records_case c ON c.id = j.case_id
WHERE c.decided_at IS NOT NULL AND NOT c.canary ORDER BY j.case_id, j.person_id
"""

_CHECKED = """
WITH checked AS (
    (SELECT case_id, NOT agrees AS wrong FROM records_blindreview
     WHERE golden_id IS NULL AND judged_at >= %(since)s ORDER BY judged_at DESC LIMIT %(most)s)
    UNION ALL
    (SELECT d.case_id, a.state = 'overturned' FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id
     WHERE a.state <> 'open' AND a.decided_at >= %(since)s ORDER BY a.decided_at DESC LIMIT %(most)s)
)
SELECT p.display_name, c.language, checked.wrong, c.id
FROM checked JOIN records_case c ON c.id = checked.case_id JOIN records_subject s ON s.id = c.subject_id
JOIN records_platform p ON p.id = s.platform_id
"""


@dataclass(frozen=True)
class IndependentJudgement:
    """One independent judgement of a case judged by at least two people."""

    case_id: int
    category: str
    language: str
    person_id: int
    kind: str


@dataclass(frozen=True)
class RecheckedDecision:
    """A decided case that was reviewed again, and whether it was wrong. `text` is what was reported."""

    platform: str
    language: str
    wrong: bool
    text: str


def judgements(since: datetime) -> Iterator[IndependentJudgement]:
    """Independent judgements of decided cases, grouped by case."""
    with connection.cursor() as cursor:
        cursor.execute(_JUDGEMENTS, {"since": since, "newest": NEWEST})
        yield from (IndependentJudgement(*row) for row in cursor.fetchall())


def checked_cases(since: datetime) -> Iterator[RecheckedDecision]:
    """Cases with a completed blind review or appeal."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECKED, {"since": since, "most": AUDITED})
        rows = cursor.fetchall()
    for some in (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)):
        texts: dict[int, list[str]] = defaultdict(list)
        for report in (
            Report.objects.filter(case__in={case for *_, case in some})
            .order_by("pk")
            .only("case_id", "text", "excerpt", "published")
        ):
            texts[report.case_id or 0].append(
                " ".join(part for part in (report.text, report.excerpt, report.published) if part)[:_READ_OF_EACH]
            )
        yield from (
            RecheckedDecision(platform, language, wrong, " ".join(texts[case]))
            for platform, language, wrong, case in some
        )
