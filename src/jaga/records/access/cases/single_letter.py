"""A closure that was announced has one letter and one code: those of the restriction before it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from jaga.core.terms import ActionKind, ActionState, CommitEnd, DecisionKind
from jaga.records.models import Action, Appeal, Case, Decision, Statement


@dataclass(frozen=True)
class HeldAccount:
    """An account before its closure. `restricted`: seen to be so; else it is asked for, or the platform cannot."""

    restricted: bool
    closes_at: datetime


def held_before_closing(case: Case, subject_id: int) -> HeldAccount | None:
    """What may be told of the account while two people's closure of it waits; None where nothing does."""
    before = Decision.objects.filter(case=case, subject=subject_id, awaits__isnull=False,
                                     overturned_by__isnull=True).select_related("awaits", "subject__platform")
    held = before.order_by("-pk").first()
    if held is None or held.awaits is None or held.awaits.end not in ("", CommitEnd.COMMITTED):
        return None
    closing = Action.objects.filter(decision__case=case, decision__subject=subject_id, kind=ActionKind.CLOSE).first()
    if closing is not None and closing.state != ActionState.PENDING:
        return None  # closed, or in the hands of people
    able = bool(held.subject.platform.capabilities.get("restrict", {}).get("supported"))
    done = held.actions.filter(kind=ActionKind.RESTRICT, state=ActionState.DONE).exists()
    return HeldAccount(able and done, held.awaits.closes_at())


def closes_at(case: Case, subject_id: int) -> datetime | None:
    """When the account is closed that two people agreed on to close; None where nothing waits."""
    held = held_before_closing(case, subject_id)
    return held.closes_at if held is not None else None


def newest_statement(statement: Statement) -> Statement:
    """What the code of this statement opens now: once the account is closed, the closure's statement."""
    before = statement.decision
    if before.awaits is None or before.awaits.end != CommitEnd.COMMITTED:
        return statement
    closures = Statement.objects.filter(decision__case=before.case_id, decision__subject=before.subject_id,
                                        decision__kind=DecisionKind.CLOSE)
    return closures.select_related("decision__case", "decision__subject__platform__operator").first() or statement


def closure_or_itself(decision: Decision) -> Decision:
    """What an appeal against this decision is about now: once the account is closed, the closure."""
    if decision.awaits is None or decision.awaits.end != CommitEnd.COMMITTED:
        return decision
    closure = Decision.objects.filter(case=decision.case_id, subject=decision.subject_id, kind=DecisionKind.CLOSE)
    return closure.first() or decision


def appeals_against(decision: Decision) -> QuerySet[Appeal]:
    """The appeal against this decision, or the one that was decided while its closure still waited."""
    if decision.kind != DecisionKind.CLOSE:
        return Appeal.objects.filter(decision=decision)
    before = Decision.objects.filter(case=decision.case_id, subject=decision.subject_id,
                                     awaits__end=CommitEnd.COMMITTED)
    return Appeal.objects.filter(decision__in=[decision.pk, *before.values_list("pk", flat=True)])
