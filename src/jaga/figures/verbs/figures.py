"""Exact current figures for the installation's staff (`jaga figures`), never for a public page.

Public figures are rounded and cover closed periods only: `closing`, `published`. Times are shown from three cases on.

How counts become public: rounded down, so that no small count can be inferred (ADR 0056).

Every public number comes from these functions, each applied once to a closed period:

* `floored` and, for a month beside its days, `from_days`: single reports. A published n means n to n + 9; the month
  never says more about a day than the day itself.
* `blurred`: everything counted by case, which depends on findings. It adds random noise, so that even someone who knows
  or planted all other cases learns nothing about the remaining one.
* `within`: no table shows more than another one allows.

Totals are sums of published numbers, never taken from the records.

How right the rules are, for everybody: only final weeks, and only what enough people's judgements carry.

Nobody is counted here: the judged texts have no account. Numbers of texts are rounded down to tens all the same, shares
are whole percents, and rules about possible victims are not listed.

What everybody may know of watches: while one runs, little; its scope and results once it is over for long enough.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from random import SystemRandom
from typing import TypeVar

from django.db.models import Sum

from jaga.core.clock import now
from jaga.core.observations import without_accounts
from jaga.core.statistics import Estimate
from jaga.core.terms.cases import ActionKind, AppealState, DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel, SourceKind, WatchState
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.figures.reads import closed_counts as counted
from jaga.figures.reads import measures as acted
from jaga.figures.reads.measures import MeasureCounts, RestorationCounts, Temporary
from jaga.figures.reads.work_counts import Spread
from jaga.policy.limits import LEAST_JUDGED, VICTIM_FIRST_CATEGORIES, WATCH_RESULTS_DAYS
from jaga.policy.models import Category
from jaga.policy.release import load_release
from jaga.watch.models.watches import Watch, WatchDay
from jaga.watch.reads.people_sample import RuleMeasure, closed_parts, measures_of
from jaga.watch.reads.watches import number_of, state_of

FEWEST_FOR_TIMES = 3
ENDED = "ended_without_effect"
CSV_HEADER = ("figure", "key", "value", "unit")


@dataclass(frozen=True)
class KeyedCount:
    """A count under a key."""

    key: str
    value: int


@dataclass(frozen=True)
class AuthorityRequests:
    """Requests of one kind of authority: total, undecided, and outcomes."""

    kind: OrganisationKind
    total: int
    undecided: int
    outcomes: tuple[tuple[DecisionKind, int], ...]


@dataclass(frozen=True)
class Figures:
    """All figures at one moment."""

    at: datetime
    since: datetime | None
    cases: int
    open: int
    overdue: int
    by_channel: tuple[KeyedCount, ...]
    by_category: tuple[KeyedCount, ...]
    by_outcome: tuple[KeyedCount, ...]
    to_decision: Spread
    to_closure: Spread
    closures: MeasureCounts
    restrictions: MeasureCounts
    reopened: int
    temporary: Temporary
    restorations: RestorationCounts
    appeals_filed: int
    appeals: tuple[KeyedCount, ...]
    requests: tuple[AuthorityRequests, ...]


def compute() -> Figures:
    """Compute all current figures. Contains no personal data."""
    cases, outcomes, appeals = counted.case_counts(), counted.outcomes(), counted.appeal_counts()
    release = load_release()
    return Figures(
        at=now(),
        since=cases.first_opened,
        cases=cases.total,
        open=cases.open,
        overdue=cases.overdue,
        by_channel=tuple(KeyedCount(channel, cases.by_channel.get(channel, 0)) for channel in Channel),
        by_category=_by_category(cases.by_category, release.categories),
        by_outcome=(
            *(KeyedCount(kind, outcomes.by_kind.get(kind, 0)) for kind in DecisionKind),
            KeyedCount(ENDED, outcomes.ended),
        ),
        to_decision=enough(counted.time_to_decision()),
        to_closure=enough(counted.time_to_closure()),
        closures=acted.measures(ActionKind.CLOSE),
        restrictions=acted.measures(ActionKind.RESTRICT),
        reopened=acted.reopened().count(),
        temporary=acted.temporary(),
        restorations=acted.restorations(release.deadlines.restoration.span),
        appeals_filed=sum(appeals.values()),
        appeals=tuple(KeyedCount(state, appeals.get(state, 0)) for state in AppealState),
        requests=_requests(counted.requests_by_authority()),
    )


def _by_category(counts: Mapping[str, int], categories: tuple[Category, ...]) -> tuple[KeyedCount, ...]:
    """Counts for every category of the release, and for earlier categories that have cases."""
    by_key = {category.key: counts.get(category.key, 0) for category in categories} | dict(counts)
    return tuple(KeyedCount(key, count) for key, count in by_key.items())


def enough(spread: Spread) -> Spread:
    """The spread, without times if it covers too few cases."""
    return spread if spread.count >= FEWEST_FOR_TIMES else Spread(spread.count, None, None)


def _requests(counts: Mapping[tuple[OrganisationKind, DecisionKind | None], int]) -> tuple[AuthorityRequests, ...]:
    return tuple(
        AuthorityRequests(
            kind,
            sum(count for (asked, _), count in counts.items() if asked is kind),
            counts.get((kind, None), 0),
            tuple((made, counts[kind, made]) for made in DecisionKind if (kind, made) in counts),
        )
        for kind in OrganisationKind
        if kind.is_authority
    )


def csv(figures: Figures) -> Iterator[bytes]:
    """The figures as CSV lines with one header: figure, key, value, unit. Keys are stable and English."""
    return csv_rows(CSV_HEADER, _rows(figures))


def _rows(figures: Figures) -> Iterator[tuple[Cell, ...]]:
    yield "computed_at", "", figures.at, "time"
    for name, value in (("cases", figures.cases), ("cases_open", figures.open), ("cases_overdue", figures.overdue)):
        yield name, "", value, "cases"
    for name, counts in (
        ("cases_by_channel", figures.by_channel),
        ("cases_by_category", figures.by_category),
        ("cases_by_outcome", figures.by_outcome),
    ):
        for count in counts:
            yield name, count.key, count.value, "cases"
    for name, spread in (("time_to_decision", figures.to_decision), ("time_to_closure", figures.to_closure)):
        yield name, "cases", spread.count, "cases"
        for key, took in (("median", spread.median), ("p90", spread.p90)):
            yield name, key, seconds(took), "seconds"
    for name, parts in (
        ("closures", figures.closures),
        ("restrictions", figures.restrictions),
        ("temporary_restrictions", figures.temporary),
        ("restorations", figures.restorations),
    ):
        for field in fields(parts):
            yield name, field.name, getattr(parts, field.name), "accounts"
    yield "reopened", "", figures.reopened, "accounts"
    yield "appeals", "filed", figures.appeals_filed, "appeals"
    for count in figures.appeals:
        yield "appeals", count.key, count.value, "appeals"
    for asked in figures.requests:
        yield "requests", asked.kind, asked.total, "requests"
        yield "requests", f"{asked.kind}:undecided", asked.undecided, "requests"
        for made, number in asked.outcomes:
            yield "requests", f"{asked.kind}:{made}", number, "requests"


def seconds(took: timedelta | None) -> int | None:
    """A duration in whole seconds for the CSV."""
    return round(took.total_seconds()) if took is not None else None


BASE = 10
"""Counts are published in whole tens, and 0 to 9 as "few"."""
EPSILON = 0.5
"""How much one case changes a published cell: odds change by at most e^0.5, i.e. 1.65."""
LEAST_BLURRED = 20
"""A blurred count is published from here on: noise alone reaches it from zero in one of 30,000 cells."""
K = TypeVar("K")
_random = SystemRandom()


def floored(count: int, base: int = BASE) -> int:
    """The count rounded down to a multiple of `base`."""
    return count - count % base


def from_days(count: int, days: Sequence[int], base: int = BASE) -> int:
    """A month's count, where `days` are the published counts of its days.

    At least the sum of the days, and at most so much more that each day may have had no more than it shows. Otherwise,
    if every day had nine, the month would reveal it. A case counted by a day that has since become a possible victim's
    does not change what the days said.
    """
    shown = sum(days)
    if not days:
        return floored(count, base)
    room = floored((base - 1) * (len(days) - 1), base)
    return max(shown, min(floored(count, base), shown + room))


def within(counts: Mapping[K, int], limit: int, base: int = BASE) -> dict[K, int]:
    """Counts of parts of a quantity for which another table publishes `limit`; one part is always omitted.

    Their sum stays within `limit`, so they never reveal more than the other table; and since a part is omitted, the
    other table never reveals more about this one.
    """
    shown = {key: floored(count, base) for key, count in counts.items()}
    over = sum(shown.values()) - limit
    while over > 0:
        largest = max(shown, key=lambda key: shown[key])  # Of equal ones the first: their order is fixed.
        shown[largest] -= base
        over -= base
    return shown


def blurred(count: int) -> int:
    """The count with two-sided geometric noise, rounded down; 0 if few."""
    with_chance = floored(max(0, count + _geometric() - _geometric()))
    return with_chance if with_chance >= LEAST_BLURRED else 0


def _geometric() -> int:
    """A geometric random number: consecutive successes with probability e^-EPSILON, from the system's randomness."""
    return math.floor(math.log(1.0 - _random.random()) / -EPSILON)


PUBLIC_WEEKS = 26


@dataclass(frozen=True)
class PublicMeasure:
    """Precision and recall of one rule, source or week (`key`), or of all (""); `judged` in tens."""

    key: str
    category: str
    judged: int
    precision: Estimate
    recall: Estimate | None


@dataclass(frozen=True)
class PublicMeasures:
    """Everything that may be shown; empty until `limits.LEAST_JUDGED` flagged texts were judged."""

    total: PublicMeasure | None
    rules: tuple[PublicMeasure, ...]
    sources: tuple[PublicMeasure, ...]
    weeks: tuple[PublicMeasure, ...]


def public_measures() -> PublicMeasures:
    """The measures of the last half year."""
    found = measures_of(closed_parts(weeks=PUBLIC_WEEKS))
    return PublicMeasures(
        _public_of_rule_errors(found.total),
        tuple(
            one
            for row in found.rules
            if row.category not in VICTIM_FIRST_CATEGORIES and (one := _public_of_rule_errors(row))
        ),
        tuple(one for row in found.sources if (one := _public_of_rule_errors(row))),
        tuple(one for row in found.weeks if (one := _public_of_rule_errors(row))),
    )


def _public_of_rule_errors(row: RuleMeasure) -> PublicMeasure | None:
    if row.precision is None or row.precision.judged < LEAST_JUDGED:
        return None
    return PublicMeasure(row.key, row.category, floored(row.precision.judged), row.precision, row.recall)


SHOWN = 500


@dataclass(frozen=True)
class WatchResults:
    """Scope and results. The counts are rounded down to tens; 0 stands for fewer than ten.

    Accounts that the scope named are in no list: who was watched need not have done anything. `accounts`: there were
    some.
    """

    kind: SourceKind
    url: str
    surfaces: tuple[str, ...]
    accounts: bool
    purpose: str
    observed: int
    flagged: int
    filed: int


@dataclass(frozen=True)
class PublicWatch:
    """A watch that was started. `results` is None until `limits.WATCH_RESULTS_DAYS` after its end."""

    number: str
    platform: str
    legal_citation: str
    started_at: datetime
    ends_at: datetime
    running: bool
    results: WatchResults | None


def public_watches() -> tuple[PublicWatch, ...]:
    """Every watch that was started, newest first. The purpose is shown with the results, since it can name what is
    looked for.
    """
    moment = now()
    rows = Watch.objects.filter(started_at__isnull=False).select_related("platform").order_by("-pk")[:SHOWN]
    return tuple(_public_of_watches(row, moment) for row in rows)


def _public_of_watches(row: Watch, moment: datetime) -> PublicWatch:
    assert row.started_at
    end = min(row.ended_at or row.ends_at, row.ends_at)
    over = end <= moment - timedelta(days=WATCH_RESULTS_DAYS)
    return PublicWatch(
        number_of(row.pk),
        row.platform.display_name,
        row.legal_citation,
        row.started_at,
        end,
        state_of(row, moment) is WatchState.RUNNING,
        _results(row) if over else None,
    )


def _results(row: Watch) -> WatchResults:
    found = WatchDay.objects.filter(watch=row).aggregate(
        observed=Sum("observed", default=0), flagged=Sum("flagged", default=0), filed=Sum("filed", default=0)
    )
    kind, surfaces = SourceKind(row.kind), tuple(row.surfaces)
    shown = without_accounts(kind, surfaces)
    return WatchResults(
        kind,
        row.url,
        shown,
        shown != surfaces,
        row.purpose,
        *(floored(found[name]) for name in ("observed", "flagged", "filed")),
    )
