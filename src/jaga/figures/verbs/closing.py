"""Publishes a closed day or month: counted once, rounded at once, kept permanently and never recounted (ADR 0056).

Pages and files use only what is stored here. Two downloads therefore differ only if a period was closed in between, and
repeated requests reveal nothing more.

Months and years of the public figures.

A year is the sum of its closed months as they were published: it is never counted from cases. Nothing can be computed
by subtracting months from a year, or one period from another, that the published months do not already say.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction

from jaga.cases.reads.history import count_verified_differences
from jaga.core.clock import now
from jaga.core.terms.cases import AppealState, DecisionKind
from jaga.core.terms.outside import EscalationStage, ObjectionState, PeriodKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel, ReferralOutcome
from jaga.figures.reads import closed_counts as counted
from jaga.figures.reads import operator_counts as asked
from jaga.figures.reads.closed_counts import Span
from jaga.figures.verbs.figures import BASE, blurred, floored, from_days, within
from jaga.figures.verbs.operators import DataRequestResult, NoticeResult, data_request_result, notice_result
from jaga.figures.verbs.published import Published
from jaga.people.reads.trusted_flaggers import public_flaggers
from jaga.policy.local_time import day_of
from jaga.policy.release import load_release
from jaga.store.models import PublishedPeriod

log = structlog.get_logger("jaga.figures")
CLOSED_AFTER = timedelta(hours=6)
"""The delay between a period's end and its count: reports of its last minutes are screened by then, and possible
victims are known."""
Shown = dict[str, int]


def first_of_month(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the following month."""
    return first_of_month(first_of_month(day) + timedelta(days=32))


def last_month(day: date) -> date:
    """The first day of the preceding month."""
    return first_of_month(first_of_month(day) - timedelta(days=1))


def newest_day(at: datetime) -> date:
    """The latest closed day at a moment."""
    return day_of(at - CLOSED_AFTER) - timedelta(days=1)


def close_periods() -> int:
    """Publish periods that are closed and unpublished, at most from the month before the last day on; returns their
    number. Idempotent, also when run concurrently.

    Publishes nothing while the last verification of the ledger says that rows or entries were changed past Jaga, since
    a figure could rest on them; what was left out follows once a verification finds nothing.
    """
    began = counted.installed_on()
    if began is None:
        return 0
    if differs := count_verified_differences():
        log.error("figures_not_closed", changed_past_jaga=differs)
        return 0
    newest = newest_day(now())
    first = max(began, last_month(newest))
    made = _close_days(first, newest)
    month = first_of_month(first)
    while next_month(month) <= newest + timedelta(days=1):
        made += _close_month(month)
        month = next_month(month)
    return made


def _close_days(first: date, newest: date) -> int:
    published = counted.published(PeriodKind.DAY, since=first)
    missing = [day for day in _days(first, newest) if day not in published]
    if not missing:
        return 0
    counts = counted.by_day(Span(missing[0], missing[-1] + timedelta(days=1)))
    for day in missing:
        _keep(PeriodKind.DAY, day, {"reports": _rounded(counts.get(day, Counter()))})
    return len(missing)


def _close_month(month: date) -> int:
    if month in counted.published(PeriodKind.MONTH, since=month):
        return 0
    with transaction.atomic():
        _keep(PeriodKind.MONTH, month, month_content(Span(month, next_month(month))))
    return 1


def _keep(kind: PeriodKind, first_day: date, content: Mapping[str, object]) -> None:
    PublishedPeriod.objects.bulk_create(
        [PublishedPeriod(kind=kind, first_day=first_day, closed_at=now(), content=content)], ignore_conflicts=True
    )


def month_content(span: Span) -> dict[str, object]:
    """The published content of a month. Every number has been through `rounding`."""
    reports = _month_reports(span)
    total = sum(reports.values())
    became = within(_blurred(counted.became(span), sorted(BECAME)), total)
    appeals = _blurred(
        {state.value: count for state, count in counted.appeals(span).items()},
        (AppealState.UPHELD, AppealState.OVERTURNED),
    )
    return {
        "reports": _some(reports),
        "channels": _some(within(_blurred(counted.by_channel(span), sorted(Channel)), total)),
        "regions": _some(within(_blurred(counted.by_region(span), _regions()), total)),
        "victims": blurred(counted.victims(span)),
        "children": blurred(counted.children(span)),
        "late": within({"late": blurred(counted.late(span))}, total)["late"],
        "became": _some(became),
        "times": _times(span) if sum(became.values()) else [],
        "appeals": _some(appeals),
        "restorations": _some(_restorations(span, appeals[AppealState.OVERTURNED])),
        "referrals": _some(_referrals(span)),
        "requests": _requests(span),
        "operators": _operators(span),
        "flaggers": _flaggers(span),
    }


BECAME = frozenset(
    {kind.value for kind in DecisionKind if kind not in counted.LOOKED_AT}
    | {counted.ENDED}
    | {
        f"{kind}:{state}"
        for kind in counted.LOOKED_AT
        for state in (counted.SEEN, counted.SAID, counted.NOT_SO, counted.UNDER_WAY)
    }
)


def _month_reports(span: Span) -> Shown:
    days = [content for day, content in counted.published(PeriodKind.DAY, since=span.first).items() if day < span.end]
    counts = counted.by_category(span)
    keys = {*counts, *(key for content in days for key in _cells(content))}
    return {key: from_days(counts[key], [_cells(content).get(key, 0) for content in days]) for key in sorted(keys)}


def _regions() -> list[str]:
    return sorted(one.region for one in load_release().quality.regions)


def _cells(content: Mapping[str, object]) -> Shown:
    cells = content["reports"]
    assert isinstance(cells, dict)
    return cells


def _times(span: Span) -> list[int]:
    """Median and 90th percentile in whole hours, rounded up."""
    return [-(-round(took.total_seconds()) // 3600) for took in counted.times(span) if took is not None]


def _restorations(span: Span, overturned: int) -> Shown:
    in_time, late = counted.restorations(span, load_release().deadlines.restoration.span)
    return within({"within": blurred(in_time), "late": blurred(late)}, overturned)


REFERRALS = (
    "passed_on",
    "confirmed_in_time",
    *(f"outcome:{one}" for one in ReferralOutcome),
    "at_once",
    "reviewed_in_time",
    "found_wrong",
)


def _referrals(span: Span) -> Shown:
    """Referral counts, each blurred independently, with no part above its whole."""
    counts = counted.referrals(span, timedelta(hours=load_release().referring.review_hours))
    shown = _blurred(counts, REFERRALS)
    for part, whole in (
        ("confirmed_in_time", "passed_on"),
        ("reviewed_in_time", "at_once"),
        ("found_wrong", "at_once"),
    ):
        shown[part] = within({part: shown[part]}, shown[whole])[part]
    return shown


def _requests(span: Span) -> dict[str, Shown]:
    """Requests and decisions on them by kind of authority, without undecided ones."""
    found, counts = {}, counted.requests(span)
    for kind in OrganisationKind:
        if kind.is_authority:
            of_kind = counts.get(kind, Counter())
            total = blurred(of_kind.total())
            decided = _blurred({str(made): count for made, count in of_kind.items() if made}, map(str, DecisionKind))
            found[kind.value] = {"requests": total, **_some(within(decided, total))}
    return found


def _flaggers(span: Span) -> dict[str, Shown]:
    """Outcomes by flagger id, without undecided ones."""
    counts = counted.flagged(span)
    return {
        str(one.organisation_id): _some(
            _blurred(counts.get(one.organisation_id, {}), ("acted_on", "dismissed", "overturned"))
        )
        for one in public_flaggers()
    }


def _operators(span: Span) -> dict[str, dict[str, Shown]]:
    """Score card counts by operator id. Each request is in exactly one of two tables."""
    ids = tuple(operator.operator_id for operator in asked.public_operators())
    found: dict[str, dict[str, Shown]] = {}
    objections, letters = asked.objections(ids, span), asked.letters(ids, span)
    for number, facts in asked.ask_facts(ids, span).items():
        results: Counter[str] = Counter()
        data: Counter[str] = Counter()
        for fact, count in facts.items():
            if fact.data:
                data[data_request_result(fact)] += count
            else:
                results[notice_result(fact)] += count
        found[str(number)] = {
            "standing": _some(_blurred(results, NoticeResult)),
            "data": _some(_blurred(data, DataRequestResult)),
            "objections": _some(
                _blurred({state: objections.get((number, state), 0) for state in ObjectionState}, ObjectionState)
            ),
            "letters": _some(
                _blurred({stage: letters.get((number, stage), 0) for stage in EscalationStage}, EscalationStage)
            ),
        }
    return found


def _rounded(counts: Mapping[str, int]) -> Shown:
    return _some({key: floored(count) for key, count in counts.items()})


def _blurred(counts: Mapping[str, int], keys: Iterable[str]) -> Shown:
    """Blurred counts for every key, also zeros, in a fixed order, so neither absence nor truncation in `within` reveals
    anything.
    """
    return {str(key): blurred(counts.get(key, 0)) for key in keys}


def _some(shown: Mapping[str, int]) -> Shown:
    """The counts without zeros: a small count and none look the same."""
    return {str(key): count for key, count in shown.items() if count >= BASE}


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True)
class FigurePeriod:
    """A closed month (`2026-10`), or the closed months of a year (`2026`)."""

    key: str
    first: date
    months: int
    figures: Published

    @property
    def is_year(self) -> bool:
        """Whether this is a year."""
        return len(self.key) == 4

    @property
    def last(self) -> date:
        """Its last closed month."""
        last = self.figures.last_month
        assert last is not None
        return last


def months_of(public: Published) -> tuple[FigurePeriod, ...]:
    """All closed months, newest first."""
    return tuple(
        FigurePeriod(first.isoformat()[:7], first, 1, public.of({first: content}))
        for first, content in sorted(public.months.items(), reverse=True)
    )


def years_of(public: Published) -> tuple[FigurePeriod, ...]:
    """All years with a closed month, newest first."""
    years = sorted({first.year for first in public.months}, reverse=True)
    return tuple(_year(public, year) for year in years)


def _year(public: Published, year: int) -> FigurePeriod:
    months = {first: content for first, content in public.months.items() if first.year == year}
    return FigurePeriod(str(year), date(year, 1, 1), len(months), public.of(months))


def alike(public: Published, period: FigurePeriod) -> tuple[FigurePeriod, ...]:
    """All periods of the same kind, newest first."""
    return years_of(public) if period.is_year else months_of(public)


def find(public: Published, key: str) -> FigurePeriod | None:
    """The period of this key; None for any other text."""
    return next((one for one in (*years_of(public), *months_of(public)) if one.key == key), None)


def one_before(public: Published, period: FigurePeriod) -> FigurePeriod | None:
    """The newest period of the same kind before this one."""
    return next((one for one in alike(public, period) if one.first < period.first), None)
