"""Campaigns: accounts that share a text or a contact, their growth, and each account with its case. Display only."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from babel.dates import format_date
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.policy import load_release
from jaga.records.access.screening.campaigns import (
    ACCOUNTS_SHOWN,
    CampaignKind,
    access_campaign,
    list_campaigns,
)
from jaga.records.access.watch.watches import SEES
from jaga.web.console.frame.charts import ColumnChart, columns
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import language, say_fields

DAYS = (7, 30, 90)
_COLUMNS, _LABELS = 30, 8


@require_safe
@signed_in
def campaigns(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Campaigns with new accounts, the fastest growing first."""
    typed = request.GET.get("days", "30")
    wrong = (
        None
        if typed in {str(days) for days in DAYS}
        else InvalidInput(FieldError("days", "unknown", N_("Choose 7, 30 or 90 days.")))
    )
    days = 30 if wrong else int(typed)
    found = list_campaigns(days, actor=actor)
    return page(
        request,
        actor,
        "screening/campaigns.html",
        {
            "campaigns": found,
            "days": days,
            "spans": DAYS,
            "contact_days": load_release().screening.contact_days,
            "errors": say_fields(wrong) if wrong else {},
        },
        open_link="campaigns",
        status=wrong.status if wrong else 200,
    )


@require_safe
@signed_in
def campaign(request: HttpRequest, actor: Actor, kind: str, number: int) -> HttpResponse:
    """One campaign with its accounts. Raises NotPermitted, NotFound."""
    if kind not in set(CampaignKind):
        raise NotFound
    found = access_campaign(CampaignKind(kind), number, actor=actor)
    return page(
        request,
        actor,
        "screening/campaign.html",
        {
            "campaign": found,
            "chart": growth(found.first_ats),
            "more": max(0, len(found.first_ats) - ACCOUNTS_SHOWN),
            "watched": found.row.kind is CampaignKind.CONTACT and bool(actor.roles.intersection(SEES)),
            "contact_days": load_release().screening.contact_days,
        },
        open_link="campaigns",
    )


def growth(first_ats: Sequence[datetime]) -> ColumnChart:
    """New accounts and all accounts until then, from the first account until today: by day, or by more days each if
    there are more than thirty.
    """
    zone = get_current_timezone()
    days = sorted(at.astimezone(zone).date() for at in first_ats)
    span = (now().astimezone(zone).date() - days[0]).days + 1
    width = -(-span // _COLUMNS)
    count = -(-span // width)
    rows, before, step = [], 0, -(-count // _LABELS)
    for place in range(count):
        start = days[0] + timedelta(days=place * width)
        until = bisect_right(days, start + timedelta(days=width - 1))
        label = format_date(start, "d/M", locale=language().value) if place % step == 0 else ""
        rows.append((label, format_date(start, "d MMM y", locale=language().value), until - before, until))
        before = until
    return columns(rows)
