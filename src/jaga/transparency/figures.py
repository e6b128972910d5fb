"""Exact current figures for the installation's staff (`jaga figures`), never for a public page.

Public figures are rounded and cover closed periods only: `closing`, `published`. Times are shown from three cases on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from jaga.core.clock import now
from jaga.core.terms.actions import ActionKind
from jaga.core.terms.appeals import AppealState
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.policy import load_release
from jaga.policy.models import Category
from jaga.records.access.operations import figures as counted
from jaga.records.access.operations import measures as acted
from jaga.records.access.operations.definitions import Spread
from jaga.records.access.operations.measures import MeasureCounts, RestorationCounts, Temporary

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
