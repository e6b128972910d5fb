"""The dashboard's part about weeks and months: what came in against what is decided, times, and each chat app."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date
from django.http import HttpRequest

from jaga.core.actors import Actor
from jaga.core.clock import TimeLeft, now
from jaga.core.forecast import Forecast, forecast
from jaga.policy.local_time import day_of
from jaga.records.access.operations.dashboard import DashboardNumbers, app_names, counted_since
from jaga.records.access.operations.period_counts import PERIODS
from jaga.web.console.frame.form_values import whole_number
from jaga.web.errors import language

USUAL = 30
_WIDTH, _TOP, _FLOOR = 640, 4, 150


@dataclass(frozen=True)
class LoadDay:
    """One day: cases that came in and that were decided; None where it is expected, or not yet over."""

    day: date
    opened: int | None
    decided: int | None
    expected: int | None = None

    @property
    def label(self) -> str:
        """The day in words."""
        return format_date(self.day, "EEE d MMM", locale=language().value)


@dataclass(frozen=True)
class LoadChart:
    """Lines over the days, as points of an SVG; `data` is the same for a script that draws it larger."""

    days: tuple[LoadDay, ...]
    most: int
    opened: str
    decided: str
    expected: str
    capacity: int | None
    capacity_y: int | None
    width: int = _WIDTH
    floor: int = _FLOOR
    height: int = _FLOOR + 4

    @property
    def data(self) -> dict[str, list[int | None]]:
        """Seconds since 1970 at noon of each day, and the numbers."""
        return {
            "at": [_noon(one.day) for one in self.days],
            "opened": [one.opened for one in self.days],
            "decided": [one.decided for one in self.days],
            "expected": [one.expected for one in self.days],
            "capacity": [self.capacity for _ in self.days],
        }


@dataclass(frozen=True)
class HandlingTime:
    """The time from the first report to the decision in minutes, over so many decided cases."""

    count: int
    median: int | None
    p90: int | None


@dataclass(frozen=True)
class AppRow:
    """One chat app: what waits now, and what came in and was decided in the period."""

    name: str
    waiting: int
    overdue: int
    opened: int
    time: HandlingTime


@dataclass(frozen=True)
class PeriodLoad:
    """All of this for one period, counted at this moment."""

    days: int
    periods: tuple[int, ...]
    counted_at: datetime
    chart: LoadChart
    forecast: Forecast | None
    opened: int
    decided: int
    time: HandlingTime
    apps: tuple[AppRow, ...]


def period_load(request: HttpRequest, numbers: DashboardNumbers, actor: Actor) -> PeriodLoad | None:
    """For `?days=7`, 30 or 90; None before the worker counted."""
    counted_at = numbers.periods_counted_at
    if counted_at is None:
        return None
    wanted = whole_number(request.GET.get("days", ""))
    days, today = wanted if wanted in PERIODS else USUAL, day_of(now())
    opened, decided = (_by_day(numbers.of(name)) for name in ("day_opened", "day_decided"))
    expected = forecast(
        opened,
        decided,
        waiting=sum(numbers.of("clock").values()),
        today=today,
        since=counted_since(actor=actor) or today,
    )
    past = [today - timedelta(days=back) for back in reversed(range(1, days + 1))]
    chart = _chart(past, opened, decided, expected)
    return PeriodLoad(
        days,
        PERIODS,
        counted_at,
        chart,
        expected,
        sum(opened.get(day, 0) for day in past),
        sum(decided.get(day, 0) for day in past),
        _time(numbers, f"{days}|"),
        _apps(numbers, days, app_names(actor=actor)),
    )


def _by_day(numbers: Mapping[str, int]) -> dict[date, int]:
    return {date.fromisoformat(day): cases for day, cases in numbers.items()}


def _time(numbers: DashboardNumbers, key: str) -> HandlingTime:
    handled = numbers.of("handled")

    def minutes(name: str) -> int | None:
        seconds = handled.get(f"{key}|{name}")
        return None if seconds is None else round(seconds / 60)

    return HandlingTime(handled.get(f"{key}|count", 0), minutes("median"), minutes("p90"))


def _apps(numbers: DashboardNumbers, days: int, names: Mapping[str, str]) -> tuple[AppRow, ...]:
    waiting: dict[str, int] = {}
    for key, cases in numbers.of("app").items():
        app = key.rpartition("|")[0]
        waiting[app] = waiting.get(app, 0) + cases
    rows = [
        AppRow(
            name,
            waiting.get(app, 0),
            numbers.one("app", f"{app}|{TimeLeft.OVERDUE}"),
            numbers.one("app_opened", f"{days}|{app}"),
            _time(numbers, f"{days}|{app}"),
        )
        for app, name in names.items()
    ]
    return tuple(
        sorted(
            (row for row in rows if row.waiting or row.opened or row.time.count),
            key=lambda row: (-row.overdue, -row.waiting, -row.opened, row.name),
        )
    )


def _chart(
    past: Sequence[date], opened: Mapping[date, int], decided: Mapping[date, int], expected: Forecast | None
) -> LoadChart:
    days = [LoadDay(day, opened.get(day, 0), decided.get(day, 0)) for day in past]
    coming = [LoadDay(one.day, None, None, one.arrivals) for one in expected.days] if expected else []
    most = max(
        (
            number
            for one in (*days, *coming)
            for number in (one.opened, one.decided, one.expected)
            if number is not None
        ),
        default=0,
    )
    if expected:
        most = max(most, expected.capacity)
    everything = (*days, *coming)
    step = _WIDTH / max(1, len(everything) - 1)

    def y(number: int) -> int:
        return _FLOOR - round((_FLOOR - _TOP) * number / (most or 1))

    def line(numbers: Sequence[int | None]) -> str:
        return " ".join(
            f"{round(index * step)},{y(number)}" for index, number in enumerate(numbers) if number is not None
        )

    return LoadChart(
        everything,
        most,
        line([one.opened for one in everything]),
        line([one.decided for one in everything]),
        line([one.expected for one in everything]),
        expected.capacity if expected else None,
        y(expected.capacity) if expected else None,
    )


def _noon(day: date) -> int:
    return round((day - date(1970, 1, 1)).total_seconds()) + 12 * 3600
