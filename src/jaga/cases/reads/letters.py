"""How the holder of a restricted or closed account receives the letter with the appeal code. Public.

An announced closure uses one letter and one code: those of the restriction before it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Action, Decision, Statement
from jaga.core.terms.cases import ActionKind, ActionState, DecisionKind, PendingEnd, Step
from jaga.operators.models import OperatorProfile


class CodeWay(StrEnum):
    """How a platform delivers the letter."""

    NOTICE = "notice"  # A notice inside the app, before the account is closed.
    MAILBOX = "mailbox"  # A message; a holder who is offline receives it once the account is open again.
    OPERATOR = "operator"  # The operator's staff deliver it.
    ASKED = "asked"  # The app cannot deliver it; the installation sends it on the holder's request.


@dataclass(frozen=True)
class PlatformWay:
    """One platform: how the letter is delivered and whom to ask for it. `website` is empty if unknown."""

    platform: str
    way: CodeWay
    operator: str
    website: str


def code_delivery_channels() -> tuple[PlatformWay, ...]:
    """Every platform, by name."""
    sites = dict(OperatorProfile.objects.values_list("organisation_id", "website"))
    rows = Platform.objects.select_related("operator").order_by("display_name")
    return tuple(
        PlatformWay(row.display_name, _delivery_of(row), row.operator.name, sites.get(row.operator_id, ""))
        for row in rows
    )


def _delivery_of(platform: Platform) -> CodeWay:
    if platform.by_notice:
        return CodeWay.OPERATOR
    if not platform.capabilities.get(Step.DELIVER, {}).get("supported"):
        return CodeWay.ASKED
    return CodeWay.MAILBOX if platform.adapter in ("prosody", "ejabberd") else CodeWay.NOTICE


def reaches_holder(decision: Decision) -> bool:
    """Whether the platform delivers this decision's letter to the holder.

    False for an operator-run platform whose staff finished without delivering it.
    """
    platform = decision.subject.platform
    if not platform.capabilities.get(Step.DELIVER, {}).get("supported"):
        return False
    delivered = hasattr(decision, "statement") and decision.statement.delivered_at is not None
    ongoing = any(ActionState(action.state).is_open for action in decision.actions.all())
    return not platform.by_notice or delivered or ongoing


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
