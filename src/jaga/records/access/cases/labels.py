"""The labels of a case, for staff who judge it."""

from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, CaseLabel


@takes_case
def labels_of(case: Case) -> tuple[str, ...]:
    """The labels of a case already fetched with a permission check, in alphabetical order."""
    rows = CaseLabel.objects.filter(case=case, withdrawn_at__isnull=True)
    return tuple(rows.order_by("label").values_list("label", flat=True))
