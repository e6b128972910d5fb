"""The public list of trusted flaggers, with what became of what they reported (DSA art. 22(5))."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jaga.core.clock import now
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.policy import load_release
from jaga.records.access.flaggers import SeenFlagger, public_flaggers
from jaga.web.errors import language

HEADER = ("name", "invented", "areas", "awarded_by", "awarded_on", "valid_until", "suspended_since", "filed",
          "acted_on", "dismissed", "overturned", "open")


@require_safe
def flaggers(request: HttpRequest) -> HttpResponse:
    """All of them, suspended ones too."""
    return render(request, "public/flaggers.html", {
        "rows": public_flaggers(), "at": now(),
        "labels": {one.key: one.label.say(language()) for one in load_release().categories}})


@require_safe
def flaggers_csv(request: HttpRequest) -> HttpResponse:
    """The same for machines and spreadsheets."""
    body = b"".join(csv_rows(HEADER, [_row(one) for one in public_flaggers()]))
    return HttpResponse(body, content_type="text/csv; charset=utf-8",
                        headers={"Content-Disposition": 'attachment; filename="jaga-flaggers.csv"'})


def _row(one: SeenFlagger) -> tuple[Cell, ...]:
    suspended = one.suspended
    return (one.name, one.practice, " ".join(one.expertise), one.awarded_by, one.awarded_on, one.valid_until,
            suspended.began_at if suspended else None, one.record.filed, one.record.acted_on, one.record.dismissed,
            one.record.overturned, one.record.open)
