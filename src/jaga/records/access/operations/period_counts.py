"""Counts of the dashboard over weeks and months, for the worker: dearer than `dashboard_counts`, so counted less often.

Days are local ones. Times run from the first report of a case to its decision, in seconds.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate

from jaga.policy.local_time import day_of, local_zone, start_of_day
from jaga.records.access.operations.definitions import Spread, counted_cases, decision_times, percentiles, took

PERIODS = (7, 30, 90)
"""Days that a reader can choose."""
NAMES = ("day_opened", "day_decided", "app_opened", "handled")
Counted = Counter[tuple[str, str]]


def count_periods(moment: datetime) -> Counted:
    """Every number as of `moment`, by name and key: `2026-11-01`, `30|APP`, and `30|APP|median` with no app for all."""
    counted: Counted = Counter()
    first = start_of_day(day_of(moment) - timedelta(days=PERIODS[-1]))
    for name, field in (("day_opened", "opened_at"), ("day_decided", "decided_at")):
        rows = (
            counted_cases()
            .filter(**{f"{field}__gte": first})
            .annotate(day=TruncDate(field, tzinfo=local_zone()))
            .order_by()
            .values_list("day")
            .annotate(count=Count("pk"))
        )
        for day, cases in rows:
            counted[name, day.isoformat()] = cases
    for days in PERIODS:
        _of_period(counted, days, moment - timedelta(days=days))
    return counted


def _of_period(counted: Counted, days: int, since: datetime) -> None:
    opened = (
        counted_cases()
        .filter(opened_at__gte=since)
        .order_by()
        .values_list("subject__platform_id")
        .annotate(count=Count("pk"))
    )
    for app, cases in opened:
        counted["app_opened", f"{days}|{app}"] = cases
    decided = counted_cases().filter(decided_at__gte=since)
    _put(counted, f"{days}|", decision_times(decided))
    by_app = (
        decided.annotate(took=took("opened_at", "decided_at"))
        .order_by()
        .values_list("subject__platform_id")
        .annotate(**percentiles())
    )
    for app, count, median, p90 in by_app:
        _put(counted, f"{days}|{app}", Spread(count, median, p90))


def _put(counted: Counted, key: str, found: Spread) -> None:
    counted["handled", f"{key}|count"] = found.count
    for name, span in (("median", found.median), ("p90", found.p90)):
        if span is not None:
            counted["handled", f"{key}|{name}"] = round(span.total_seconds())
