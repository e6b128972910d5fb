"""The dashboard: load, deadlines, ages, throughput, decisions, agreement, appeals; each chart has a table.

The dashboard's part about weeks and months: what came in against what is decided, times, and each chat app.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.clock import TimeLeft, now
from jaga.core.errors import N_
from jaga.core.statistics import Forecast, forecast
from jaga.core.terms.people import Role
from jaga.figures.reads.closed_counts import PERIODS
from jaga.figures.reads.dashboard import (
    AGES,
    APPEAL_DAYS,
    DAYS,
    DashboardNumbers,
    app_names,
    counted_since,
    see_numbers,
)
from jaga.policy.local_time import day_of
from jaga.policy.release import PolicyRelease, load_release
from jaga.quality.console.blind_review import scales
from jaga.web.errors import language
from jaga.web.frame.charts import Bars, ColumnChart, bars, columns
from jaga.web.frame.display import STYLES
from jaga.web.frame.forms import whole_number
from jaga.web.frame.pages import page, signed_in
from jaga.web.frame.words import DECISIONS, category_label

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
    opened, decided = (_by_day_of_load(numbers.of(name)) for name in ("day_opened", "day_decided"))
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


def _by_day_of_load(numbers: Mapping[str, int]) -> dict[date, int]:
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


_STALE = timedelta(minutes=10)  # The worker counts twice a minute; older numbers mean it is not running.
_AGES = {
    "h1": N_("below 1 hour"),
    "h4": N_("1 to 4 hours"),
    "h12": N_("4 to 12 hours"),
    "h24": N_("12 to 24 hours"),
    "d3": N_("1 to 3 days"),
    "d7": N_("3 to 7 days"),
    "older": N_("older than 7 days"),
}


@dataclass(frozen=True)
class LoadCell:
    """The cases of a row with so much time left; with `tag` they are marked by the word `tagged`."""

    label: str
    number: int
    tag: str
    tagged: str


@dataclass(frozen=True)
class LoadRow:
    """Undecided cases of one category or queue, by time left to the legal deadline."""

    label: str
    total: int
    overdue: int
    cells: tuple[LoadCell, ...]


@dataclass(frozen=True)
class Appeals:
    """Open appeals, and outcomes of recently answered ones."""

    open: int
    overdue: int
    upheld: int
    overturned: int

    @property
    def answered(self) -> int:
        """Recently answered appeals."""
        return self.upheld + self.overturned

    @property
    def percent(self) -> float:
        """The overturned share of these, in percent."""
        return 100 * self.overturned / self.answered if self.answered else 0.0


@dataclass(frozen=True)
class RestorationCard:
    """Accounts that must be restored within the legal deadline."""

    open: int
    overdue: int
    due_at: datetime | None


@require_safe
@signed_in
def dashboard(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The page, with the worker's latest counts."""
    numbers, release = see_numbers(actor=actor), load_release()
    counted = numbers.counted_at
    due = numbers.of("restoring").get("due")
    return page(
        request,
        actor,
        "operations/dashboard.html",
        {
            "counted_at": counted,
            "stale": counted is None or now() - counted > _STALE,
            "waiting": sum(numbers.of("clock").values()),
            "held": numbers.one("held"),
            "differing": numbers.one("differing"),
            "clocks": _clocks(numbers),
            "ages": _ages(numbers),
            "clock_names": [gettext(style.label) for style in STYLES.values()],
            "categories": _load(numbers, "category", lambda key: category_label(key, release)),
            "queues": _load(numbers, "queue", lambda key: _queue_label(key, release)),
            "days": _days(numbers),
            "kinds": _kinds(numbers),
            "scales": scales(actor=actor)[:2],
            "quality": release.quality,
            "supervises": Role.SUPERVISOR in actor.roles,
            "appeals": Appeals(*(numbers.one("appeals", key) for key in ("open", "overdue", "upheld", "overturned"))),
            "restorations": RestorationCard(
                numbers.one("restoring", "open"),
                numbers.one("restoring", "overdue"),
                None if due is None else datetime.fromtimestamp(due, UTC),
            ),
            "load": period_load(request, numbers, actor),
            "appeal_days": APPEAL_DAYS,
            "throughput_days": DAYS,
        },
        open_link="dashboard",
    )


def _clocks(numbers: DashboardNumbers) -> Bars:
    return bars([(gettext(style.label), numbers.one("clock", step), style.part) for step, style in STYLES.items()])


def _ages(numbers: DashboardNumbers) -> Bars:
    return bars([(gettext(_AGES[key]), numbers.one("age", key), "") for key in AGES])


def _load(numbers: DashboardNumbers, name: str, label: Callable[[str], str]) -> tuple[LoadRow, ...]:
    """Load rows, the largest first."""
    found: dict[str, dict[str, int]] = {}
    for key, number in numbers.of(name).items():
        place, _, clock = key.rpartition("|")
        found.setdefault(place, {})[clock] = number
    rows = [
        LoadRow(label(place), sum(clocks.values()), clocks.get(TimeLeft.OVERDUE, 0), _cells(clocks))
        for place, clocks in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.overdue, -row.total, row.label)))


def _cells(clocks: Mapping[str, int]) -> tuple[LoadCell, ...]:
    return tuple(
        LoadCell(gettext(style.label), clocks.get(step, 0), style.tag, gettext(style.tagged or style.label))
        for step, style in STYLES.items()
    )


def _queue_label(key: str, release: PolicyRelease) -> str:
    """The queue's name, or its key if the release no longer has it."""
    return next((queue.label.say(language()) for queue in release.routing.queues if queue.key == key), key)


def _days(numbers: DashboardNumbers) -> ColumnChart:
    """Cases opened and decided per day in the reader's time zone; the last is today, still incomplete."""
    zone = get_current_timezone()
    today = now().astimezone(zone).date()
    opened, decided = (_by_day_of_dashboard(numbers.of(name)) for name in ("opened", "decided"))
    rows = []
    for back in reversed(range(DAYS)):
        day = today - timedelta(days=back)
        rows.append(
            (
                str(day.day),
                format_date(day, "EEE d MMM", locale=language().value),
                opened.get(day, 0),
                decided.get(day, 0),
            )
        )
    return columns(rows)


def _by_day_of_dashboard(hours: Mapping[str, int]) -> dict[date, int]:
    zone, days = get_current_timezone(), dict[date, int]()
    for hour, number in hours.items():
        day = datetime.fromisoformat(hour).astimezone(zone).date()
        days[day] = days.get(day, 0) + number
    return days


def _kinds(numbers: DashboardNumbers) -> Bars:
    return bars([(gettext(label), numbers.one("kind", kind.value), "") for kind, label in DECISIONS.items()])
