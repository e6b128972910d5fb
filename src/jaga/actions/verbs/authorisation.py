"""Authorisation of actions: `require_decision` checks before each step that people's decision permits it.

The database refuses an action without its decision (`guards/actions.sql`). This check repeats it in code, independent
of triggers, and adds what only the program knows: the keyed commitments of votes and of decisions without votes
(`store.kernel.row_bindings`), the end of the undo window by this machine's clock, and the policy. An action that
fails is marked stuck with its reason and not retried until a person ends it.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.db import transaction

from jaga.actions.verbs.attempts import Task, locked_action, set_stuck
from jaga.cases.models.decisions import Outcome, Vote
from jaga.core.actors import Actor
from jaga.core.cases import IRREVERSIBLE
from jaga.core.clock import now
from jaga.core.errors import N_, IllegalTransition
from jaga.core.terms.cases import ActionKind, ActionState, AppealState, DecisionKind, OutcomeKind, Step
from jaga.policy.limits import LONGEST_AT_ONCE_DAYS, must_be_seconded
from jaga.policy.release import load_release
from jaga.store.bulk import ask_prepared
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import decision_commitment, rest_commitment, vote_commitment
from jaga.store.kernel.row_verification import RowsDiffer, require_unchanged, rows_of_case
from jaga.store.key_store.store import NotSealed
from jaga.store.sealed_text import sealed_field

_RESTS_ON = (
    "decision",
    "vote",
    "votewithdrawal",
    "pendingdecision",
    "pendingdecision.now",
    "preservation",
    "statement",
    "case.now",
    "subject.now",
)
ROUTE = "decision"
"""Route of the observation that records why an action was refused."""

_FACTS, _WHY = sealed_field(Vote, "facts"), sealed_field(Vote, "why")
_MEASURES: Mapping[DecisionKind, ActionKind] = MappingProxyType(
    {
        DecisionKind.PRESERVE: ActionKind.PRESERVE,
        DecisionKind.REFER: ActionKind.PRESERVE,
        DecisionKind.RESTRICT: ActionKind.RESTRICT,
        DecisionKind.REDACT: ActionKind.REDACT,
        DecisionKind.CLOSE: ActionKind.CLOSE,
    }
)
_ASK = """
    SELECT a.kind, d.kind, d.id, d.overturns_id, d.decided_by_id, d.seconded_by_id, d.provisional, d.ends_at,
           d.policy_hash, d.rooms::text, d.subject_id, c.category, c.decided_at, p.name, s.account_id,
           EXISTS (SELECT 1 FROM records_decision u WHERE u.overturns_id = d.id),
           EXISTS (SELECT 1 FROM records_decision e WHERE e.case_id = d.case_id AND e.subject_id = d.subject_id
                   AND e.kind = d.kind AND e.kind <> 'restore' AND NOT e.provisional AND NOT d.provisional
                   AND e.id < d.id),
           ARRAY(SELECT l.payload ->> 'commitment' FROM records_ledgerentry l WHERE l.case_ref = d.case_id
                 AND l.verb IN ('overturn_decision', 'restrict_at_once', 'restrict_first')
                 AND l.payload ->> 'decision' = d.id::text),
           o.kind,
           (SELECT q.state FROM records_appeal q WHERE q.decision_id = o.id AND q.decided_by_id = d.decided_by_id
            UNION ALL SELECT y.state FROM records_appealreply y JOIN records_appeal q ON q.id = y.appeal_id
            WHERE (q.decision_id = o.id OR q.decision_id IN (
                SELECT h.id FROM records_decision h WHERE h.awaits_id IS NOT NULL AND h.case_id = o.case_id
                AND h.subject_id = o.subject_id)) AND y.decided_by_id = d.decided_by_id LIMIT 1),
           (SELECT m.state FROM records_action m WHERE m.decision_id = d.id AND m.kind = d.kind AND m.rest_id IS NULL),
           (SELECT max(w.undo_until) FROM records_pendingdecision w JOIN records_vote v ON v.id = w.vote_id
                JOIN records_vote x ON x.id = w.other_id
            WHERE w.case_id = d.case_id AND w.end = 'committed'
              AND v.person_id = d.decided_by_id AND x.person_id = d.seconded_by_id),
           d.awaits_id IS NOT NULL, (SELECT h.ended_at FROM records_pendingdecision h WHERE h.id = d.awaits_id),
           (SELECT json_build_array(t.id, q.id, t.decided_by_id, t.rests, t.ended_at IS NOT NULL, q.state,
                ARRAY(SELECT l.payload ->> 'commitment' FROM records_ledgerentry l WHERE l.case_ref = d.case_id
                      AND l.verb = 'decide_rest' AND l.payload ->> 'rest' = t.id::text))
            FROM records_appealrest t JOIN records_appeal q ON q.id = t.appeal_id AND q.decision_id = d.id
            WHERE t.id = a.rest_id)::text, a.rest_id IS NOT NULL,
           (SELECT json_agg(json_build_array(v.id, v.person_id, v.kind, v.legal_basis, v.facts, v.rooms, v.accounts,
                                             v.restrict_days, v.elements, v.why, v.victim,
                                             l.payload ->> 'commitment'))
            FROM records_vote v LEFT JOIN records_ledgerentry l ON l.case_ref = v.case_id AND l.verb = 'cast_vote'
                AND l.payload ->> 'vote' = v.id::text
            WHERE v.case_id = d.case_id
              AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id))::text
    FROM records_action a JOIN records_decision d ON d.id = a.decision_id JOIN records_case c ON c.id = d.case_id
         JOIN records_subject s ON s.id = d.subject_id JOIN records_platform p ON p.id = s.platform_id
         LEFT JOIN records_decision o ON o.id = d.overturns_id
    WHERE a.id = %s"""


class Lacking(StrEnum):
    """What an action lacks. The values are stored in the ledger."""

    ACTION = "action"
    ACCOUNT = "account"
    KIND = "kind"
    FORCE = "force"
    REPEATED = "repeated"
    VERB = "verb"
    VOTES = "votes"
    SECOND_PERSON = "second_person"
    TIME = "time"
    APPEAL = "appeal"
    END = "end"
    REST = "rest"
    ROWS = "rows"


_SENTENCES = {
    Lacking.ACTION: N_("The action is no longer there."),
    Lacking.ACCOUNT: N_("The decision is about another account."),
    Lacking.KIND: N_("The decision does not permit this action."),
    Lacking.FORCE: N_("The decision has been overturned."),
    Lacking.REPEATED: N_("These votes were used up by an earlier decision on this account."),
    Lacking.VERB: N_("The decision was not made in Jaga."),
    Lacking.VOTES: N_("The decision rests on no votes that were cast in Jaga."),
    Lacking.SECOND_PERSON: N_("The decision lacks the vote of a second person."),
    Lacking.TIME: N_("The time in which the decision could be undone is not over."),
    Lacking.APPEAL: N_("Nobody has decided an appeal that would undo this."),
    Lacking.REST: N_("Nobody has decided that this measure rests, or goes on after its rest."),
    Lacking.ROWS: N_("The decision, its votes or its letter were changed in the database past Jaga."),
    Lacking.END: N_("The measure that should be lifted has not ended."),
}


class NotAuthorised(IllegalTransition):
    """No decision of people permits this action. It is neither carried out nor retried."""

    code = "not_authorised"
    sentence = N_("No decision of people permits this action, so it is not carried out.")
    remedy = N_("Find out who wrote it; see docs/runbooks/not-authorised.md.")

    def __init__(self, lacking: Lacking) -> None:
        super().__init__()
        self.lacking = lacking


@dataclass(frozen=True)
class _CastVote:
    """A standing vote with its commitment from the ledger."""

    number: int
    person: int
    kind: str
    legal_basis: str
    facts: str
    rooms: list[str]
    accounts: list[int]
    restrict_days: int | None
    elements: list[str]
    why: str
    victim: str
    committed: str | None

    @classmethod
    def of_row(cls, row: list[Any]) -> "_CastVote":
        """The vote of `_ASK`, its texts open. One whose texts were tampered with has no commitment."""
        vote = cls(*row)
        try:
            return replace(vote, facts=_FACTS.opened(vote.facts), why=_WHY.opened(vote.why))
        except NotSealed:
            return replace(vote, committed=None)

    def genuine(self) -> bool:
        """Whether the vote was cast by its verb, which has the commitment key, and was not changed since."""
        fitting = vote_commitment(
            self.number,
            self.kind,
            self.legal_basis,
            self.facts,
            self.rooms,
            self.accounts,
            self.restrict_days,
            self.elements,
            self.victim,
            self.why,
        )
        return hmac.compare_digest(fitting.encode(), (self.committed or "").encode())


@dataclass(frozen=True)
class _Rest:
    """A decision on whether a measure is suspended during its appeal, with its commitments from the ledger."""

    number: int
    appeal: int
    decided_by: int
    rests: bool
    ended: bool
    appeal_state: str
    committed: list[str | None]

    def genuine(self, decision: int) -> bool:
        """Whether it was made by its verb, which has the commitment key."""
        fitting = rest_commitment(self.number, self.appeal, decision, self.decided_by, rests=self.rests).encode()
        return any(hmac.compare_digest(fitting, (one or "").encode()) for one in self.committed)


@dataclass(frozen=True)
class _Basis:
    """Everything that an action rests on, as the database shows it now."""

    action: ActionKind
    kind: DecisionKind
    decision: int
    overturns: int | None
    decided_by: int
    seconded_by: int | None
    provisional: bool
    ends_at: datetime | None
    policy_hash: str
    rooms: frozenset[str]
    subject: int
    category: str
    case_decided_at: datetime | None
    platform: str
    account: str
    overturned: bool
    repeated: bool
    committed: tuple[str | None, ...]
    undone: DecisionKind | None
    appeal: str | None
    measure: str | None
    undo_until: datetime | None
    awaits: bool
    waited_until: datetime | None
    rest: _Rest | None
    of_a_rest: bool
    votes: tuple[_CastVote, ...]

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> "_Basis":
        (
            action,
            kind,
            decision,
            overturns,
            decided_by,
            seconded_by,
            provisional,
            ends_at,
            policy_hash,
            rooms,
            subject,
            category,
            decided_at,
            platform,
            account,
            overturned,
            repeated,
            committed,
            undone,
            appeal,
            measure,
            undo_until,
            awaits,
            waited_until,
            rest,
            of_a_rest,
            votes,
        ) = row
        return cls(
            ActionKind(action),
            DecisionKind(kind),
            decision,
            overturns,
            decided_by,
            seconded_by,
            provisional,
            ends_at,
            policy_hash,
            frozenset(json.loads(rooms)),
            subject,
            category,
            decided_at,
            platform,
            account,
            overturned,
            repeated,
            tuple(committed),
            DecisionKind(undone) if undone else None,
            appeal,
            measure,
            undo_until,
            awaits,
            waited_until,
            _Rest(*json.loads(rest)) if rest else None,
            of_a_rest,
            tuple(map(_CastVote.of_row, json.loads(votes or "[]"))),
        )

    def genuine(self) -> bool:
        """Whether a decision without votes was made by its verb, which has the commitment key."""
        fitting = decision_commitment(
            self.decision, self.kind, self.subject, self.decided_by, self.overturns, self.ends_at
        ).encode()
        return any(hmac.compare_digest(fitting, (one or "").encode()) for one in self.committed)


def require_decision(task: Task) -> None:
    """Raise NotAuthorised unless a decision in force permits this action on this account now.

    Call it immediately before each step on the platform. Changes nothing.
    """
    rows = ask_prepared(_ASK, [task.action_id])
    if not rows:
        raise NotAuthorised(Lacking.ACTION)
    if lacking := _lacking(_Basis.of(rows[0]), task):
        raise NotAuthorised(lacking)
    try:
        require_unchanged([("action", task.action_id), *rows_of_case(task.case_id, _RESTS_ON)])
    except RowsDiffer:
        raise NotAuthorised(Lacking.ROWS) from None


@transaction.atomic
def refuse_action(action_id: int, refused: NotAuthorised, step: Step, *, actor: Actor) -> ActionState:
    """Mark the action stuck for this reason; returns its state.

    The health check reports it until a person has looked.
    """
    action, case = locked_action(action_id, actor=actor)
    if action.state != ActionState.PENDING:
        return ActionState(action.state)
    Outcome.objects.create(
        action=action,
        step=step,
        kind=OutcomeKind.REFUSED,
        detail=_SENTENCES[refused.lacking],
        readings=[[ROUTE, refused.lacking.value]],
        at=now(),
    )
    append(
        "refuse_action",
        {"action": action.pk, "kind": action.kind, "lacking": refused.lacking},
        actor=actor,
        case_id=case.pk,
    )
    return set_stuck(action, case, OutcomeKind.REFUSED, actor)


def _lacking(basis: _Basis, task: Task) -> Lacking | None:
    """What the action lacks; None if it is authorised."""
    if (basis.action, basis.platform, basis.account, basis.rooms) != (
        task.kind,
        task.account.platform,
        task.account.account_id,
        frozenset(task.rooms),
    ):
        return Lacking.ACCOUNT if basis.action is task.kind else Lacking.KIND
    if basis.kind is DecisionKind.RESTORE:
        return _lacks_to_undo(basis)
    if basis.overturned:
        return Lacking.FORCE
    if basis.provisional and not basis.genuine():
        return Lacking.VERB
    if basis.of_a_rest and (lacking := _lacks_a_rest(basis)):
        return lacking
    if basis.of_a_rest and basis.rest is not None and not basis.rest.ended:
        return None
    if basis.action is ActionKind.RESTORE:
        return _lacks_to_lift(basis)
    if basis.action is not _MEASURES.get(basis.kind):
        return Lacking.KIND
    if basis.repeated:
        return Lacking.REPEATED
    if basis.awaits:
        return _lacks_a_closure(basis)
    return None if basis.provisional else _lacks_votes(basis)


def _lacks_to_undo(basis: _Basis) -> Lacking | None:
    """For a decision that overturns another: it may restore the account, or leave it restricted for another
    decision.
    """
    if basis.undone is None or basis.action not in (ActionKind.RESTORE, ActionKind.RESTRICT):
        return Lacking.KIND
    if any(vote.person == basis.decided_by for vote in basis.votes):
        return Lacking.APPEAL
    ours = basis.undone is DecisionKind.RESTRICT  # a reconsideration of our own needs no appeal
    if not ours and basis.appeal != AppealState.OVERTURNED:
        return Lacking.APPEAL
    return None if basis.genuine() else Lacking.VERB


def _lacks_a_rest(basis: _Basis) -> Lacking | None:
    """For the suspension of a measure while its appeal waits: the account is restored, a closed one only to restricted.

    After the answer the measure resumes by its original votes.
    """
    rest = basis.rest
    if rest is None or not rest.rests or any(vote.person == rest.decided_by for vote in basis.votes):
        return Lacking.REST
    if not rest.genuine(basis.decision):
        return Lacking.VERB
    if rest.ended:
        goes_on = rest.appeal_state == AppealState.UPHELD and basis.action is _MEASURES.get(basis.kind)
        return None if goes_on else Lacking.REST
    held = basis.kind is DecisionKind.CLOSE and basis.action is ActionKind.RESTRICT
    fits = basis.kind in (DecisionKind.RESTRICT, DecisionKind.CLOSE) and (basis.action is ActionKind.RESTORE or held)
    return None if fits and rest.appeal_state == AppealState.OPEN else Lacking.REST


def _lacks_to_lift(basis: _Basis) -> Lacking | None:
    """For lifting a measure that expired or was ended."""
    if basis.kind not in (DecisionKind.RESTRICT, DecisionKind.CLOSE):
        return Lacking.KIND
    over = basis.kind is DecisionKind.RESTRICT and (
        (basis.ends_at is not None and basis.ends_at <= now())
        or basis.waited_until is not None
        or (basis.provisional and basis.case_decided_at is not None)
    )
    return None if over or basis.measure == ActionState.ENDED else Lacking.END


def _lacks_a_closure(basis: _Basis) -> Lacking | None:
    """For a restriction before a closure: it rests on two votes for the closure while that is pending."""
    if basis.waited_until is not None:
        return Lacking.FORCE
    for person in (basis.decided_by, basis.seconded_by):
        if not any(
            vote.kind == DecisionKind.CLOSE and basis.subject in vote.accounts and vote.genuine()
            for vote in basis.votes
            if vote.person == person
        ):
            return Lacking.VOTES
    return Lacking.SECOND_PERSON if basis.seconded_by == basis.decided_by else None


def _lacks_votes(basis: _Basis) -> Lacking | None:
    if basis.seconded_by in (None, basis.decided_by) and _takes_two(basis):
        return Lacking.SECOND_PERSON
    for person in (basis.decided_by, basis.seconded_by):
        if person is not None and not any(_supports(vote, basis) for vote in basis.votes if vote.person == person):
            return Lacking.VOTES
    if basis.kind in IRREVERSIBLE and (basis.undo_until is None or basis.undo_until > now()):
        return Lacking.TIME
    return None


def _takes_two(basis: _Basis) -> bool:
    """Whether two people are required, by the rules no release may loosen and by the current release if it applied."""
    release = load_release()
    return (
        must_be_seconded(basis.category, basis.kind, victim_first=False)
        or _is_long(basis)
        or (release.hash == basis.policy_hash and release.needs_second_person(basis.category, basis.kind))
    )


def _is_long(basis: _Basis) -> bool:
    """Whether it is a restriction without an end, or longer than one person may impose."""
    asked = [vote.restrict_days for vote in basis.votes if vote.person == basis.decided_by]
    return basis.kind is DecisionKind.RESTRICT and any(
        days is None or days > LONGEST_AT_ONCE_DAYS for days in (asked or [None])
    )


def _supports(vote: _CastVote, basis: _Basis) -> bool:
    """Whether this vote was cast in Jaga and asks for this decision on this account."""
    asks = vote.kind == basis.kind or (basis.kind is DecisionKind.REDACT and basis.rooms <= set(vote.rooms))
    return asks and basis.subject in vote.accounts and vote.genuine()
