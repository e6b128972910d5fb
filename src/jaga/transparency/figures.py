"""The public figures: how much came in, what was decided, how fast, how often wrongly, and who asked.

Small numbers. A count over channels, decisions or authorities is shown exactly, however small: none of these says
anything about a person, and one refused police request is just what the figures are for. Categories in which the
account holder may be a victim are different: whoever controls a victim could watch the count grow after the victim
reported. There, 0 to 4 cases are withheld (a zero that vanished would tell as much), and other counts with them until
the total leaves open what was withheld. Times are shown from three cases on, so that they are never one case's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from jaga.core.clock import now
from jaga.core.terms import ActionKind, AppealState, Channel, DecisionKind, OrganisationKind
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.policy import load_release
from jaga.policy.models import Category
from jaga.records.access import figures as counted
from jaga.records.access import measures as acted
from jaga.records.access.figures import Spread
from jaga.records.access.measures import Measures, Restorations, Temporary

SMALL = 5
LEAST_HIDDEN = 2
FEWEST_FOR_TIMES = 3
ENDED = "ended_without_effect"
CSV_HEADER = ("figure", "key", "value", "unit", "withheld")


@dataclass(frozen=True)
class Count:
    """A count under a key; None where it is withheld."""

    key: str
    value: int | None


@dataclass(frozen=True)
class AuthorityRequests:
    """How many requests one kind of authority made, how many are undecided, and what became of the others."""

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
    by_channel: tuple[Count, ...]
    by_category: tuple[Count, ...]
    by_outcome: tuple[Count, ...]
    to_decision: Spread
    to_closure: Spread
    closures: Measures
    restrictions: Measures
    reopened: int
    temporary: Temporary
    restorations: Restorations
    appeals_filed: int
    appeals: tuple[Count, ...]
    requests: tuple[AuthorityRequests, ...]

    @property
    def withholds(self) -> bool:
        """Whether any count is withheld."""
        return any(count.value is None for count in self.by_category)


def compute() -> Figures:
    """Count everything, now. Holds no personal data."""
    cases, outcomes, appeals = counted.case_counts(), counted.outcomes(), counted.appeal_counts()
    release = load_release()
    return Figures(
        at=now(), since=cases.first_opened, cases=cases.total, open=cases.open, overdue=cases.overdue,
        by_channel=tuple(Count(channel, cases.by_channel.get(channel, 0)) for channel in Channel),
        by_category=withhold(cases.by_category, release.categories),
        by_outcome=(*(Count(kind, outcomes.by_kind.get(kind, 0)) for kind in DecisionKind),
                    Count(ENDED, outcomes.ended)),
        to_decision=enough(counted.time_to_decision()), to_closure=enough(counted.time_to_closure()),
        closures=acted.measures(ActionKind.CLOSE), restrictions=acted.measures(ActionKind.RESTRICT),
        reopened=acted.reopened().count(), temporary=acted.temporary(),
        restorations=acted.restorations(release.deadlines.restoration.span), appeals_filed=sum(appeals.values()),
        appeals=tuple(Count(state, appeals.get(state, 0)) for state in AppealState),
        requests=_requests(counted.requests_by_authority()),
    )


def withhold(counts: Mapping[str, int], categories: tuple[Category, ...]) -> tuple[Count, ...]:
    """Counts by category, with those withheld that could tell on a victim, and others beside them.

    The reader knows the total, and so the sum of what is hidden; and this rule. Companions therefore come in a fixed
    order, the last of the release first, and only until the hidden sum is 2. A sum below 2 would name its parts; at 2
    or more, the sum before the last companion was 0 or 1, and nobody can tell which. Were the order or the end chosen
    by the counts themselves, it would tell of them. If all companions together do not reach 2, every category of the
    release is hidden. What remains computable is a total of 0.
    """
    known = {category.key: counts.get(category.key, 0) for category in categories}
    known |= {key: count for key, count in counts.items() if key not in known}  # of an earlier release
    hidden = {category.key for category in categories if category.victim_first and known[category.key] < SMALL}
    if hidden:
        hidden = _with_companions(hidden, known, categories)
    return tuple(Count(key, None if key in hidden else count) for key, count in known.items())


def _with_companions(hidden: set[str], known: Mapping[str, int], categories: tuple[Category, ...]) -> set[str]:
    together = set(hidden)
    for category in reversed(categories):
        if category.victim_first:
            continue
        together.add(category.key)  # the first one always: without it a lone small count would be the gap
        if sum(known[key] for key in together) >= LEAST_HIDDEN:
            return together
    return {category.key for category in categories}


def enough(spread: Spread) -> Spread:
    """The spread, without its times where they come from too few cases."""
    return spread if spread.count >= FEWEST_FOR_TIMES else Spread(spread.count, None, None)


def _requests(counts: Mapping[tuple[OrganisationKind, DecisionKind | None], int]) -> tuple[AuthorityRequests, ...]:
    return tuple(
        AuthorityRequests(
            kind,
            sum(count for (asked, _), count in counts.items() if asked is kind),
            counts.get((kind, None), 0),
            tuple((made, counts[kind, made]) for made in DecisionKind if (kind, made) in counts),
        )
        for kind in OrganisationKind if kind.is_authority
    )


def csv(figures: Figures) -> Iterator[bytes]:
    """The figures as CSV lines with one header: figure, key, value, unit, withheld. Stable keys, English."""
    return csv_rows(CSV_HEADER, _rows(figures))


def _rows(figures: Figures) -> Iterator[tuple[Cell, ...]]:
    yield "computed_at", "", figures.at, "time", False
    for name, value in (("cases", figures.cases), ("cases_open", figures.open), ("cases_overdue", figures.overdue)):
        yield name, "", value, "cases", False
    for name, counts in (("cases_by_channel", figures.by_channel), ("cases_by_category", figures.by_category),
                         ("cases_by_outcome", figures.by_outcome)):
        for count in counts:
            yield name, count.key, count.value, "cases", count.value is None
    for name, spread in (("time_to_decision", figures.to_decision), ("time_to_closure", figures.to_closure)):
        yield name, "cases", spread.count, "cases", False
        for key, took in (("median", spread.median), ("p90", spread.p90)):
            yield name, key, seconds(took), "seconds", took is None
    for name, parts in (("closures", figures.closures), ("restrictions", figures.restrictions),
                        ("temporary_restrictions", figures.temporary), ("restorations", figures.restorations)):
        for field in fields(parts):
            yield name, field.name, getattr(parts, field.name), "accounts", False
    yield "reopened", "", figures.reopened, "accounts", False
    yield "appeals", "filed", figures.appeals_filed, "appeals", False
    for count in figures.appeals:
        yield "appeals", count.key, count.value, "appeals", False
    for asked in figures.requests:
        yield "requests", asked.kind, asked.total, "requests", False
        yield "requests", f"{asked.kind}:undecided", asked.undecided, "requests", False
        for made, number in asked.outcomes:
            yield "requests", f"{asked.kind}:{made}", number, "requests", False


def seconds(took: timedelta | None) -> int | None:
    """A length of time as the CSV gives it."""
    return round(took.total_seconds()) if took is not None else None
