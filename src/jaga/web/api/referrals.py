"""Matters referred to the police: numbers and categories only. Everything more takes a formal request."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from jaga.core.terms import Language
from jaga.policy import load_release
from jaga.records.access.authority import list_referrals
from jaga.web.api.auth import officer_of
from jaga.web.api.pages import Cursor, Limit, Page, cut
from jaga.web.api.problems import Problem
from jaga.web.api.words import both

router = Router(tags=["referrals"])


class ReferralOut(Schema):
    """One referral. Quote the case's number in a formal request to learn more."""

    case_reference: str
    category: str
    label: dict[Language, str]
    channel: str
    victim_first: bool
    referred_at: datetime


class ReferralsOut(Page):
    """A page of referrals."""

    items: list[ReferralOut]


@router.get("/referrals", response={200: ReferralsOut, 401: Problem, 403: Problem, 422: Problem},
            summary="Matters referred to the police (police only)")
def referrals(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> ReferralsOut:
    """Newest first."""
    rows = list_referrals(officer_of(request), before=cursor, most=limit + 1)
    shown, following = cut(rows, limit, lambda seen: seen.decision_id)
    labels = {known.key: both(known.label) for known in load_release().categories}
    return ReferralsOut(next=following, items=[
        ReferralOut(
            case_reference=seen.case_reference, category=seen.category,
            label=labels.get(seen.category) or dict.fromkeys(Language, seen.category),
            channel=seen.channel, victim_first=seen.victim_first, referred_at=seen.referred_at,
        )
        for seen in shown
    ])
