"""The public figures: numbers, one picture with its table, and the same as CSV."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.terms import AppealState, Channel, DecisionKind
from jaga.policy import UnknownTerm, load_release
from jaga.transparency.figures import ENDED, Count, Figures, compute, csv
from jaga.web.errors import language
from jaga.web.public.counting import counted
from jaga.web.public.spans import span
from jaga.web.public.words import AUTHORITIES, CHANNELS, DECISIONS, OUTCOMES

# Words stand above their bar, so that the picture is readable on a phone; all in units of its view box.
BAR_WIDTH, CHART_WIDTH, ROW_HEIGHT = 280, 320, 40


@dataclass(frozen=True)
class Bar:
    """One bar of the picture, in the units of its view box."""

    label: str
    value: int
    top: int
    width: int

    @property
    def label_y(self) -> int:
        """The words' base line."""
        return self.top + 12

    @property
    def bar_y(self) -> int:
        """The bar's upper edge."""
        return self.top + 18

    @property
    def value_y(self) -> int:
        """The number's base line, beside the bar."""
        return self.top + 29


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The page."""
    now = _figures()
    by_category = [(_category(count.key), count.value) for count in now.by_category if count.value != 0]
    bars = _bars(now)
    return render(request, "public/figures.html", {
        "figures": now, "by_category": by_category, "bars": bars,
        "chart_height": len(bars) * ROW_HEIGHT, "chart_width": CHART_WIDTH, "bar_width": BAR_WIDTH,
        "by_channel": [(gettext(CHANNELS[Channel(count.key)]), count.value) for count in now.by_channel],
        "by_outcome": [(_outcome(count.key), count.value) for count in now.by_outcome],
        "measures": [(gettext("Closures"), now.closures), (gettext("Restrictions"), now.restrictions)],
        "restore_hours": load_release().deadlines.restoration.hours,
        "appeals": {AppealState(count.key).value: count.value for count in now.appeals},
        "times": [(gettext("From the first report to the decision"), now.to_decision.count,
                   span(now.to_decision.median), span(now.to_decision.p90)),
                  (gettext("From the first report to the confirmed closure"), now.to_closure.count,
                   span(now.to_closure.median), span(now.to_closure.p90))],
        "requests": [(gettext(AUTHORITIES[asked.kind]), asked.total, asked.undecided,
                      [(gettext(DECISIONS[made]), number) for made, number in asked.outcomes])
                     for asked in now.requests],
    })


@require_safe
def figures_csv(request: HttpRequest) -> HttpResponse:
    """The same figures for machines and spreadsheets."""
    return HttpResponse(b"".join(csv(_figures())), content_type="text/csv; charset=utf-8",
                        headers={"Content-Disposition": 'attachment; filename="jaga-figures.csv"'})


def _figures() -> Figures:
    return counted("public-figures", compute)


def _category(key: str) -> str:
    try:
        return load_release().category(key).label.say(language())
    except UnknownTerm:  # of an earlier release of the policy
        return key


def _outcome(key: str) -> str:
    return gettext("Ended without effect") if key == ENDED else gettext(OUTCOMES[DecisionKind(key)])


def _bars(now: Figures) -> list[Bar]:
    """A bar for each category that has shown cases, longest first."""
    shown: list[Count] = sorted((count for count in now.by_category if count.value), key=lambda c: -(c.value or 0))
    longest = max((count.value or 0 for count in shown), default=1)
    return [
        Bar(_category(count.key), count.value or 0, number * ROW_HEIGHT,
            max(3, round(BAR_WIDTH * (count.value or 0) / longest)))
        for number, count in enumerate(shown)
    ]
