"""Public figures of closed days, months and years, rounded (ADR 0056): a period, one to compare, trends, and CSV."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.terms.appeals import AppealState
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.policy import load_release
from jaga.transparency.closing import CLOSED_AFTER
from jaga.transparency.periods import FigurePeriod, alike, find, months_of, one_before, years_of
from jaga.transparency.published import Published, csv, published
from jaga.transparency.rounding import BASE
from jaga.web.public.base.counting import counted
from jaga.web.public.base.words import DECISIONS, authorities_name
from jaga.web.public.transparency.charts import LONGEST_TREND, Trend, bars, trend
from jaga.web.public.transparency.figure_words import (
    REFERRALS,
    became_words,
    openly_counted,
    period_name,
    short_period_name,
)

NOTHING = "none"
"""The value of `with` for no comparison."""


@dataclass(frozen=True)
class FigureRow:
    """One figure of the chosen period, and of the one beside it; None: not recorded, or nothing is compared."""

    label: str
    chosen: int | None
    compared: int | None

    @property
    def change(self) -> str:
        """The difference of two numbers that are both shown; empty if one is few: it would say nothing."""
        if not self.chosen or not self.compared:
            return ""
        difference = self.chosen - self.compared
        return f"+{difference}" if difference > 0 else f"−{-difference}" if difference else "±0"


@dataclass(frozen=True)
class AuthorityRow:
    """The requests of one kind of authority, and what became of those of the chosen period."""

    requests: FigureRow
    outcomes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class PeriodChoice:
    """The chosen period, the one beside it (None: none), and what can be chosen."""

    chosen: FigurePeriod
    compared: FigurePeriod | None
    years: tuple[FigurePeriod, ...]
    months: tuple[FigurePeriod, ...]
    comparable: tuple[FigurePeriod, ...]

    @property
    def name(self) -> str:
        """The chosen period in words."""
        return period_name(self.chosen)

    @property
    def other_name(self) -> str:
        """The period beside it in words; empty if there is none."""
        return period_name(self.compared) if self.compared else ""

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the columns of numbers."""
        return tuple(short_period_name(one) for one in (self.chosen, self.compared) if one)

    @property
    def options(self) -> list[tuple[str, str]]:
        """Key and name of what can stand beside it."""
        return [(one.key, period_name(one)) for one in self.comparable]

    @property
    def partial(self) -> bool:
        """Whether two years are compared of which one has fewer closed months."""
        return self.compared is not None and self.chosen.months != self.compared.months

    def row(self, label: str, name: str) -> FigureRow:
        """One number of both periods."""
        return FigureRow(
            label, self.chosen.figures.number(name), self.compared.figures.number(name) if self.compared else None
        )

    def rows(self, table: str, labels: Mapping[str, str]) -> list[FigureRow]:
        """A row per label, whether shown as few or as a number."""
        ours = self.chosen.figures.together(table) if self.chosen.figures.has(table) else None
        theirs = self.compared.figures.together(table) if self.compared and self.compared.figures.has(table) else None
        return [
            FigureRow(label, ours[key] if ours is not None else None, theirs[key] if theirs is not None else None)
            for key, label in labels.items()
        ]


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The page. `?period=2026-10` or `?period=2026` chooses, `?with=` names what stands beside it."""
    public = get_published()
    by_day = public.reports_of(public.last_day) if public.last_day else Counter[str]()
    choice = _choice(public, request.GET.get("period", ""), request.GET.get("with", ""))
    return render(
        request,
        "public/figures.html",
        {
            "public": public,
            "base": BASE,
            "closed_after": int(CLOSED_AFTER.total_seconds() // 3600),
            "by_day": [(label, by_day[key]) for key, label in openly_counted(by_day).items()],
            "day_total": by_day.total(),
            "choice": choice,
            **(_of(public, choice) if choice else {}),
        },
    )


@require_safe
def figures_csv(request: HttpRequest) -> HttpResponse:
    """The figures as CSV, with rows per closed period."""
    return HttpResponse(
        b"".join(csv(get_published())),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="jaga-figures.csv"'},
    )


def get_published() -> Published:
    """All closed periods, as last read."""
    return counted("public-figures", published)


def _choice(public: Published, key: str, other_key: str) -> PeriodChoice | None:
    """What was chosen: without a choice that can be shown, the newest month beside the one before it."""
    chosen = find(public, key) or next(iter(months_of(public)), None)
    if chosen is None:
        return None
    comparable = tuple(one for one in alike(public, chosen) if one.key != chosen.key)
    compared = next((one for one in comparable if one.key == other_key), None)
    if compared is None and other_key != NOTHING:
        compared = one_before(public, chosen)
    return PeriodChoice(chosen, compared, years_of(public), months_of(public), comparable)


def _of(public: Published, choice: PeriodChoice) -> dict[str, object]:
    ours = choice.chosen.figures
    reports, theirs = ours.together("reports"), choice.compared.figures.together("reports") if choice.compared else None
    names, trends = openly_counted(reports, theirs or Counter()), _trends(public, choice)
    return {
        "chart": bars([(names[key], count, "") for key, count in reports.most_common()]),
        "trends": trends,
        "trend_rows": _as_rows(trends),
        "total": reports.total(),
        "theirs": FigureRow("", reports.total(), theirs.total() if theirs is not None else None),
        "by_category": choice.rows("reports", names),
        "victims": choice.row("", "victims"),
        "late": choice.row("", "late"),
        "became": choice.rows("became", became_words()),
        "seen_closed": ours.together("became")["close:seen"],
        "times": ours.slowest(),
        "their_times": choice.compared.figures.slowest() if choice.compared else None,
        "appeals": choice.rows(
            "appeals",
            {
                AppealState.UPHELD.value: gettext("Decision stands"),
                AppealState.OVERTURNED.value: gettext("Decision was wrong"),
            },
        ),
        "restorations": choice.rows("restorations", {"within": gettext("In time"), "late": gettext("Too late")}),
        "referrals": choice.rows("referrals", {key: gettext(word) for key, word in REFERRALS.items()}),
        "restoration": load_release().deadlines.restoration,
        "requests": _requests(choice),
    }


def _trends(public: Published, choice: PeriodChoice) -> tuple[Trend, ...]:
    """The main figures over all periods of the chosen kind, oldest first."""
    periods = tuple(reversed(alike(public, choice.chosen)[:LONGEST_TREND]))
    marks = {choice.chosen.key: "chosen", **({choice.compared.key: "compared"} if choice.compared else {})}

    def of(title: str, numbers: list[int]) -> Trend:
        return trend(
            title,
            [(period_name(one), number, marks.get(one.key, "")) for one, number in zip(periods, numbers, strict=True)],
        )

    tables = [one.figures for one in periods]
    return (
        of(gettext("Reports"), [one.together("reports").total() for one in tables]),
        of(gettext("Not decided in time"), [one.number("late") for one in tables]),
        of(gettext("Account closed, confirmed by our check"), [one.together("became")["close:seen"] for one in tables]),
        of(gettext("Appeals: decision was wrong"), [one.together("appeals")["overturned"] for one in tables]),
    )


def _as_rows(trends: tuple[Trend, ...]) -> list[tuple[str, list[tuple[str, int]]]]:
    """The trends as rows of a table, newest period first."""
    return [
        (columns[0].label, [(one.title, column.value) for one, column in zip(trends, columns, strict=True)])
        for columns in reversed(list(zip(*(one.columns for one in trends), strict=True)))
    ]


def _requests(choice: PeriodChoice) -> list[AuthorityRow]:
    ours, empty = choice.chosen.figures.requests(), Counter[str]()
    theirs = choice.compared.figures.requests() if choice.compared else None
    return [
        AuthorityRow(
            FigureRow(
                authorities_name(kind),
                ours.get(kind, empty)["requests"],
                theirs.get(kind, empty)["requests"] if theirs is not None else None,
            ),
            tuple((gettext(DECISIONS[made]), ours[kind][made]) for made in DecisionKind if ours.get(kind, empty)[made]),
        )
        for kind in OrganisationKind
        if kind.is_authority
    ]
