"""Case page sections of this package: the holder's hearing, differing votes, and decisions."""

from collections.abc import Mapping

from jaga.cases.reads.decisions import decisions_of, votes_to_settle
from jaga.cases.reads.gate import Related
from jaga.decisions.reads import hearing_of
from jaga.web.frame.sections import CasePage, Place, Section


def _hearing(page: CasePage) -> Mapping[str, object]:
    return {"hearing": hearing_of(page.case)}


def _votes(page: CasePage) -> Mapping[str, object]:
    return {"votes": votes_to_settle(page.case, actor=page.actor)}


def _decisions(page: CasePage) -> Mapping[str, object]:
    return {"decisions": decisions_of(page.case) if Related.DECISIONS in page.has else ()}


SECTIONS = (
    Section(Place.EVIDENCE, 3, "decisions/parts/hearing.html", _hearing),
    Section(Place.EVIDENCE, 6, "decisions/parts/votes.html", _votes),
    Section(Place.ACT, 80, "decisions/parts/decisions.html", _decisions),
)
