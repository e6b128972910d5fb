"""Cases that rest on an unverified authority request.

The database enforces the same rule (`records_unverified_guard`).
"""

from jaga.core.terms.authorities import HeldState
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, EmergencyHold, Report


@takes_case
def is_unverified(case: Case) -> bool:
    """Whether only preservation is possible: a held request is undecided, or the case has no other support."""
    emergencies = EmergencyHold.objects.filter(report__case=case)
    if emergencies.filter(held__state=HeldState.HELD).exists():
        return True
    others = Report.objects.filter(case=case, emergency__isnull=True, withdrawn_at__isnull=True)
    return emergencies.exists() and not others.exists()
