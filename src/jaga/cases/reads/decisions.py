"""The decisions of a case as its page shows them, with actions and statements; and sealed votes for who settles.

Which decisions hold an account now, and which ban evasion matches still rest on one.

Cases with several accounts: which were linked and why, and the outcome for each.

An account's strikes, and what the policy's ladder suggests for their number.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.cases.models.cases import Case, LinkedAccount, Subject
from jaga.cases.models.decisions import Action, Decision, Preservation, Statement, Strike, Vote
from jaga.cases.reads.case_view import takes_case
from jaga.cases.reads.gate import has_voted, listed_account
from jaga.cases.reads.letters import reaches_holder
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, VOTING_STATES, CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import (
    ActionKind,
    ActionState,
    DecisionKind,
    OutcomeKind,
    PendingEnd,
    Step,
    VerificationResult,
    VictimSay,
)
from jaga.core.terms.people import Role
from jaga.policy.limits import STRIKELESS_CATEGORIES
from jaga.policy.release import load_release
from jaga.signals.models import BanEvasionMatch
from jaga.store.reads import visible_to

RESTS = Q(appeal__rest__rests=True, appeal__rest__ended_at__isnull=True)
"""A filter for decisions whose measure is suspended because an appeal was not answered in time."""


def decisions_in_force() -> QuerySet[Decision]:
    """Decisions that restrict or close an account now.

    Excluded: overturned, expired and suspended measures; an immediate restriction once its case is decided; and a
    restriction ahead of a closure once the closure is carried out or withdrawn. Where the platform cannot restrict, the
    holder was only told of the closure.
    """
    return (
        Decision.objects.exclude(provisional=True, case__decided_at__isnull=False)
        .exclude(only_announced())
        .exclude(awaits__isnull=False, awaits__ended_at__isnull=False)
        .exclude(RESTS, kind=DecisionKind.RESTRICT)
        .filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=now()),
            kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE),
            overturned_by__isnull=True,
        )
    )


def only_announced() -> Q:
    """A filter for restrictions ahead of a closure that only inform the holder, because the platform cannot
    restrict.
    """
    able = Q(subject__platform__capabilities__restrict__supported=True)
    return Q(awaits__isnull=False) & ~able


def lifting_actions() -> QuerySet[Action]:
    """Actions that lift their own decision's measure, for good or during a suspension.

    Excludes suspensions that have ended, because the measure then resumed.
    """
    return Action.objects.filter(Q(rest__isnull=True) | Q(rest__ended_at__isnull=True), kind=ActionKind.RESTORE)


def matches_in_force() -> QuerySet[BanEvasionMatch]:
    """Ban evasion matches that were not withdrawn and whose earlier account is restricted or closed now."""
    return BanEvasionMatch.objects.filter(
        Exists(decisions_in_force().filter(subject=OuterRef("earlier_subject"))), withdrawn_at__isnull=True
    )


@dataclass(frozen=True)
class LinkedAccountView:
    """An account added to a case by staff.

    `added_by` is empty until the decision, since the last person to work on a case may be a sealed voter.
    """

    link_id: int
    account: str
    platform: str
    why: str
    added_at: datetime
    added_by: str


@dataclass(frozen=True)
class JudgedAccount:
    """One account named by a vote, and its outcome.

    `decided` is None until the decision, and where only one of two voters named the account. `account` is empty where a
    list must not name it.
    """

    account: str
    platform: str
    reported: bool
    decided: DecisionKind | None
    state: ActionState | None


@takes_case
def links_of(case: Case) -> tuple[LinkedAccountView, ...]:
    """Accounts linked to a case already fetched with a permission check, in the order added."""
    rows = (
        LinkedAccount.objects.filter(case=case, withdrawn_at__isnull=True)
        .select_related("subject__platform", "added_by")
        .order_by("pk")
    )
    decided = case.state not in (CaseState.RECEIVED, *SEALED_STATES)
    return tuple(
        LinkedAccountView(
            row.pk,
            row.subject.account_id,
            row.subject.platform.display_name,
            row.why,
            row.added_at,
            row.added_by.display_name if decided else "",
        )
        for row in rows
    )


def accounts_voted(votes: Iterable[Vote]) -> dict[int, tuple[JudgedAccount, ...]]:
    """The accounts of each vote by vote id, with their outcomes once the case is decided.

    In victim-first cases no account is named: the name alone may identify a victim.
    """
    cast = list(votes)
    numbers = {number for vote in cast for number in vote.accounts}
    subjects = {row.pk: row for row in Subject.objects.filter(pk__in=numbers).select_related("platform")}
    made: dict[tuple[int, int], Decision] = {}
    rows = (
        Decision.objects.filter(case__in=[vote.case_id for vote in cast])
        .exclude(kind=DecisionKind.REDACT)
        .exclude(provisional=True)
    )
    for row in rows.prefetch_related("actions").order_by("pk"):
        made[row.case_id, row.subject_id] = row
    found: dict[int, list[JudgedAccount]] = defaultdict(list)
    for vote in cast:
        for number in sorted(vote.accounts, key=lambda one: (one != vote.case.subject_id, one)):
            decision = made.get((vote.case_id, number))
            found[vote.pk].append(
                JudgedAccount(
                    listed_account(vote.case, subjects[number].account_id),
                    subjects[number].platform.display_name,
                    number == vote.case.subject_id,
                    DecisionKind(decision.kind) if decision else None,
                    _state(decision) if decision else None,
                )
            )
    return {number: tuple(judged) for number, judged in found.items()}


def _state(decision: Decision) -> ActionState | None:
    last = max(decision.actions.all(), key=lambda action: action.sequence, default=None)
    return ActionState(last.state) if last else None


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
