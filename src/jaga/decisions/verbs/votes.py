"""Withdrawing votes that no longer count.

A withdrawal is a record; votes are never edited or deleted.

The case returns to its old place in the queue and may be judged by anybody with the right, earlier voters included. If
votes were disclosed to somebody (two differed or agreed), all of them are withdrawn, since the next person must judge
without having seen them.

From votes to decisions: the accounts and rooms that the votes agree on, and a decision for each account.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from jaga.cases.models.cases import Case, Lease, Subject
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.verbs.case_alarms import raise_case_alarms
from jaga.cases.verbs.state import move_case, move_cases
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import IRREVERSIBLE, JUDGED_IN_PART, SEALED_STATES, CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.cases import OPEN_ACTION_STATES, CaseAlarmKind, DecisionKind, Lapse, PendingEnd, VictimSay
from jaga.core.terms.people import Role
from jaga.decisions.models import PendingDecision, VoteWithdrawal
from jaga.decisions.verbs.consequences import draw_sample, follow_through
from jaga.decisions.verbs.interim_orders import lift_provisional
from jaga.decisions.verbs.interim_restrictions import lift_interim_restriction
from jaga.policy.release import PolicyRelease, load_release
from jaga.queue.verbs.linked_accounts import accounts_of
from jaga.signals.verbs.victim_protection import settle
from jaga.store.bulk import ask_prepared
from jaga.store.kernel.ledger import append, append_changes, append_many, draw_number
from jaga.store.kernel.row_bindings import VOTERS, Act, lapses

_SUPERVISORS = frozenset({Role.SUPERVISOR})
AT_ONCE = 200
"""Most cases that a periodic run returns to review in one transaction."""
_UNDECIDED_VOTES = """
SELECT v.person_id, v.policy_hash::text, c.clearance::text, array_agg(DISTINCT c.id)
FROM records_case c JOIN records_vote v ON v.case_id = c.id
WHERE c.state IN ('second_vote', 'adjudication', 'committing')
    AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)
GROUP BY 1, 2, 3
"""


def withdraw_lapsed(cases: Sequence[Case], release: PolicyRelease, *, actor: Actor) -> dict[int, Lapse]:
    """Withdraw votes of these locked cases that no longer count.

    Decided cases are not changed.

    A pending decision that rests on such a vote ends. Returns the reason by id of each case that returned to review.
    """
    open_cases = {case.pk: case for case in cases if case.state in JUDGED_IN_PART}
    votes, pending = _counting_votes(open_cases), _pending(open_cases)
    gone = _lapsed_votes([vote for own in votes.values() for vote in own], open_cases, pending, release)
    moved: dict[int, Lapse] = {}
    withdrawn: list[tuple[Vote, Lapse]] = []
    for number, own in votes.items():
        lost = [vote for vote in own if vote.pk in gone]
        waits = pending.get(number)
        if not lost:
            continue
        if waits is not None and not gone.keys() & {waits.vote_id, waits.other_id}:
            withdrawn += [(vote, gone[vote.pk]) for vote in lost]  # the pending decision does not rest on these votes
            continue
        moved[number] = gone[lost[0].pk]
        withdrawn += [(vote, gone.get(vote.pk, Lapse.OTHER_VOTE)) for vote in own]
    _record(withdrawn, {number: pending[number] for number in moved if number in pending}, actor)
    for number in moved:
        if number in pending:
            pending[number].refresh_from_db()
            lift_interim_restriction(pending[number], open_cases[number], actor=actor)
    move_cases([open_cases[number] for number in moved], CaseVerb.WITHDRAW)
    append_many([("note_changes", {}, actor, number) for number in moved])
    return moved


def _counting_votes(cases: Collection[int]) -> dict[int, list[Vote]]:
    votes: dict[int, list[Vote]] = defaultdict(list)
    for vote in Vote.in_force.filter(case__in=list(cases)).order_by("cast_at", "pk"):
        votes[vote.case_id].append(vote)
    return votes


def _pending(cases: Collection[int]) -> dict[int, PendingDecision]:
    return {row.case_id: row for row in PendingDecision.objects.filter(case__in=list(cases), ended_at__isnull=True)}


def _lapsed_votes(
    votes: Sequence[Vote], cases: Mapping[int, Case], pending: Mapping[int, PendingDecision], release: PolicyRelease
) -> dict[int, Lapse]:
    settled = {row.vote_id for row in pending.values() if row.adjudicated}
    found = lapses([act_of(vote, cases[vote.case_id], settles=vote.pk in settled) for vote in votes], release)
    return {vote.pk: why for vote, why in zip(votes, found, strict=True) if why is not None}


def act_of(vote: Vote, case: Case, *, settles: bool = False) -> Act:
    """What a vote requires of its person; a supervisor's role if it settles a disagreement."""
    return Act(vote.person_id, _SUPERVISORS if settles else VOTERS, vote.policy_hash, case.clearance, case.pk)


def _record(withdrawn: Sequence[tuple[Vote, Lapse]], ended: Mapping[int, PendingDecision], actor: Actor) -> None:
    moment = now()
    PendingDecision.objects.filter(pk__in=[row.pk for row in ended.values()]).update(
        ended_at=moment, end=PendingEnd.LAPSED
    )
    VoteWithdrawal.objects.bulk_create(
        VoteWithdrawal(vote=vote, pending=ended.get(vote.case_id), why=why, at=moment) for vote, why in withdrawn
    )
    append_many(
        [
            *(("withdraw_vote", {"vote": vote.pk, "why": why.value}, actor, vote.case_id) for vote, why in withdrawn),
            *(
                ("halt_decision", {"pending": row.pk, "why": PendingEnd.LAPSED.value}, actor, row.case_id)
                for row in ended.values()
            ),
        ]
    )


def withdraw_from_work(person_id: int, *, actor: Actor) -> None:
    """After a right was taken from this person, stop everything undecided that rests on them, in the same transaction.

    Withdraws their votes and ends pending decisions, leases and assignments. Supervisors get an alarm for each case
    that returned to the queue, and for each decision of theirs that is being carried out and continues. The caller has
    locked the person (`eligibility.lock_person`). Giving the right back restores nothing.
    """
    release = load_release()
    cases = _lock(_worked_on(person_id))
    moved = withdraw_lapsed(cases, release, actor=actor)
    barred = _barred(person_id, cases)
    numbers = list(barred)
    held = Lease.objects.filter(case__in=numbers, holder_id=person_id, released_at__isnull=True)
    assigned = Case.objects.filter(pk__in=numbers, assigned_to_id=person_id)
    left = {
        *held.filter(expires_at__gt=now()).values_list("case_id", flat=True),
        *assigned.values_list("pk", flat=True),
    }
    held.update(released_at=now())
    assigned.update(assigned_to=None)
    append_changes(actor=actor, case_id=None)
    returned = {**{number: barred[number] for number in left}, **moved}
    raise_case_alarms(returned, CaseAlarmKind.RETURNED, person=person_id)
    raise_case_alarms(_being_carried_out(person_id), CaseAlarmKind.UNDER_WAY, person=person_id)


def _worked_on(person_id: int) -> list[int]:
    """Undecided cases in which they voted, hold the lease, or are assigned."""
    voted = Vote.in_force.filter(person_id=person_id, case__state__in=JUDGED_IN_PART).values_list("case_id", flat=True)
    held = Lease.objects.filter(holder_id=person_id, released_at__isnull=True).values_list("case_id", flat=True)
    assigned = Case.objects.filter(assigned_to_id=person_id, state__in=SEALED_STATES).values_list("pk", flat=True)
    return sorted({*voted, *held, *assigned})


def _lock(numbers: Sequence[int]) -> list[Case]:
    return list(Case.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=numbers).order_by("pk"))


def _barred(person_id: int, cases: Sequence[Case]) -> dict[int, Lapse]:
    acts = [Act(person_id, VOTERS, "", case.clearance, case.pk) for case in cases]
    return {case.pk: why for case, why in zip(cases, lapses(acts), strict=True) if why is not None}


def _being_carried_out(person_id: int) -> dict[int, Lapse]:
    """Cases with a decision of theirs that is being carried out and that they could not make now, with the reason."""
    rows = Decision.objects.filter(
        Q(decided_by_id=person_id) | Q(seconded_by_id=person_id), actions__state__in=OPEN_ACTION_STATES
    ).select_related("case")
    return _barred(person_id, [row.case for row in rows])


def withdraw_what_lapsed() -> int:
    """Withdraw votes that lapsed without a verb: a clearance expired, or another policy release came into force.

    Periodic task; `AT_ONCE` cases per transaction. Returns how many cases returned to review. Raises an alarm if a
    decision was pending or the voter may no longer judge. After a change of release alone, voters are simply asked
    again.
    """
    release, moved = load_release(), 0
    numbers = _with_lapsed_votes(release)
    for start in range(0, len(numbers), AT_ONCE):
        with transaction.atomic():
            cases = _lock(numbers[start : start + AT_ONCE])
            waited = {case.pk for case in cases if case.state == CaseState.COMMITTING}
            found = withdraw_lapsed(cases, release, actor=SYSTEM)
            alarmed = {number: why for number, why in found.items() if why is not Lapse.RELEASE or number in waited}
            raise_case_alarms(alarmed, CaseAlarmKind.RETURNED, person=None)
            moved += len(found)
    return moved


def _with_lapsed_votes(release: PolicyRelease) -> list[int]:
    """Candidate cases, found without locks, so that a run that finds nothing blocks nobody.

    Conflicts of interest and votes that settle a disagreement are only checked when the vote is counted.
    """
    rows = ask_prepared(_UNDECIDED_VOTES, [])
    found = lapses([Act(person, VOTERS, policy_hash, clearance) for person, policy_hash, clearance, _ in rows], release)
    return sorted({number for row, why in zip(rows, found, strict=True) if why is not None for number in row[3]})


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
