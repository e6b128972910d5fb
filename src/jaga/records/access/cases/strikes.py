"""An account's strikes, and what the policy's ladder suggests for their number."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.decisions import DecisionKind
from jaga.policy import load_release
from jaga.policy.limits import STRIKELESS_CATEGORIES
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, Strike


@dataclass(frozen=True)
class StrikeView:
    """One strike in force."""

    case_id: int
    reference: str
    category: str
    kind: DecisionKind
    given_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class StrikesView:
    """The number of strikes, the strikes, and the ladder's suggestion; `suggests` is None where none applies."""

    strikes: tuple[StrikeView, ...]
    suggests: DecisionKind | None
    days: int | None


@takes_case
def strikes_of(case: Case, *, actor: Actor) -> StrikesView:
    """Strikes in force of the case's account, without cases the actor may not see.

    `case` was fetched with a permission check. There is no suggestion in a victim-first case, where the holder may be
    the victim, nor for a measure the policy does not allow in this category.
    """
    rows = (
        Strike.objects.filter(
            visible_to(actor, path="decision__case__"),
            subject_id=case.subject_id,
            withdrawn_at__isnull=True,
            expires_at__gt=now(),
        )
        .select_related("decision__case")
        .order_by("-given_at")
    )
    found = tuple(
        StrikeView(
            row.decision.case_id,
            row.decision.case.reference,
            row.category,
            DecisionKind(row.decision.kind),
            row.given_at,
            row.expires_at,
        )
        for row in rows
    )
    release = load_release()
    stage = release.enforcement.strikes.suggestion(len(found))
    counts = not case.victim_first and case.category not in STRIKELESS_CATEGORIES
    fits = counts and stage.suggests in release.allowed_decisions(case.category)
    return StrikesView(found, stage.suggests if fits else None, stage.days if fits else None)
