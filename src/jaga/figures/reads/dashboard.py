"""The dashboard's numbers, precomputed by the worker: a page reads two small tables.

Counts the dashboard's numbers over all cases, for the worker: a few queries per round.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncHour

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Platform
from jaga.core.actors import Actor
from jaga.core.cases import UNJUDGED_STATES
from jaga.core.clock import BELOW, TimeLeft
from jaga.core.terms.cases import AppealState, DecisionKind
from jaga.core.terms.people import Role
from jaga.figures.reads.closed_counts import installed_on
from jaga.figures.reads.work_counts import counted_cases, open_appeals, restoring
from jaga.quality.models import Tally

AUDIENCE = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)


@dataclass(frozen=True)
class DashboardNumbers:
    """Numbers by name and key, and when they were counted (None: never). A missing number is 0."""

    by_name: Mapping[str, Mapping[str, int]]
    counted_at: datetime | None
    periods_counted_at: datetime | None = None  # Of the numbers over weeks and months.

    def of(self, name: str) -> Mapping[str, int]:
        """All numbers of that name by key."""
        return self.by_name.get(name, {})

    def one(self, name: str, key: str = "") -> int:
        """One number."""
        return self.of(name).get(key, 0)


def see_numbers(*, actor: Actor) -> DashboardNumbers:
    """The dashboard's numbers. Raises NotPermitted for anyone but supervisors, administrators and auditors."""
    actor.require(*AUDIENCE)
    found: dict[str, dict[str, int]] = {}
    counted: dict[str, datetime] = {}
    for name, key, number, at in Tally.objects.order_by("pk").values_list("name", "key", "number", "counted_at"):
        found.setdefault(name, {})[key] = number
        if name in ("counted", "counted_periods"):
            counted[name] = at
    return DashboardNumbers(found, counted.get("counted"), counted.get("counted_periods"))


def app_names(*, actor: Actor) -> Mapping[str, str]:
    """The chat apps' names by the number under which they are counted. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    return {str(pk): name for pk, name in Platform.objects.order_by("display_name").values_list("pk", "display_name")}


def counted_since(*, actor: Actor) -> date | None:
    """The day this installation began. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    return installed_on()


DAYS = 14
APPEAL_DAYS = 90
SAMPLE_DAYS = 30
AGES = ("h1", "h4", "h12", "h24", "d3", "d7", "older")

_UNFINISHED = """
SELECT category, queue, app, clock, age, count(*), count(*) FILTER (WHERE held), count(*) FILTER (WHERE differing)
FROM (SELECT c.category, c.queue, s.platform_id AS app, c.snoozed_until IS NOT NULL AS held,
             c.state = 'adjudication' AS differing, CLOCK AS clock,
             CASE WHEN c.opened_at > %(now)s - interval '1 hour' THEN 'h1'
                  WHEN c.opened_at > %(now)s - interval '4 hours' THEN 'h4'
                  WHEN c.opened_at > %(now)s - interval '12 hours' THEN 'h12'
                  WHEN c.opened_at > %(now)s - interval '24 hours' THEN 'h24'
                  WHEN c.opened_at > %(now)s - interval '3 days' THEN 'd3'
                  WHEN c.opened_at > %(now)s - interval '7 days' THEN 'd7' ELSE 'older' END AS age
      FROM records_case c JOIN records_subject s ON s.id = c.subject_id
      WHERE c.state = ANY(%(undecided)s) AND c.state <> 'resolved') waiting
GROUP BY 1, 2, 3, 4, 5
""".replace(
    "CLOCK",
    "CASE "
    + " ".join(
        f"WHEN c.due_at < %(now)s + interval '{most.total_seconds():.0f} seconds' THEN '{step}'"
        for step, most in BELOW.items()
    )
    + f" ELSE '{TimeLeft.LATER}' END",
)
_DECIDED = """
SELECT date_trunc('hour', decided_at, 'UTC'), kind, count(*), count(DISTINCT case_id) FROM records_decision
WHERE decided_at >= %(since)s GROUP BY 1, 2
"""
_SAMPLE = """
SELECT d.kind = 'dismiss', count(DISTINCT d.case_id), count(DISTINCT r.case_id),
       count(DISTINCT r.case_id) FILTER (WHERE r.judged_at IS NOT NULL)
FROM records_decision d LEFT JOIN records_blindreview r ON r.case_id = d.case_id AND r.golden_id IS NULL
WHERE d.decided_at >= %(since)s AND d.kind NOT IN ('restore', 'redact') GROUP BY 1
"""
NAMES = (
    "clock",
    "category",
    "queue",
    "app",
    "age",
    "held",
    "differing",
    "opened",
    "decided",
    "kind",
    "appeals",
    "restoring",
    "decided_cases",
    "drawn_cases",
    "judged_cases",
)
Counted = Counter[tuple[str, str]]


def count_all(moment: datetime) -> Counted:
    """Every dashboard number as of `moment`, by name and key. Zeros may be omitted."""
    counted: Counted = Counter()
    _waiting(counted, moment)
    _throughput(counted, moment)
    _appeals(counted, moment)
    _restorations(counted, moment)
    _sampled(counted, moment)
    return counted


def _waiting(counted: Counted, moment: datetime) -> None:
    """Undecided cases by deadline, by category, queue and app with deadline, and by age."""
    for category, queue, app, clock, age, cases, held, differing in _rows(
        _UNFINISHED, now=moment, undecided=[state.value for state in UNJUDGED_STATES]
    ):
        counted["clock", clock] += cases
        counted["category", f"{category}|{clock}"] += cases
        counted["queue", f"{queue}|{clock}"] += cases
        counted["app", f"{app}|{clock}"] += cases
        counted["age", age] += cases
        counted["held", ""] += held
        counted["differing", ""] += differing


def _throughput(counted: Counted, moment: datetime) -> None:
    """Cases opened and decided per hour, from which each reader's local days are built."""
    since = moment - timedelta(days=DAYS + 1)
    opened = (
        counted_cases()
        .filter(opened_at__gte=since)
        .annotate(hour=TruncHour("opened_at", tzinfo=UTC))
        .order_by()
        .values_list("hour")
        .annotate(count=Count("pk"))
    )
    for hour, cases in opened:
        counted["opened", hour.isoformat()] += cases
    for hour, kind, decisions, cases in _rows(_DECIDED, since=since):
        if kind not in (DecisionKind.RESTORE, DecisionKind.REDACT):  # These come beside the case's own decision.
            counted["decided", hour.isoformat()] += cases
        if hour >= moment - timedelta(days=DAYS):
            counted["kind", kind] += decisions


def _appeals(counted: Counted, moment: datetime) -> None:
    waiting = open_appeals(moment)
    counted["appeals", "open"], counted["appeals", "overdue"] = waiting.open, waiting.overdue
    answered = (
        Appeal.objects.filter(decided_at__gte=moment - timedelta(days=APPEAL_DAYS))
        .exclude(state=AppealState.OPEN)
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    for state, count in answered:
        counted["appeals", state] = count


def _restorations(counted: Counted, moment: datetime) -> None:
    """Accounts being restored, those past the legal deadline, and the next deadline (Unix time in seconds)."""
    found = restoring(moment)
    counted["restoring", "open"], counted["restoring", "overdue"] = found.open, found.overdue
    if found.due_at is not None:
        counted["restoring", "due"] = int(found.due_at.timestamp())


def _sampled(counted: Counted, moment: datetime) -> None:
    """How many decided cases were drawn for blind review, and how many were reviewed."""
    for dismissed, decided, drawn, judged in _rows(_SAMPLE, since=moment - timedelta(days=SAMPLE_DAYS)):
        key = "dismissals" if dismissed else "decisions"
        counted["decided_cases", key] = decided
        counted["drawn_cases", key] = drawn
        counted["judged_cases", key] = judged


def _rows(query: str, **params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())
