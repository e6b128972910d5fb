"""The dashboard: load, deadlines, ages, throughput, decisions, agreement, appeals; each chart has a table."""

from collections.abc import Callable, Mapping
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
from jaga.core.terms.people import Role
from jaga.policy import PolicyRelease, load_release
from jaga.records.access.operations.dashboard import DashboardNumbers, see_numbers
from jaga.records.access.operations.dashboard_counts import AGES, APPEAL_DAYS, DAYS
from jaga.web.console.frame.charts import Bars, ColumnChart, bars, columns
from jaga.web.console.frame.clocks import STYLES
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.words import DECISIONS, category_label
from jaga.web.console.operations.load import period_load
from jaga.web.console.quality.agreement import scales
from jaga.web.errors import language

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
    opened, decided = (_by_day(numbers.of(name)) for name in ("opened", "decided"))
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


def _by_day(hours: Mapping[str, int]) -> dict[date, int]:
    zone, days = get_current_timezone(), dict[date, int]()
    for hour, number in hours.items():
        day = datetime.fromisoformat(hour).astimezone(zone).date()
        days[day] = days.get(day, 0) + number
    return days


def _kinds(numbers: DashboardNumbers) -> Bars:
    return bars([(gettext(label), numbers.one("kind", kind.value), "") for kind, label in DECISIONS.items()])
