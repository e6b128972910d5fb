"""Actions that a platform did not carry out, and measures that a later verification no longer finds."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.actions import AccountState, ActionKind, ActionState, OutcomeKind, VerificationResult
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.gate import SHOWN, listed_account
from jaga.records.access.cases.in_force import lifting_actions
from jaga.records.models import Action, Outcome, Verification


@dataclass(frozen=True)
class StuckAction:
    """An action that cannot continue without a person."""

    action_id: int
    case_id: int
    reference: str
    platform: str
    account: str
    kind: ActionKind
    attempts: int
    promised_at: datetime
    last: OutcomeKind | None
    detail: str


def list_stuck(*, actor: Actor) -> tuple[StuckAction, ...]:
    """Stuck actions, the oldest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        stuck_actions(actor)
        .select_related("decision__case", "decision__subject__platform")
        .order_by("created_at")[:SHOWN]
    )
    return tuple(_stuck(row) for row in rows)


def stuck_actions(actor: Actor) -> QuerySet[Action]:
    """Stuck actions in cases that the actor may see."""
    return Action.objects.filter(visible_to(actor, path="decision__case__"), state=ActionState.STUCK)


@dataclass(frozen=True)
class Contradicted:
    """A measure that was carried out but that a later verification no longer found: someone undid it outside Jaga."""

    case_id: int
    reference: str
    platform: str
    account: str
    kind: ActionKind
    observed: AccountState
    seen_at: datetime


def contradicted_verifications() -> QuerySet[Verification]:
    """The latest verification of each measure in force, where it contradicts the decision."""
    last = Verification.objects.filter(action=OuterRef("action")).order_by("-at", "-pk").values("pk")[:1]
    return (
        Verification.objects.filter(
            pk=Subquery(last),
            result=VerificationResult.CONTRADICTED,
            action__state=ActionState.DONE,
            action__decision__overturned_by__isnull=True,
        )
        .filter(Q(action__decision__ends_at__isnull=True) | Q(action__decision__ends_at__gt=now()))
        .exclude(action__decision__in=lifting_actions().values("decision_id"))
    )


def list_contradicted(*, actor: Actor) -> tuple[Contradicted, ...]:
    """Contradicted measures, the newest verification first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        contradicted_verifications()
        .filter(visible_to(actor, path="action__decision__case__"))
        .select_related("action__decision__case", "action__decision__subject__platform")
        .order_by("-at")[:SHOWN]
    )
    decided = [(row, row.action.decision) for row in rows]
    return tuple(
        Contradicted(
            made.case_id,
            made.case.reference,
            made.subject.platform.display_name,
            listed_account(made.case, made.subject.account_id),
            ActionKind(row.action.kind),
            AccountState(row.observed),
            row.at,
        )
        for row, made in decided
    )


def access_stuck_action(action_id: int, *, actor: Actor) -> int:
    """The case number of a stuck action that a supervisor may retry. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    found = (
        Action.objects.filter(visible_to(actor, path="decision__case__"), pk=action_id)
        .values_list("decision__case_id", flat=True)
        .first()
    )
    if found is None:
        raise NotFound
    log_access(found, AccessKind.CASE, actor=actor)
    return found


def _stuck(row: Action) -> StuckAction:
    case, subject = row.decision.case, row.decision.subject
    last = Outcome.objects.filter(action=row).order_by("-pk").first()
    return StuckAction(
        row.pk,
        case.pk,
        case.reference,
        subject.platform.display_name,
        listed_account(case, subject.account_id),
        ActionKind(row.kind),
        row.attempts,
        row.created_at,
        OutcomeKind(last.kind) if last else None,
        last.detail if last else "",
    )
