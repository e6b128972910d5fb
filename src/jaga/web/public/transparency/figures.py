"""Public figures of closed days and months, rounded (ADR 0056): charts with tables, and CSV."""

from collections import Counter
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.errors import N_
from jaga.core.terms.appeals import AppealState
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.policy import UnknownTerm, load_release
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.transparency.closing import CLOSED_AFTER
from jaga.transparency.published import Published, Tables, csv, published
from jaga.transparency.rounding import BASE
from jaga.web.errors import language
from jaga.web.public.base.counting import counted
from jaga.web.public.base.words import DECISIONS, OUTCOMES, authorities_name

# Labels are above their bars, so that the chart is readable on a phone; all in view box units.
BAR_WIDTH, CHART_WIDTH, ROW_HEIGHT = 280, 320, 40
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


@dataclass(frozen=True)
class FigureBar:
    """One bar of the chart, in view box units."""

    label: str
    value: int
    top: int
    width: int

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
class FigureRow:
    """One figure: the latest closed month, and all closed months together."""

    label: str
    month: int
    together: int


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The page."""
    public = _published()
    by_day = public.reports_of(public.last_day) if public.last_day else Counter[str]()
    reports = public.together("reports")
    bars = _bars(reports)
    return render(request, "public/figures.html", {
        "public": public, "base": BASE, "closed_after": int(CLOSED_AFTER.total_seconds() // 3600), "bars": bars,
        "chart_height": len(bars) * ROW_HEIGHT, "chart_width": CHART_WIDTH, "bar_width": BAR_WIDTH,
        "total": reports.total(), "by_day": [(_category(key), by_day[key]) for key in _openly_counted(by_day)],
        "day_total": by_day.total(), "by_category": _rows(public, "reports", {
            key: _category(key) for key in _openly_counted(reports)}),
        "victims": FigureRow("", _newest(public).get("victims", 0), public.number("victims")),
        "late": FigureRow("", _newest(public).get("late", 0), public.number("late")),
        "became": _rows(public, "became", {key: gettext(word) for key, word in BECAME.items()}),
        "seen_closed": public.together("became")["close:seen"], "times": _newest(public).get("times", []),
        "appeals": _rows(public, "appeals", {AppealState.UPHELD.value: gettext("Decision stands"),
                                             AppealState.OVERTURNED.value: gettext("Decision was wrong")}),
        "restorations": _rows(public, "restorations", {"within": gettext("In time"), "late": gettext("Too late")}),
        "referrals": _rows(public, "referrals", {key: gettext(word) for key, word in REFERRALS.items()}),
        "restoration": load_release().deadlines.restoration, "requests": _requests(public),
    })


@require_safe
def figures_csv(request: HttpRequest) -> HttpResponse:
    """The figures as CSV, with rows per closed period."""
    return HttpResponse(b"".join(csv(_published())), content_type="text/csv; charset=utf-8",
                        headers={"Content-Disposition": 'attachment; filename="jaga-figures.csv"'})


def _published() -> Published:
    return counted("public-figures", published)


def _newest(public: Published) -> Tables:
    return public.months[public.last_month] if public.last_month else {}


def _rows(public: Published, table: str, labels: dict[str, str]) -> list[FigureRow]:
    """A row per label, whether shown as few or as a number."""
    month = public.months[public.last_month].get(table, {}) if public.last_month else {}
    together = public.together(table)
    return [FigureRow(label, month.get(key, 0), together[key]) for key, label in labels.items()]


def _openly_counted(also: Counter[str]) -> list[str]:
    """The release's categories except those of possible victims, and earlier releases' categories."""
    keys = [category.key for category in load_release().categories
            if not category.victim_first and category.key not in WHO_MAY_REPORT]
    return [*keys, *sorted(also.keys() - set(keys))]


def _requests(public: Published) -> list[tuple[str, int, list[tuple[str, int]]]]:
    counts = public.requests()
    return [
        (authorities_name(kind), counts.get(kind, Counter())["requests"],
         [(gettext(DECISIONS[made]), counts[kind][made]) for made in DecisionKind if counts.get(kind, Counter())[made]])
        for kind in OrganisationKind if kind.is_authority
    ]


def _category(key: str) -> str:
    try:
        return load_release().category(key).label.say(language())
    except UnknownTerm:  # From an earlier policy release.
        return key


def _bars(reports: Counter[str]) -> list[FigureBar]:
    """A bar per category shown with a number, longest first."""
    shown = [(key, count) for key, count in reports.most_common() if count]
    longest = max((count for _, count in shown), default=1)
    return [FigureBar(_category(key), count, number * ROW_HEIGHT, max(3, round(BAR_WIDTH * count / longest)))
            for number, (key, count) in enumerate(shown)]
