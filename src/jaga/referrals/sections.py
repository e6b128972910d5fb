"""The case page section of this package: referrals, and referring immediately."""

from collections.abc import Mapping

from jaga.cases.reads.gate import Related
from jaga.referrals.reads import may_refer_at_once, referrals_of
from jaga.web.frame.sections import CasePage, Place, Section


def _referrals(page: CasePage) -> Mapping[str, object]:
    return {
        "referrals": referrals_of(page.case, actor=page.actor) if Related.REFERRALS in page.has else (),
        "may_refer_at_once": page.can_vote and may_refer_at_once(page.case),
    }


SECTIONS = (Section(Place.ACT, 50, "referrals/parts/referral_card.html", _referrals),)
