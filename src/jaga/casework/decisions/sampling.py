"""Sampling decided cases for blind review, by a keyed lot that nobody can predict and key holders can verify.

The ledger does not record that a case was drawn, since its future and former reviewers can read it. The lot follows
from the case's id, which proves it.
"""

from jaga.core.clock import now
from jaga.core.terms.decisions import DecisionKind
from jaga.policy import PolicyRelease
from jaga.records.codes import lot
from jaga.records.models import BlindReview, Case


def is_drawn(case_id: int, kind: DecisionKind, release: PolicyRelease) -> bool:
    """Whether a case decided this way belongs to the sample. Always gives the same answer."""
    return lot(f"case:{case_id}") < release.quality.share_of(kind)


def draw_sample(case: Case, kind: DecisionKind, release: PolicyRelease) -> None:
    """Add the case to the sample if drawn, in the transaction of its decision. Idempotent."""
    if is_drawn(case.pk, kind, release):
        BlindReview.objects.get_or_create(case=case, golden=None, defaults={"drawn_at": now()})
