"""Public score cards: each operator's pledges beside the results of requests in closed months."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.errors import NotFound
from jaga.policy import UnknownTerm, load_release
from jaga.records.access.operations.operator_counts import PledgeCount
from jaga.transparency.operators import LADDER
from jaga.transparency.published import PublicCard, PublicCards, public_cards
from jaga.transparency.published import operators_csv as operators_lines
from jaga.web.errors import language
from jaga.web.public.base.counting import counted
from jaga.web.public.transparency.charts import BarChart, bars
from jaga.web.public.transparency.operator_words import DATA, NOTICE_RESULTS, OBJECTIONS, STAGES, Term


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
