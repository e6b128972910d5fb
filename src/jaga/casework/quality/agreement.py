"""Agreement between reviewers, and errors found by review. Calculated by the worker, read by pages."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from jaga.core.agreement import agreement
from jaga.core.clock import now
from jaga.core.terms.figures import MeasuredBy
from jaga.policy import load_release
from jaga.policy.quality import QualityRules, WordGroups
from jaga.records.access.operations.dashboard_counts import NAMES, count_all
from jaga.records.access.operations.period_counts import NAMES as PERIOD_NAMES
from jaga.records.access.operations.period_counts import count_periods
from jaga.records.access.quality.agreement_units import (
    IndependentJudgement,
    RecheckedDecision,
    checked_cases,
    judgements,
)
from jaga.records.models import Measured, Tally

# Advisory locks: one worker at a time for each calculation.
_MEASURING, _COUNTING, _PERIODS = 1_701_701, 1_701_702, 1_701_703
AUDITS = ("audit_words", "audit_region", "audit_platform", "audit_language")
Units = dict[tuple[MeasuredBy, str], list[list[str]]]


@transaction.atomic
def measure() -> int:
    """Recalculate agreement and error counts; returns the number of rows.

    Replaces the earlier results in one commit. Returns 0 while another worker calculates.
    """
    if not _alone(_MEASURING):
        return 0
    release, moment = load_release(), now()
    since = moment - timedelta(days=release.quality.window_days)
    rows = _measured(judgements(since), moment)
    Measured.objects.all().delete()
    Measured.objects.bulk_create(rows)
    _put(AUDITS, mistakes(checked_cases(since), release.quality), moment)
    return len(rows)


@transaction.atomic
def count_dashboard() -> int:
    """Recalculate the dashboard's figures in one commit; returns how many. 0 while another worker calculates."""
    if not _alone(_COUNTING):
        return 0
    moment = now()
    counted = count_all(moment)
    counted["counted", ""] = 1  # its timestamp lets a page show when, even without figures
    _put(("counted", *NAMES), counted, moment)
    return len(counted)


@transaction.atomic
def count_dashboard_periods() -> int:
    """Recalculate the dashboard's figures over weeks and months; returns how many. 0 while another worker does."""
    if not _alone(_PERIODS):
        return 0
    moment = now()
    counted = count_periods(moment)
    counted["counted_periods", ""] = 1
    _put(("counted_periods", *PERIOD_NAMES), counted, moment)
    return len(counted)


def _alone(number: int) -> bool:
    """Whether this transaction got the advisory lock of this number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _put(names: Iterable[str], counted: Counter[tuple[str, str]], moment: datetime) -> None:
    """Replace all figures under these names."""
    Tally.objects.filter(name__in=list(names)).delete()
    Tally.objects.bulk_create(
        [Tally(name=name, key=key, number=number, counted_at=moment) for (name, key), number in sorted(counted.items())]
    )


def _measured(judged: Iterable[IndependentJudgement], moment: datetime) -> list[Measured]:
    rows = []
    for (dimension, key), units in sorted(units_of(judged).items()):
        found = agreement(units)
        rows.append(
            Measured(
                dimension=dimension,
                key=key,
                units=found.units,
                pairs=found.pairs,
                alike=found.alike,
                alpha=found.alpha,
                low=found.low,
                high=found.high,
                counted_at=moment,
            )
        )
    return rows


def units_of(judged: Iterable[IndependentJudgement]) -> Units:
    """The judgements of each case, grouped under all cases, its category, its language, and each reviewer."""
    cases: dict[int, list[IndependentJudgement]] = defaultdict(list)
    for one in judged:
        cases[one.case_id].append(one)
    units: Units = defaultdict(list)
    for judges in cases.values():
        kinds, first = [one.kind for one in judges], judges[0]
        units[MeasuredBy.ALL, ""].append(kinds)
        units[MeasuredBy.CATEGORY, first.category].append(kinds)
        units[MeasuredBy.LANGUAGE, first.language].append(kinds)
        for one in judges:
            units[MeasuredBy.REVIEWER, str(one.person_id)].append(kinds)
    return units


def mistakes(checked: Iterable[RecheckedDecision], quality: QualityRules) -> Counter[tuple[str, str]]:
    """For each attribute, the number of cases that were reviewed and of those found wrong."""
    gender = WordGroups((one.group, one.words) for one in quality.gendered_words)
    places = WordGroups((one.region, one.words) for one in quality.regions)
    counted: Counter[tuple[str, str]] = Counter()
    for case in checked:
        keys = (gender.named_in(case.text), places.named_in(case.text), case.platform, case.language)
        for name, key in zip(AUDITS, keys, strict=True):
            counted[name, f"{key}|checked"] += 1
            counted[name, f"{key}|wrong"] += case.wrong
    return counted
