"""Cases that rest on a request nobody has verified: the database knows the same rule (`records_unverified_guard`)."""

from jaga.core.terms import HeldState
from jaga.records.models import Case, EmergencyHold, Report


def is_unverified(case: Case) -> bool:
    """Whether nothing but preserving is possible: a held request is not decided, or nothing else supports the case."""
    emergencies = EmergencyHold.objects.filter(report__case=case)
    if emergencies.filter(held__state=HeldState.HELD).exists():
        return True
    others = Report.objects.filter(case=case, emergency__isnull=True, withdrawn_at__isnull=True)
    return emergencies.exists() and not others.exists()
