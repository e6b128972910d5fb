"""Access to a reporter's identity; each access is recorded in the ledger with its reason."""

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.terms.reports import IdentityReason
from jaga.records.access.reporting.reporter_identity import ReporterIdentityView, access_identity


@transaction.atomic
def open_identity(report_id: int, why: IdentityReason, *, actor: Actor) -> ReporterIdentityView:
    """Reveal who sent this report, once; the access is recorded in the same commit. Raises as `access_identity`."""
    identity = access_identity(report_id, why, actor=actor)
    append("open_identity", {"report": report_id, "why": why}, actor=actor, case_id=identity.case_id)
    return identity
