"""Published figures: sums over closed periods.

Nothing here is counted from cases.

Numbers are rounded; 0 means "few": some or none per period, or withheld next to others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from jaga.core.terms.outside import EscalationStage, ObjectionState, PeriodKind
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.figures.reads import closed_counts as counted
from jaga.figures.reads.operator_counts import PublicOperator, public_operators
from jaga.figures.verbs.figures import BASE
from jaga.figures.verbs.operators import DataRequestResult, NoticeResult

NOT_RECORDED = "not_recorded"
"""The key of a line of the CSV without a number: this month was closed before the figure existed."""
CSV_HEADER = ("period", "figure", "key", "at_least", "unit")
OPERATORS_HEADER = ("operator", "period", "figure", "key", "at_least", "unit")
Tables = Mapping[str, Any]


@dataclass(frozen=True)
class Published:
    """All public figures on cases, by first day of their period."""

    days: Mapping[date, Tables]
    months: Mapping[date, Tables]

    @property
    def last_day(self) -> date | None:
        """The latest closed day."""
        return max(self.days, default=None)

    @property
    def last_month(self) -> date | None:
        """The latest closed month."""
        return max(self.months, default=None)

    def of(self, months: Mapping[date, Tables]) -> "Published":
        """The same with these months only, for sums over a part of them."""
        return replace(self, months=months)

    def reports_of(self, day: date) -> Counter[str]:
        """A day's reports by category."""
        return Counter(self.days[day]["reports"])

    def together(self, table: str) -> Counter[str]:
        """A table summed over all closed months."""
        found: Counter[str] = Counter()
        for content in self.months.values():
            found.update(content.get(table, {}))  # A month closed before the table existed has none.
        return found

    def number(self, name: str) -> int:
        """One number summed over all closed months."""
        return sum(content.get(name, 0) for content in self.months.values())

    def has(self, name: str) -> bool:
        """Whether a closed month has this table or number at all: a month from before it existed has not."""
        return any(name in content for content in self.months.values())

    def without(self, name: str) -> tuple[date, ...]:
        """The closed months that have no such table or number: they were closed before it existed, so nobody counted it
        for them, and nobody will.
        """
        return tuple(sorted(first for first, content in self.months.items() if name not in content))

    def slowest(self) -> tuple[int, int] | None:
        """The longest median and 90th percentile of a month, in hours: in each month half, and nine of ten, took at
        most that. None if no month shows its times.
        """
        times = [content["times"] for content in self.months.values() if len(content["times"]) == 2]
        return (max(half for half, _ in times), max(most for _, most in times)) if times else None

    def requests(self) -> dict[str, Counter[str]]:
        """Requests by kind of authority, over all closed months."""
        return _added(content["requests"] for content in self.months.values())

    def flaggers(self) -> dict[int, Counter[str]]:
        """Outcomes by flagger id, over all closed months."""
        found = _added(content["flaggers"] for content in self.months.values())
        return {int(number): counts for number, counts in found.items()}


def _added(tables: Iterator[Mapping[str, Mapping[str, int]]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for table in tables:
        for key, counts in table.items():
            found.setdefault(key, Counter()).update(counts)
    return found


def published() -> Published:
    """All closed periods."""
    return Published(counted.published(PeriodKind.DAY), counted.published(PeriodKind.MONTH))


def csv(public: Published) -> Iterator[bytes]:
    """Every number of every period except those that are few. Keys are stable and English.

    What a month does not have has one line without a number, under the key `NOT_RECORDED`.
    """
    return csv_rows(CSV_HEADER, _rows(public))


def _rows(public: Published) -> Iterator[tuple[Cell, ...]]:
    for day, content in public.days.items():
        yield from _reports(day.isoformat(), content)
    for first, content in public.months.items():
        month = first.isoformat()[:7]
        yield from _reports(month, content)
        yield month, "cases_of_possible_victims", "", content["victims"], "cases"
        if "children" in content:
            yield month, "cases_concerning_children", "", content["children"], "cases"
        else:
            yield month, "cases_concerning_children", NOT_RECORDED, None, "cases"
        yield month, "cases_not_in_time", "", content["late"], "cases"
        for figure, table, unit in (
            ("reports_by_channel", "channels", "reports"),
            ("reports_by_region_named", "regions", "reports"),
            ("cases_by_outcome", "became", "cases"),
            ("appeals_decided", "appeals", "appeals"),
            ("restorations", "restorations", "accounts"),
            ("referrals", "referrals", "referrals"),
        ):
            if table not in content:
                yield month, figure, NOT_RECORDED, None, unit
            for key, count in content.get(table, {}).items():
                yield month, figure, key, count, unit
        for key, hours in zip(("median", "p90"), content["times"], strict=False):
            yield month, "time_to_decision", key, hours, "hours"
        for kind, counts in content["requests"].items():
            for key, count in counts.items():
                yield month, "requests", f"{kind}:{key}", count, "requests"


def _reports(period: str, content: Tables) -> Iterator[tuple[Cell, ...]]:
    yield period, "reports", "", sum(content["reports"].values()), "reports"
    for key, count in content["reports"].items():
        yield period, "reports_by_category", key, count, "reports"


@dataclass(frozen=True)
class PublicCard:
    """One operator's public figures: sums over its closed months. `asked` is the sum of its results."""

    operator: PublicOperator
    results: tuple[tuple[NoticeResult, int], ...]
    data: tuple[tuple[DataRequestResult, int], ...]
    objections: tuple[tuple[ObjectionState, int], ...]
    letters: tuple[tuple[EscalationStage, int], ...]

    @property
    def asked(self) -> int:
        """Requests about accounts, as far as published."""
        return sum(count for _, count in self.results)

    @property
    def data_asked(self) -> int:
        """Data requests, as far as published."""
        return sum(count for _, count in self.data)


@dataclass(frozen=True)
class PublicCards:
    """All registered operators with their public figures, and the closed months covered."""

    months: Mapping[date, Tables]
    cards: tuple[PublicCard, ...]

    @property
    def last_month(self) -> date | None:
        """The latest closed month."""
        return max(self.months, default=None)


def public_cards() -> PublicCards:
    """The cards of all registered operators by name."""
    months = counted.published(PeriodKind.MONTH)
    return PublicCards(months, tuple(_card(operator, months) for operator in public_operators()))


def _card(operator: PublicOperator, months: Mapping[date, Tables]) -> PublicCard:
    sums = _added(_of(operator, content) for content in months.values())

    def table(name: str) -> Counter[str]:
        return sums.get(name, Counter())

    return PublicCard(
        operator,
        tuple((one, table("standing")[one]) for one in NoticeResult),
        tuple((one, table("data")[one]) for one in DataRequestResult),
        tuple((state, table("objections")[state]) for state in ObjectionState),
        tuple((stage, table("letters")[stage]) for stage in EscalationStage),
    )


def _of(operator: PublicOperator, content: Tables) -> Mapping[str, Mapping[str, int]]:
    found: Mapping[str, Mapping[str, int]] = content["operators"].get(str(operator.operator_id), {})
    return found


_UNITS = {"standing": "askings", "data": "requests", "objections": "objections", "letters": "letters"}


def operators_csv(cards: PublicCards) -> Iterator[bytes]:
    """The cards per month as CSV lines: every cell, with 0 for few."""
    return csv_rows(OPERATORS_HEADER, (row for card in cards.cards for row in _card_rows(card, cards.months)))


def _card_rows(card: PublicCard, months: Mapping[date, Tables]) -> Iterator[tuple[Cell, ...]]:
    for first, content in months.items():
        tables = _of(card.operator, content)
        for name, unit in _UNITS.items():
            for key in _KEYS[name]:
                yield card.operator.slug, first.isoformat()[:7], name, key, tables.get(name, {}).get(key, 0), unit


_KEYS: Mapping[str, tuple[str, ...]] = {
    "standing": tuple(NoticeResult),
    "data": tuple(DataRequestResult),
    "objections": tuple(ObjectionState),
    "letters": tuple(EscalationStage),
}
__all__ = ["BASE", "PublicCard", "PublicCards", "Published", "csv", "operators_csv", "public_cards", "published"]
