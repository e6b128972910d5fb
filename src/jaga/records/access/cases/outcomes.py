"""The outcome of a report: the latest decision, and whether a verification confirmed it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from jaga.core.terms.actions import ActionState, VerificationResult
from jaga.core.terms.decisions import DecisionKind, PendingEnd
from jaga.records.models import Action, Report, Verification


@dataclass(frozen=True)
class RequestOutcomeView:
    """What was decided, and whether an independent verification confirmed it.

    `verified` is None if there is nothing to verify.
    """

    decision: DecisionKind
    legal_basis: str
    decided_at: datetime
    verified: bool | None
    verified_at: datetime | None


def outcome_of(report: Report) -> RequestOutcomeView | None:
    """The latest decision on the reported account.

    A closure takes precedence over the redaction before it, and a restoration over what it undid. Decisions on other
    accounts of the case are not disclosed to outsiders.
    """
    made = report.in_case.decisions.filter(subject_id=report.subject_id)
    taken_back = Q(awaits__isnull=False, awaits__ended_at__isnull=False) & ~Q(awaits__end=PendingEnd.COMMITTED)
    decision = made.exclude(taken_back).order_by("-pk").first()
    if decision is None:
        return None
    actions = [action for action in decision.actions.all() if action.rest_id is None]
    verified_at = _verified_at(actions) if actions else None
    return RequestOutcomeView(
        DecisionKind(decision.kind),
        decision.legal_basis,
        decision.decided_at,
        verified_at is not None if actions else None,
        verified_at,
    )


def _verified_at(actions: list[Action]) -> datetime | None:
    """When the last of the actions was last verified; None while one is unverified or no longer holds."""
    moments = []
    for action in actions:
        last = Verification.objects.filter(action=action).exclude(result=VerificationResult.UNREACHABLE).order_by("-pk")
        check = last.first()
        if action.state != ActionState.DONE or check is None or check.result != VerificationResult.CONFIRMED:
            return None
        moments.append(check.at)
    return max(moments)
