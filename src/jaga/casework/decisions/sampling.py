"""Which decided cases are judged again: a lot that nobody can foretell, and that whoever holds its key can check.

No entry of the ledger says that a case was drawn: its history is open to those who will judge it, and to those who
judged it. The lot itself proves it, since it follows from the case's number.
"""

from jaga.core.clock import now
from jaga.core.terms import DecisionKind
from jaga.policy import PolicyRelease
from jaga.records.codes import lot
from jaga.records.models import Case, Rejudgement


def is_drawn(case_id: int, kind: DecisionKind, release: PolicyRelease) -> bool:
    """Whether a case that was decided so belongs to the sample. The same whenever it is asked."""
    return lot(f"case:{case_id}") < release.quality.share_of(kind)


def draw_sample(case: Case, kind: DecisionKind, release: PolicyRelease) -> None:
    """Put the case into the sample if its lot says so, in the transaction of its decision. Safe to repeat."""
    if is_drawn(case.pk, kind, release):
        Rejudgement.objects.get_or_create(case=case, golden=None, defaults={"drawn_at": now()})
