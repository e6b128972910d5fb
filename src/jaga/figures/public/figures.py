"""Public figures of closed days, months and years, rounded (ADR 0056): a period, one to compare, trends, and CSV.

Public score cards: each operator's pledges beside the results of requests in closed months.

One year in the shape of the ministry's own sentence: what was handled, of what kind, through which channel, how much
of it about children, what was done, what was seen of it, and how long it took.

Only sums of what closed months showed (`figures.verbs.closing`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.errors import NotFound
from jaga.core.terms.cases import AppealState, DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.figures.public.charts import (
    DATA,
    LONGEST_TREND,
    NOTICE_RESULTS,
    OBJECTIONS,
    REFERRALS,
    STAGES,
    BarChart,
    Term,
    TileMap,
    Trend,
    bars,
    became_words,
    month_name,
    openly_counted,
    period_name,
    short_period_name,
    tiles,
    trend,
)
from jaga.figures.reads.operator_counts import PledgeCount
from jaga.figures.verbs.closing import CLOSED_AFTER, FigurePeriod, alike, find, months_of, one_before, years_of
from jaga.figures.verbs.figures import BASE
from jaga.figures.verbs.operators import LADDER
from jaga.figures.verbs.published import PublicCard, PublicCards, Published, csv, public_cards, published
from jaga.figures.verbs.published import operators_csv as operators_lines
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import load_release
from jaga.web.errors import language
from jaga.web.strangers import DECISIONS, OUTCOMES, authorities_name, channel_name, counted

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
            **(_of_of_figures(public, choice) if choice else {}),
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


def _of_of_figures(public: Published, choice: PeriodChoice) -> dict[str, object]:
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


@dataclass(frozen=True)
class OperatorFigureRow:
    """One figure: name, definition and number."""

    term: Term
    count: int


@dataclass(frozen=True)
class ShownPromise:
    """A pledge with categories in the reader's language."""

    promise: PledgeCount
    categories: tuple[str, ...]


@require_safe
def operators(request: HttpRequest) -> HttpResponse:
    """All registered operators."""
    found = _cards()
    return render(
        request,
        "public/operators.html",
        {
            "last_month": found.last_month,
            "cards": [(card, chart(card), _promises(card.operator.in_force)) for card in found.cards],
        },
    )


@require_safe
def operator(request: HttpRequest, slug: str) -> HttpResponse:
    """One operator's card. Raises NotFound."""
    found = _one(slug)
    (card,) = found.cards
    letters = dict(card.letters)
    return render(
        request,
        "public/operator.html",
        {
            "card": card,
            "who": card.operator,
            "last_month": found.last_month,
            "chart": chart(card),
            "promises": _promises(card.operator.in_force),
            "restoration": load_release().deadlines.restoration,
            "earlier": _promises(card.operator.earlier),
            "results": [OperatorFigureRow(NOTICE_RESULTS[one], count) for one, count in card.results],
            "data": [OperatorFigureRow(DATA[one], count) for one, count in card.data],
            "objections": [OperatorFigureRow(OBJECTIONS[state], count) for state, count in card.objections],
            "escalation": [(gettext(STAGES[stage]), letters[stage]) for stage in LADDER],
            "clarifications": letters[next(stage for stage in letters if stage not in LADDER)],
        },
    )


@require_safe
def operators_csv(request: HttpRequest) -> HttpResponse:
    """All cards as CSV."""
    return _csv(_cards(), "jaga-operators.csv")


@require_safe
def operator_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """One card as CSV. Raises NotFound."""
    return _csv(_one(slug), f"jaga-operator-{slug}.csv")


def _csv(cards: PublicCards, name: str) -> HttpResponse:
    return HttpResponse(
        b"".join(operators_lines(cards)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cards() -> PublicCards:
    return counted("public-operators", public_cards)


def _one(slug: str) -> PublicCards:
    found = _cards()
    cards = tuple(card for card in found.cards if card.operator.slug == slug)
    if not cards:
        raise NotFound
    return PublicCards(found.months, cards)


def chart(card: PublicCard) -> BarChart:
    """A bar with its name for each result that is shown with a number, in the order of the table."""
    return bars([(gettext(NOTICE_RESULTS[one].label), count, one) for one, count in card.results])


def _promises(promises: tuple[PledgeCount, ...]) -> list[ShownPromise]:
    return [ShownPromise(promise, tuple(_category(key) for key in promise.categories)) for promise in promises]


def _category(key: str) -> str:
    try:
        return load_release().category(key).label.say(language())
    except UnknownTerm:  # From an earlier policy release.
        return key


ROWS_SHOWN = 5
"""Categories and channels that the sentence names; the tables have all."""


@dataclass(frozen=True)
class NamedCount:
    """A name with a rounded number."""

    name: str
    count: int


@dataclass(frozen=True)
class ActionRow:
    """Decisions of one kind in force at the end of their month, and what is known of their effect."""

    name: str
    decided: int
    confirmed: int | None  # by our own check; None where there is nothing to look at
    claimed: int | None  # as the chat app says, not yet seen


@require_safe
def year(request: HttpRequest) -> HttpResponse:
    """The newest year, or `?year=2025`."""
    years = years_of(get_published())
    wanted = request.GET.get("year", "")
    chosen = next((one for one in years if one.key == wanted), next(iter(years), None))
    context: dict[str, object] = {"years": years, "chosen": chosen}
    if chosen:
        context |= _of_of_year(chosen.figures)
    return render(request, "public/year.html", context)


def _of_of_year(figures: Published) -> dict[str, object]:
    reports, channels = figures.together("reports"), figures.together("channels")
    became, regions = figures.together("became"), figures.together("regions")
    by_category = _named(reports, openly_counted(reports))
    by_channel = _named(channels, {channel.value: channel_name(channel) for channel in Channel})
    return {
        "total": reports.total(),
        "by_category": by_category,
        "most": by_category[:ROWS_SHOWN],
        "by_channel": by_channel,
        "channels": by_channel[:ROWS_SHOWN],
        "with_channels": figures.has("channels"),
        "children": figures.number("children"),
        "with_children": figures.has("children"),
        "victims": figures.number("victims"),
        "actions": _actions(became),
        "closed": _sum(became, "close:"),
        "confirmed": became["close:seen"],
        "claimed": became["close:said"],
        "restricted": _sum(became, "restrict:"),
        "dismissed": became[DecisionKind.DISMISS],
        "times": figures.slowest(),
        "late": figures.number("late"),
        "overturned": figures.together("appeals")["overturned"],
        "map": _map(regions),
        "regions": _named(regions, {name: name for name in regions}),
        "with_regions": figures.has("regions"),
        "chart": bars([(one.name, one.count, "") for one in by_category]),
        "gaps": {name: _months_without(figures, name) for name in ("channels", "children", "regions")},
    }


def _months_without(figures: Published, name: str) -> str:
    """The months of this year that do not have a figure, in words; empty if all have it or none has."""
    missing = figures.without(name)
    return ", ".join(map(month_name, missing)) if len(missing) < len(figures.months) else ""


def _named(counts: Mapping[str, int], names: Mapping[str, str]) -> list[NamedCount]:
    """Those that are shown with a number, the largest first."""
    return sorted(
        (NamedCount(names.get(key, key), count) for key, count in counts.items() if count),
        key=lambda one: (-one.count, one.name),
    )


def _actions(became: Counter[str]) -> list[ActionRow]:
    looked_at = [
        ActionRow(gettext(OUTCOMES[kind]), _sum(became, f"{kind}:"), became[f"{kind}:seen"], became[f"{kind}:said"])
        for kind in (DecisionKind.CLOSE, DecisionKind.RESTRICT)
    ]
    others = [ActionRow(gettext(OUTCOMES[kind]), became[kind], None, None) for kind in DecisionKind if became[kind]]
    return [*(row for row in looked_at if row.decided), *others]


def _sum(became: Mapping[str, int], start: str) -> int:
    return sum(_starting(became, start))


def _starting(became: Mapping[str, int], start: str) -> Iterable[int]:
    return (count for key, count in became.items() if key.startswith(start))


def _map(regions: Mapping[str, int]) -> TileMap | None:
    """The release's regions as tiles; None if it draws none, or all are few."""
    return tiles(
        [
            (one.region, one.code or one.region[:2], one.tile, regions.get(one.region, 0))
            for one in load_release().quality.regions
            if one.tile is not None
        ]
    )
