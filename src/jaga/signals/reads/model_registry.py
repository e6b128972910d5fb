"""Trained models as supervisors, administrators and auditors see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ModelState
from jaga.signals.models import LearntModel

AUDIENCE = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
SHOWN = 100


@dataclass(frozen=True)
class CorrectionView:
    """How the probabilities of an earlier model were corrected: by which cases, and by how much."""

    of: int
    """The model that it corrects."""
    cases: int
    acted_on: int
    opened_from: datetime
    opened_until: datetime
    waiting: int
    """Cases of this time that were not decided."""
    copies: int
    """Near copies that were left out."""
    judged: int
    """Of the cases, those judged again blind."""
    slope: float
    shift: float


@dataclass(frozen=True)
class LearntModelView:
    """One trained model. `own` and `other` are the stored metrics of it and of its baseline."""

    model_id: int
    category: str
    sha256: str
    state: ModelState
    better: bool
    compared_with: int | None  # The model in use at the time; None: no model.
    learnt_until: datetime
    positives: int
    negatives: int
    own: dict[str, object]
    other: dict[str, object]
    proposed_by: str  # If empty nobody is recorded, so it cannot be activated.
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    mine: bool  # The reader had it trained, so someone else decides.
    correction: CorrectionView | None  # None: trained, not corrected.


def list_models(*, actor: Actor) -> tuple[LearntModelView, ...]:
    """Models, newest first. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    rows = LearntModel.objects.select_related("proposed_by", "decided_by").order_by("-pk")[:SHOWN]
    return tuple(
        LearntModelView(
            row.pk,
            row.category,
            row.sha256,
            ModelState(row.state),
            row.better,
            row.compared_with_id,
            row.learnt_until,
            row.positives,
            row.negatives,
            row.metrics["own"],
            row.metrics["other"],
            row.proposed_by.display_name if row.proposed_by else "",
            row.proposed_at,
            row.decided_by.display_name if row.decided_by else "",
            row.decided_at,
            row.reason,
            row.proposed_by_id is not None and row.proposed_by_id == actor.person_id,
            _correction(row.metrics.get("correction")),
        )
        for row in rows
    )


def _correction(stored: Mapping[str, Any] | None) -> CorrectionView | None:
    if stored is None:
        return None
    opened_from, opened_until = (datetime.fromisoformat(stored[name]) for name in ("opened_from", "opened_until"))
    return CorrectionView(
        stored["of"],
        stored["cases"],
        stored["acted_on"],
        opened_from,
        opened_until,
        stored["waiting"],
        stored["copies"],
        stored["blind"]["judged"],
        stored["slope"],
        stored["shift"],
    )
