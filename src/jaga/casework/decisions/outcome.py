"""From votes to decisions: the accounts and rooms that the votes agree on, and a decision for each account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jaga.casework.cases.state import move_case
from jaga.casework.decisions.consequences import follow_through
from jaga.casework.decisions.interim_orders import lift_provisional
from jaga.casework.decisions.sampling import draw_sample
from jaga.casework.kernel.eligibility import lapses
from jaga.casework.kernel.ledger import append, draw_number
from jaga.casework.queue.linked_accounts import accounts_of
from jaga.casework.screening.victim_protection import settle
from jaga.casework.withdrawals.votes import act_of
from jaga.core.actors import Actor
from jaga.core.cases import IRREVERSIBLE, CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.cases import VictimSay
from jaga.core.terms.decisions import DecisionKind
from jaga.policy import PolicyRelease
from jaga.records.models import Case, Decision, Subject, Vote


class VoteLapsed(Conflict):
    """A vote no longer counts, so no decision can rest on it."""

    code = "vote_lapsed"
    sentence = N_("A vote that this rests on no longer counts, so nothing was decided.")
    remedy = N_("Open the case again and judge it anew.")


@dataclass(frozen=True)
class Verdict:
    """The votes that a decision rests on. With `both`, only what both votes name counts."""

    vote: Vote
    other: Vote | None
    both: bool = False
    adjudicated: bool = False

    @property
    def kind(self) -> DecisionKind:
        """The measure."""
        return DecisionKind(self.vote.kind)

    @property
    def accounts(self) -> frozenset[int]:
        """The accounts concerned; the caller leaves out those unlinked meanwhile."""
        mine = frozenset(self.vote.accounts)
        return mine & frozenset(self.other.accounts) if self.other and self.both else mine

    @property
    def rooms(self) -> list[str]:
        """The rooms that both votes name for a redaction."""
        return sorted(set(self.vote.rooms) & set(self.other.rooms)) if self.other else []

    @property
    def victim(self) -> VictimSay | None:
        """What the votes say about a possible victim; both say the same."""
        return VictimSay(self.vote.victim) if self.vote.victim else None

    @property
    def irreversible(self) -> bool:
        """Whether any part cannot be undone.

        Lifting victim-first shows reasons on the holder's page, which may be read.
        """
        return self.kind in IRREVERSIBLE or bool(self.rooms) or self.victim is VictimSay.LIFT


def decide_as(
    case: Case, verb: CaseVerb, judged: Verdict, release: PolicyRelease, *, actor: Actor
) -> tuple[CaseState, tuple[int, ...]]:
    """Record the decisions that votes amount to, with their consequences, in the caller's transaction.

    Makes one decision for each agreed account that still belongs to the case; returns the case's state and the
    decisions' ids. The reported account's decision is the last one, which reporters are told of. Raises VoteLapsed.
    """
    vote, other, moment = judged.vote, judged.other, now()
    rests_on = [act_of(vote, case, settles=judged.adjudicated), *([act_of(other, case)] if other else [])]
    if any(lapses(rests_on, release)):
        raise VoteLapsed
    settle(case, judged.victim, actor=actor)
    detected = case.signals.exists() or case.ban_evasion_matches.exists()

    entries: dict[int, dict[str, object]] = {}  # by number: appended last, so that they bind what follows as well

    def decision(kind: DecisionKind, subject: Subject, rooms: list[str]) -> Decision:
        second = other if other and subject.pk in other.accounts else None
        made = Decision.objects.create(
            case=case,
            subject=subject,
            kind=kind,
            legal_basis=vote.legal_basis,
            ground=vote.ground,
            facts=vote.facts,
            rooms=rooms,
            ends_at=_ends_at(kind, vote, second, moment),
            automated_detection=detected,
            policy_hash=release.hash,
            decided_by_id=vote.person_id,
            seconded_by_id=second.person_id if second else None,
            adjudicated=judged.adjudicated,
            decided_at=moment,
        )
        entries[draw_number()] = {
            "decision": made.pk,
            "kind": kind,
            "category": case.category,
            "legal_basis": made.legal_basis,
            "policy": release.hash,
            "two_people": second is not None,
            "adjudicated": judged.adjudicated,
            "subject": subject.pk,
            "ends_at": made.ends_at.isoformat() if made.ends_at else None,
        }
        return made

    reported, *linked = accounts_of(case)
    decisions = [decision(judged.kind, account, []) for account in linked if account.pk in judged.accounts]
    if judged.rooms:
        decisions.append(decision(DecisionKind.REDACT, reported, judged.rooms))
    decisions.append(decision(judged.kind, reported, []))
    state = move_case(case, verb)
    case.decided_at = moment
    case.save(update_fields=["decided_at"])
    draw_sample(case, judged.kind, release)
    follow_through(case, decisions, state, release, actor=actor)
    lift_provisional(case, judged.kind, actor=actor)
    for number, payload in entries.items():
        append("decide_case", payload, actor=actor, case_id=case.pk, number=number)
    return CaseState(case.state), tuple(made.pk for made in decisions)


def _ends_at(kind: DecisionKind, vote: Vote, second: Vote | None, moment: datetime) -> datetime | None:
    """When a restriction expires: the shorter duration of the two votes, or None if neither sets one."""
    days = [cast.restrict_days for cast in (vote, second) if cast and cast.restrict_days is not None]
    return moment + timedelta(days=min(days)) if days and kind is DecisionKind.RESTRICT else None
