"""Preservations ordered by one person and not yet confirmed by a second."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.records.access.base.clearance import READERS, visible_to
from jaga.records.models import Preservation


@dataclass(frozen=True)
class PreservationView:
    """A preservation that will lapse. `mine`: the reader ordered it, so someone else must confirm."""

    decision_id: int
    case_id: int
    reference: str
    category: str
    decided_at: datetime
    lapses_at: datetime
    mine: bool


def list_preservations(*, actor: Actor) -> tuple[PreservationView, ...]:
    """Unconfirmed preservations, the next to lapse first. Raises NotPermitted."""
    person = actor.require(*READERS)
    rows = Preservation.objects.filter(
        visible_to(actor, path="decision__case__"), agreed_at__isnull=True, lapsed_at__isnull=True
    ).select_related("decision__case")
    return tuple(
        PreservationView(
            row.decision_id,
            row.decision.case_id,
            row.decision.case.reference,
            row.decision.case.category,
            row.decision.decided_at,
            row.lapses_at,
            row.decision.decided_by_id == person,
        )
        for row in rows.order_by("lapses_at", "pk")[:200]
    )
