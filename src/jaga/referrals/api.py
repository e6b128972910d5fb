"""Lists the referrals to the officer's organisation, without their messages; those are read in the console."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from jaga.authorities.reads.orders import list_referrals
from jaga.core.terms.people import Language
from jaga.policy.release import load_release
from jaga.web.api.auth import officer_of
from jaga.web.api.problems import Cursor, Limit, Page, Problem, both, cut

router = Router(tags=["referrals"])


class ReferralOut(Schema):
    """One referral. Read and confirm its message in the console under “Referred to you”."""

    number: str = Field(description="The number of the referral, for people and letters.")
    category: str = Field(description="The category's key, as in GET /categories.")
    label: dict[Language, str] = Field(description="The category's name in each language.")
    urgent: bool = Field(description="True if the case is urgent.")
    state: str = Field(description="Where the referral is: `sent` until an officer confirms the receipt.")
    referred_at: datetime = Field(description="When it was sent to your organisation.")
    due_at: datetime = Field(description="By when an officer should confirm the receipt.")


class ReferralsOut(Page):
    """A page of referrals."""

    items: list[ReferralOut] = Field(description="The referrals of this page, newest first.")


@router.get(
    "/referrals",
    response={200: ReferralsOut, 401: Problem, 403: Problem, 422: Problem},
    summary="List the referrals to your organisation (authorities only)",
)
def referrals(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> ReferralsOut:
    """The newest referral comes first.

    `state` is `sent` until an officer confirms the receipt. That should happen before `due_at`.
    """
    rows = list_referrals(officer_of(request), before=cursor, most=limit + 1)
    shown, following = cut(rows, limit, lambda referral: referral.referral_id)
    labels = {category.key: both(category.label) for category in load_release().categories}
    return ReferralsOut(
        next=following,
        items=[
            ReferralOut(
                number=referral.number,
                category=referral.category,
                label=labels.get(referral.category) or dict.fromkeys(Language, referral.category),
                urgent=referral.urgent,
                state=referral.state,
                referred_at=referral.referred_at,
                due_at=referral.due_at,
            )
            for referral in shown
        ],
    )
