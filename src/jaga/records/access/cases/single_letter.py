"""An announced closure uses one letter and one code: those of the restriction before it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from jaga.core.terms.actions import ActionKind, ActionState
from jaga.core.terms.decisions import DecisionKind, PendingEnd
from jaga.records.models import Action, Appeal, Case, Decision, Statement


@dataclass(frozen=True)
class HeldAccount:
    """An account before its closure.

    `restricted`: confirmed as restricted; otherwise it was requested or the platform cannot.
    """

    restricted: bool
    closes_at: datetime


def held_before_closing(case: Case, subject_id: int) -> HeldAccount | None:
    """What may be told about the account while its agreed closure is pending; None if nothing may."""
    before = Decision.objects.filter(
        case=case, subject=subject_id, awaits__isnull=False, overturned_by__isnull=True
    ).select_related("awaits", "subject__platform")
    held = before.order_by("-pk").first()
    if held is None or held.awaits is None or held.awaits.end not in ("", PendingEnd.COMMITTED):
        return None
    closing = Action.objects.filter(decision__case=case, decision__subject=subject_id, kind=ActionKind.CLOSE).first()
    if closing is not None and closing.state != ActionState.PENDING:
        return None  # Closed, or being handled by staff.
    able = bool(held.subject.platform.capabilities.get("restrict", {}).get("supported"))
    done = held.actions.filter(kind=ActionKind.RESTRICT, state=ActionState.DONE).exists()
    return HeldAccount(able and done, held.awaits.closes_at())


def closes_at(case: Case, subject_id: int) -> datetime | None:
    """When the agreed closure takes effect, or None."""
    held = held_before_closing(case, subject_id)
    return held.closes_at if held is not None else None


def newest_statement(statement: Statement) -> Statement:
    """What this statement's code opens now: the closure's statement once the account is closed."""
    before = statement.decision
    if before.awaits is None or before.awaits.end != PendingEnd.COMMITTED:
        return statement
    closures = Statement.objects.filter(
        decision__case=before.case_id, decision__subject=before.subject_id, decision__kind=DecisionKind.CLOSE
    )
    return closures.select_related("decision__case", "decision__subject__platform__operator").first() or statement


def closure_or_itself(decision: Decision) -> Decision:
    """The decision an appeal is about now: the closure once the account is closed."""
    if decision.awaits is None or decision.awaits.end != PendingEnd.COMMITTED:
        return decision
    closure = Decision.objects.filter(case=decision.case_id, subject=decision.subject_id, kind=DecisionKind.CLOSE)
    return closure.first() or decision


def appeals_against(decision: Decision) -> QuerySet[Appeal]:
    """Appeals against this decision, including one decided while its closure was pending."""
    if decision.kind != DecisionKind.CLOSE:
        return Appeal.objects.filter(decision=decision)
    before = Decision.objects.filter(
        case=decision.case_id, subject=decision.subject_id, awaits__end=PendingEnd.COMMITTED
    )
    return Appeal.objects.filter(decision__in=[decision.pk, *before.values_list("pk", flat=True)])
