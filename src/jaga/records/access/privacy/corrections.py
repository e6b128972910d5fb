"""Corrections beside a case: what the holder of its account or one of its reporters had added."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, CorrectionNote


@dataclass(frozen=True)
class CorrectionNoteView:
    """One note. `by_holder`: of the account's holder; else of a reporter, whose words stay inside."""

    text: str
    by_holder: bool
    at: datetime


@takes_case
def corrections_of(case: Case) -> tuple[CorrectionNoteView, ...]:
    """The notes on a case that was fetched with a permission check."""
    rows = CorrectionNote.objects.filter(Q(subject=case.subject_id) | Q(report__case=case.pk)).order_by("pk")
    return tuple(CorrectionNoteView(row.text, row.subject_id is not None, row.at) for row in rows)
