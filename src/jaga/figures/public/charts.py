"""Charts of public figures as values: templates draw them as plain SVG, with the same numbers in a table.

All positions in view box units; the view box is about as wide as a small phone, so that texts stay readable there.

Who runs this installation, and how accessible it is.

Names of the public figures' rows, for the page of figures and the page of a year.

Names and one-sentence definitions of score card figures.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.errors import N_
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import EscalationStage, ObjectionState
from jaga.figures.verbs.closing import FigurePeriod
from jaga.figures.verbs.operators import DataRequestResult, NoticeResult
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import load_release
from jaga.web.errors import language
from jaga.web.strangers import OUTCOMES
from jaga.web.templatetags.jaga_tags import month

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Who runs this, and how to reach them."""
    return render(request, "public/about.html", contact())


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "public/accessibility.html", contact())


def contact() -> dict[str, str]:
    """The contact of whoever runs this (`JAGA_CONTACT`), and its link if it is a mail address."""
    contact: str = settings.CONTACT
    return {"contact": contact, "contact_href": f"mailto:{contact}" if _MAIL.fullmatch(contact) else ""}


WIDTH = 320
BAR_WIDTH = 268  # The number stands to the right of its bar.
_ROW_HEIGHT = 40  # The label stands above its bar, so that it never runs into it.
_TOP, _FLOOR = 18, 92  # Of the columns of a trend.
LONGEST_TREND = 13
"""At most so many periods: a month stands beside the same month of the year before."""


@dataclass(frozen=True)
class FigureBar:
    """One bar with its label above and its number to the right; `tone` is a class suffix (`part--…`)."""

    label: str
    value: int
    top: int
    width: int
    tone: str = ""

    @property
    def label_y(self) -> int:
        """The label's baseline."""
        return self.top + 12

    @property
    def bar_y(self) -> int:
        """The bar's upper edge."""
        return self.top + 18

    @property
    def value_y(self) -> int:
        """The number's baseline, beside the bar."""
        return self.top + 29


@dataclass(frozen=True)
class BarChart:
    """Bars one below another."""

    bars: tuple[FigureBar, ...]
    width: int = WIDTH
    bar_width: int = BAR_WIDTH

    @property
    def height(self) -> int:
        """The height of the whole chart."""
        return len(self.bars) * _ROW_HEIGHT


def bars(rows: Sequence[tuple[str, int, str]]) -> BarChart:
    """Bars from (label, number, tone), in this order, without those that are few; each is wide enough to be seen."""
    shown = [row for row in rows if row[1]]
    longest = max((count for _, count, _ in shown), default=1)
    return BarChart(
        tuple(
            FigureBar(label, count, number * _ROW_HEIGHT, max(3, round(BAR_WIDTH * count / longest)), tone)
            for number, (label, count, tone) in enumerate(shown)
        )
    )


@dataclass(frozen=True)
class TrendColumn:
    """One period of a trend. A few are drawn as a thin line at the foot."""

    label: str
    value: int
    x: int
    y: int
    width: int
    height: int
    mark: str  # Class suffix: `chosen`, `compared` or empty.


@dataclass(frozen=True)
class Trend:
    """One figure over the periods, oldest first."""

    title: str
    columns: tuple[TrendColumn, ...]
    most: int
    width: int = WIDTH
    floor: int = _FLOOR
    height: int = _FLOOR + 18

    @property
    def foot(self) -> int:
        """The baseline of the periods' names."""
        return self.height - 4

    @property
    def first(self) -> TrendColumn:
        """The oldest period."""
        return self.columns[0]

    @property
    def last(self) -> TrendColumn:
        """The newest period."""
        return self.columns[-1]


def trend(title: str, rows: Sequence[tuple[str, int, str]]) -> Trend:
    """Columns from (period, number, mark)."""
    most = max((count for _, count, _ in rows), default=0)
    step = WIDTH / max(1, len(rows))
    width = max(2, min(40, int(step) - 3))

    def height(count: int) -> int:
        return max(3, round((_FLOOR - _TOP) * count / most)) if count else 1

    return Trend(
        title,
        tuple(
            TrendColumn(label, count, round(index * step), _FLOOR - height(count), width, height(count), mark)
            for index, (label, count, mark) in enumerate(rows)
        ),
        most,
    )


TILE = 22
STEPS = 4
"""Shades of the map, from the palest (1) on; few is 0."""


@dataclass(frozen=True)
class Tile:
    """One region of the map. `shade` only repeats the table."""

    name: str
    code: str
    value: int
    x: int
    y: int
    shade: int

    @property
    def text_x(self) -> int:
        """The middle of its code."""
        return self.x + TILE // 2

    @property
    def text_y(self) -> int:
        """The baseline of its code."""
        return self.y + TILE // 2 + 4


@dataclass(frozen=True)
class TileMap:
    """A map in which every region is a square of one size, roughly where it lies."""

    tiles: tuple[Tile, ...]
    width: int
    height: int
    size: int = TILE - 2


def tiles(rows: Sequence[tuple[str, str, tuple[int, int], int]]) -> TileMap | None:
    """A map of (name, code, (column, row), number); None if no region shows a number."""
    most = max((count for *_, count in rows), default=0)
    if not most:
        return None
    return TileMap(
        tuple(
            Tile(name, code, count, column * TILE, row * TILE, -(-STEPS * count // most))
            for name, code, (column, row), count in rows
        ),
        (max(column for _, _, (column, _), _ in rows) + 1) * TILE,
        (max(row for _, _, (_, row), _ in rows) + 1) * TILE,
    )


BECAME = {
    "close:seen": N_("Account closed, confirmed by our check"),
    "close:said": N_("Account closed, as the chat app says"),
    "close:not_so": N_("Closure decided, but our check found the account open"),
    "close:under_way": N_("Closure under way"),
    "restrict:seen": N_("Account restricted, confirmed by our check"),
    "restrict:said": N_("Account restricted, as the chat app says"),
    "restrict:not_so": N_("Restriction decided, but our check found the account unrestricted"),
    "restrict:under_way": N_("Restriction under way"),
    **{kind.value: OUTCOMES[kind] for kind in DecisionKind if kind not in (DecisionKind.CLOSE, DecisionKind.RESTRICT)},
    "ended_without_effect": N_("Ended without effect"),
}
REFERRALS = {
    "passed_on": N_("Passed on: the receiver has confirmed it"),
    "confirmed_in_time": N_("of these confirmed in time"),
    "outcome:taken_up": N_("Taken up by the receiver"),
    "outcome:passed_on": N_("Given to another office by the receiver"),
    "outcome:not_theirs": N_("Came back: not the receiver's to do"),
    "outcome:no_answer": N_("Came back: nobody answered in time"),
    "outcome:not_reached": N_("Came back: could not be sent"),
    "at_once": N_("Referred at once by one person, in danger to life or of a child"),
    "reviewed_in_time": N_("Such referrals that a second person reviewed in time"),
    "found_wrong": N_("Such referrals that the second person found wrong"),
}


def became_words() -> dict[str, str]:
    """What can become of a case, in the reader's language."""
    return {key: gettext(word) for key, word in BECAME.items()}


def category_name(key: str) -> str:
    """A category in the reader's language; one from an earlier policy release by its key."""
    try:
        return load_release().category(key).label.say(language())
    except UnknownTerm:
        return key


def openly_counted(*also: Counter[str]) -> dict[str, str]:
    """The release's categories except those of possible victims, and earlier releases' categories, with their names."""
    keys = [
        category.key
        for category in load_release().categories
        if not category.victim_first and category.key not in WHO_MAY_REPORT
    ]
    earlier = sorted({key for counts in also for key in counts} - set(keys))
    return {key: category_name(key) for key in (*keys, *earlier)}


def period_name(period: FigurePeriod) -> str:
    """`Oktober 2026`, or `2026`."""
    return period.key if period.is_year else month(period.first)


def month_name(first: date) -> str:
    """`Oktober`, beside its year."""
    return format_date(first, "LLLL", locale=language().value)


def short_period_name(period: FigurePeriod) -> str:
    """`Okt 2026`, or `2026`: for the head of a column on a phone."""
    return period.key if period.is_year else format_date(period.first, "MMM y", locale=language().value)


@dataclass(frozen=True)
class Term:
    """A figure's name and definition (msgids)."""

    label: str
    meaning: str


NOTICE_RESULTS = {
    NoticeResult.KEPT: Term(N_("Kept"), N_("Done in time, confirmed by our check.")),
    NoticeResult.LATE: Term(
        N_("Done late"), N_("Confirmed by our check, but done after the deadline, or only after we asked again.")
    ),
    NoticeResult.UNTIMED: Term(
        N_("Done, without a clock"),
        N_(
            "Confirmed by our check. There was no deadline, because nothing was promised or receipt of the notice is "
            "not "
            "proven."
        ),
    ),
    NoticeResult.CLAIMED: Term(
        N_("Claimed, not yet confirmed"), N_("The operator says that it is done; we have not confirmed it yet.")
    ),
    NoticeResult.CONTRADICTED: Term(
        N_("Claimed, but not true"), N_("The operator said that it was done, but our check found that it was not.")
    ),
    NoticeResult.REFUSED: Term(N_("Refused"), N_("The operator said that it will not do it, and gave its reason.")),
    NoticeResult.ASKED_BACK: Term(
        N_("Question to us"), N_("The operator needs a correction from us; its clock rests until we have sent it.")
    ),
    NoticeResult.OPEN: Term(
        N_("Still open"), N_("There is still time, or nobody has provably received the notice yet.")
    ),
    NoticeResult.OVERDUE: Term(N_("Overdue"), N_("The time is over, and it was neither done nor answered.")),
    NoticeResult.WITHDRAWN: Term(
        N_("No longer asked"),
        N_("We took it back, or it ended without effect, for example because the account no longer exists."),
    ),
}
DATA = {
    DataRequestResult.ANSWERED: Term(N_("Answered in time"), N_("The operator says that it gave the data in time.")),
    DataRequestResult.ANSWERED_LATE: Term(
        N_("Answered late"), N_("The operator says that it gave the data, but after the five days.")
    ),
    DataRequestResult.REFUSED: Term(N_("Refused"), N_("The operator gave no data, and gave its reason.")),
    DataRequestResult.ASKED_BACK: NOTICE_RESULTS[NoticeResult.ASKED_BACK],
    DataRequestResult.OPEN: NOTICE_RESULTS[NoticeResult.OPEN],
    DataRequestResult.OVERDUE: Term(N_("Overdue"), N_("The five days are over without an answer.")),
    DataRequestResult.WITHDRAWN: Term(N_("No longer asked"), N_("We took it back.")),
}
OBJECTIONS = {
    ObjectionState.OPEN: Term(
        N_("Still open"), N_("The operator says that the notice is wrong; nobody has decided it yet.")
    ),
    ObjectionState.ACCEPTED: Term(N_("Accepted"), N_("The operator was right, and the notice was taken back.")),
    ObjectionState.REJECTED: Term(N_("Rejected"), N_("A supervisor gave reasons why the notice stands.")),
}
STAGES = {
    EscalationStage.CLARIFICATION: N_("Clarification"),
    EscalationStage.ORDER: N_("Order"),
    EscalationStage.WARNING_1: N_("First warning"),
    EscalationStage.WARNING_2: N_("Second warning"),
    EscalationStage.WARNING_3: N_("Third warning"),
}
