"""What of a case was erased, for its page."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.terms.privacy import KeyOwner
from jaga.records.access.base.erased import erased_at, erased_last
from jaga.records.access.cases.case_view import takes_case
from jaga.records.key_store.store import is_destroyed
from jaga.records.models import Case, Report


@dataclass(frozen=True)
class CaseErasures:
    """When the words of the case were erased, those of its appeals, and those of how many of its reports."""

    words_at: datetime | None
    appeals_at: datetime | None
    reports: int
    reports_at: datetime | None


@takes_case
def erasures_of(case: Case) -> CaseErasures:
    """What of a case already fetched with a permission check was erased."""
    reports = [one.key_owner() for one in Report.objects.filter(case=case).only("key_number")]
    return CaseErasures(
        erased_at(case.key_owner()),
        erased_at(case.key_owner(KeyOwner.APPEAL)),
        sum(map(is_destroyed, reports)),
        erased_last(reports),
    )
