"""The case page section of this package: referrals, and referring immediately."""

from collections.abc import Mapping

from jaga.records.access.cases.related_records import Beside
from jaga.records.access.referrals import may_refer_at_once, referrals_of
from jaga.web.console.frame.sections import CasePage, Place, Section


def _referrals(page: CasePage) -> Mapping[str, object]:
    return {
        "referrals": referrals_of(page.case.stored, actor=page.actor) if Beside.REFERRALS in page.has else (),
        "may_refer_at_once": page.can_vote and may_refer_at_once(page.case.stored),
    }


SECTIONS = (
    Section(Place.ACT, 50, "referrals/parts/referral_card.html", _referrals),
)
