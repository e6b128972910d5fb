"""The decisions of a case as its page shows them, with actions and statements; and sealed votes for who settles."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, VOTING_STATES, CaseState
from jaga.core.terms.actions import ActionKind, ActionState, OutcomeKind, Step, VerificationResult
from jaga.core.terms.cases import VictimSay
from jaga.core.terms.decisions import DecisionKind, PendingEnd
from jaga.core.terms.people import Role
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.cases.code_delivery import reaches_holder
from jaga.records.access.cases.gate import has_voted
from jaga.records.access.cases.linked_accounts import JudgedAccount, accounts_voted
from jaga.records.models import (
    Action,
    Case,
    Decision,
    Preservation,
    Statement,
    Vote,
)


@dataclass(frozen=True)
class SealedVote:
    """A vote shown to the supervisor who settles a difference."""

    person: str
    kind: DecisionKind
    legal_basis: str
    facts: str
    rooms: tuple[str, ...]
    restrict_days: int | None
    accounts: tuple[JudgedAccount, ...]
    cast_at: datetime
    victim: VictimSay | None


@dataclass(frozen=True)
class ActionOutcomeView:
    """The observed result of one step of an action."""

    step: Step
    kind: OutcomeKind
    detail: str
    at: datetime


@dataclass(frozen=True)
class VerificationView:
    """The result of one independent verification of the account."""

    result: VerificationResult
    observed: str
    readings: tuple[tuple[str, str], ...]
    at: datetime


@dataclass(frozen=True)
class ActionView:
    """One promised effect and its progress."""

    action_id: int
    kind: ActionKind
    state: ActionState
    attempts: int
    next_attempt_at: datetime | None
    finished_at: datetime | None
    outcomes: tuple[ActionOutcomeView, ...]
    verifications: tuple[VerificationView, ...]


@dataclass(frozen=True)
class StatementView:
    """The statement of reasons as written. The appeal code is not stored and so not shown."""

    body_id: str
    body_en: str
    created_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True)
class DecisionView:
    """A decision on one account: who made it and what followed. `reported`: it is the reported account."""

    decision_id: int
    account: str
    platform: str
    reported: bool
    kind: DecisionKind
    legal_basis: str
    facts: str
    rooms: tuple[str, ...]
    ends_at: datetime | None
    policy_hash: str
    decided_by: str
    seconded_by: str | None
    adjudicated: bool
    decided_at: datetime
    overturned: bool
    provisional: bool  # Immediate, by one person, while two are still to vote.
    actions: tuple[ActionView, ...]
    statement: StatementView | None
    delivers: bool  # Whether the platform delivers the statement to the holder.
    in_person: bool = False  # The holder asked for the reasons in person.
    review_at: datetime | None = None  # For a temporary restriction: half of its duration.
    closes_at: datetime | None = None  # When the account will be closed, for a restriction ahead of a pending closure.
    before_closing: bool = False
    taken_back: bool = False  # The closure was withdrawn and the restriction before it lifted.
    lapses_at: datetime | None = None  # For a preservation no second person has agreed to.
    lapsed: bool = False


@takes_case
def votes_to_settle(case: Case, *, actor: Actor) -> tuple[SealedVote, ...]:
    """The two differing votes, for a supervisor who cast neither; otherwise empty."""
    if case.state != CaseState.ADJUDICATION or Role.SUPERVISOR not in actor.roles or has_voted(case, actor=actor):
        return ()
    rows = list(Vote.in_force.filter(case=case).select_related("person", "case").order_by("cast_at"))
    accounts = accounts_voted(rows)
    return tuple(
        SealedVote(
            row.person.display_name,
            DecisionKind(row.kind),
            row.legal_basis,
            row.facts,
            tuple(row.rooms),
            row.restrict_days,
            accounts[row.pk],
            row.cast_at,
            VictimSay(row.victim) if row.victim else None,
        )
        for row in rows
    )


@takes_case
def decisions_of(case: Case) -> tuple[DecisionView, ...]:
    """Decisions, newest first, with their actions and statements."""
    rows = (
        Decision.objects.filter(case=case)
        .select_related(
            "decided_by",
            "seconded_by",
            "statement",
            "subject__platform",
            "case",
            "overturned_by",
            "reasons_asked",
            "awaits",
            "preservation",
        )
        .prefetch_related("actions__outcomes", "actions__verifications")
        .order_by("-pk")
    )
    # An earlier agreement of two would tell the next voters how they judged.
    if CaseState(case.state) in VOTING_STATES:
        rows = rows.exclude(awaits__isnull=False)
    return tuple(_decision(row) for row in rows)


def _decision(row: Decision) -> DecisionView:
    statement: Statement | None = row.statement if hasattr(row, "statement") else None
    if row.provisional and CaseState(row.case.state) in SEALED_STATES:
        statement = None  # Author and wording of the immediate restriction would reveal a vote.
        row.facts, row.legal_basis = "", ""
    kept: Preservation | None = row.preservation if hasattr(row, "preservation") else None
    return DecisionView(
        row.pk,
        row.subject.account_id,
        row.subject.platform.display_name,
        row.subject_id == row.case.subject_id,
        DecisionKind(row.kind),
        row.legal_basis,
        row.facts,
        tuple(row.rooms),
        row.ends_at,
        row.policy_hash,
        "" if row.provisional and not row.facts else row.decided_by.display_name,
        row.seconded_by.display_name if row.seconded_by else None,
        row.adjudicated,
        row.decided_at,
        hasattr(row, "overturned_by"),
        row.provisional,
        tuple(_action(action) for action in sorted(row.actions.all(), key=lambda action: action.sequence)),
        StatementView(statement.body_id, statement.body_en, statement.created_at, statement.delivered_at)
        if statement
        else None,
        reaches_holder(row),
        hasattr(row, "reasons_asked") and row.reasons_asked.kept_at is not None,
        row.decided_at + (row.ends_at - row.decided_at) / 2 if row.ends_at and not row.awaits else None,
        row.awaits.closes_at() if row.awaits and row.awaits.ended_at is None else None,
        row.awaits is not None,
        row.awaits is not None and row.awaits.end not in ("", PendingEnd.COMMITTED),
        kept.lapses_at if kept and kept.agreed_at is None and kept.lapsed_at is None else None,
        kept is not None and kept.lapsed_at is not None,
    )


def _action(row: Action) -> ActionView:
    outcomes = sorted(row.outcomes.all(), key=lambda outcome: outcome.pk)
    verifications = sorted(row.verifications.all(), key=lambda one: one.pk)
    return ActionView(
        row.pk,
        ActionKind(row.kind),
        ActionState(row.state),
        row.attempts,
        row.next_attempt_at,
        row.finished_at,
        tuple(ActionOutcomeView(Step(o.step), OutcomeKind(o.kind), o.detail, o.at) for o in outcomes),
        tuple(
            VerificationView(
                VerificationResult(one.result),
                one.observed,
                tuple((route, answer) for route, answer in one.readings),
                one.at,
            )
            for one in verifications
        ),
    )


def lost_on_undo(decision: Decision) -> tuple[str, ...]:
    """What undoing the decision would not bring back, shown before it and to the holder: what the platform's adapter
    declares as lost (msgids), over all effects.
    """
    declared = decision.subject.platform.capabilities
    kinds = decision.actions.filter(rest__isnull=True).order_by("sequence").values_list("kind", flat=True)
    return tuple(item for kind in kinds for item in declared.get(kind, {}).get("lost_on_undo", []))
