"""The public list of trusted flaggers with outcomes of their reports in closed months (DSA art. 22(5))."""

from collections import Counter
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jaga.exchange.csv_out import Cell, csv_rows
from jaga.figures.verbs.published import Published, published
from jaga.people.reads.trusted_flaggers import FlaggerView, public_flaggers
from jaga.policy.local_time import day_of
from jaga.policy.release import load_release
from jaga.web.errors import language

HEADER = (
    "name",
    "invented",
    "areas",
    "awarded_by",
    "awarded_on",
    "valid_until",
    "suspended_since",
    "acted_on_at_least",
    "dismissed_at_least",
    "overturned_at_least",
    "until_month",
)


@dataclass(frozen=True)
class ListedFlagger:
    """A flagger and the published outcomes of its reports."""

    flagger: FlaggerView
    shown: Counter[str]


@require_safe
def flaggers(request: HttpRequest) -> HttpResponse:
    """All flaggers, including suspended ones."""
    public = published()
    return render(
        request,
        "public/flaggers.html",
        {
            "rows": _listed(public),
            "last_month": public.last_month,
            "labels": {one.key: one.label.say(language()) for one in load_release().categories},
        },
    )


@require_safe
def flaggers_csv(request: HttpRequest) -> HttpResponse:
    """The list as CSV."""
    public = published()
    until = public.last_month.isoformat()[:7] if public.last_month else None
    body = b"".join(csv_rows(HEADER, [(*_row(one), until) for one in _listed(public)]))
    return HttpResponse(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="jaga-flaggers.csv"'},
    )


def _listed(public: Published) -> list[ListedFlagger]:
    shown = public.flaggers()
    return [ListedFlagger(one, shown.get(one.organisation_id, Counter())) for one in public_flaggers()]


def _row(one: ListedFlagger) -> tuple[Cell, ...]:
    of, suspended = one.flagger, one.flagger.suspended
    return (
        of.name,
        of.practice,
        " ".join(of.expertise),
        of.awarded_by,
        of.awarded_on,
        of.valid_until,
        day_of(suspended.began_at) if suspended else None,
        one.shown["acted_on"],
        one.shown["dismissed"],
        one.shown["overturned"],
    )
