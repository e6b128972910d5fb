"""Withdrawing votes that count no longer. Nothing is edited or erased: a withdrawal is a record of its own.

The case is judged anew from its old place in the queue, by whoever may: those who voted may vote again. Where others'
votes were known to somebody by then (two differed, or two agreed), all votes of the case are withdrawn, since the next
person must judge without having seen them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.db.models import Q

from jaga.casework.cases.case_alarms import raise_case_alarms
from jaga.casework.cases.state import move_cases
from jaga.casework.kernel.eligibility import VOTERS, Act, lapses
from jaga.casework.kernel.ledger import enter_many
from jaga.casework.withdrawals.interim_restrictions import let_held_go
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import JUDGED_IN_PART, SEALED_STATES, CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.terms import OPEN_ACTION_STATES, CaseAlarmKind, CommitEnd, Lapse, Role
from jaga.policy import PolicyRelease, load_release
from jaga.records.bulk import ask_prepared
from jaga.records.models import (
    Case,
    Decision,
    Lease,
    PendingCommit,
    Vote,
    VoteWithdrawal,
)

_SUPERVISORS = frozenset({Role.SUPERVISOR})
AT_ONCE = 200
"""Cases that a round sends back in one transaction."""
_UNDECIDED_VOTES = """
SELECT v.person_id, v.policy_hash::text, c.clearance::text, array_agg(DISTINCT c.id)
FROM records_case c JOIN records_vote v ON v.case_id = c.id
WHERE c.state IN ('second_vote', 'adjudication', 'committing')
    AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)
GROUP BY 1, 2, 3
"""


def withdraw_lapsed(cases: Sequence[Case], release: PolicyRelease, *, actor: Actor) -> dict[int, Lapse]:
    """Withdraw the votes of these locked cases that count no longer; decided cases are left alone.

    Returns why, by the number of each case that went back to review. A waiting decision that rests on such a vote ends.
    """
    open_cases = {case.pk: case for case in cases if case.state in JUDGED_IN_PART}
    votes, pending = _standing(open_cases), _pending(open_cases)
    gone = _lapsed_votes([vote for own in votes.values() for vote in own], open_cases, pending, release)
    moved: dict[int, Lapse] = {}
    withdrawn: list[tuple[Vote, Lapse]] = []
    for number, own in votes.items():
        lost = [vote for vote in own if vote.pk in gone]
        waits = pending.get(number)
        if not lost:
            continue
        if waits is not None and not gone.keys() & {waits.vote_id, waits.other_id}:
            withdrawn += [(vote, gone[vote.pk]) for vote in lost]  # what waits does not rest on it, and goes on
            continue
        moved[number] = gone[lost[0].pk]
        withdrawn += [(vote, gone.get(vote.pk, Lapse.OTHER_VOTE)) for vote in own]
    _record(withdrawn, {number: pending[number] for number in moved if number in pending}, actor)
    for number in moved:
        if number in pending:
            pending[number].refresh_from_db()
            let_held_go(pending[number], open_cases[number], actor=actor)
    move_cases([open_cases[number] for number in moved], CaseVerb.WITHDRAW)
    return moved


def _standing(cases: Collection[int]) -> dict[int, list[Vote]]:
    votes: dict[int, list[Vote]] = defaultdict(list)
    for vote in Vote.standing.filter(case__in=list(cases)).order_by("cast_at", "pk"):
        votes[vote.case_id].append(vote)
    return votes


def _pending(cases: Collection[int]) -> dict[int, PendingCommit]:
    return {row.case_id: row for row in PendingCommit.objects.filter(case__in=list(cases), ended_at__isnull=True)}


def _lapsed_votes(votes: Sequence[Vote], cases: Mapping[int, Case], pending: Mapping[int, PendingCommit],
                  release: PolicyRelease) -> dict[int, Lapse]:
    settled = {row.vote_id for row in pending.values() if row.adjudicated}
    found = lapses([act_of(vote, cases[vote.case_id], settles=vote.pk in settled) for vote in votes], release)
    return {vote.pk: why for vote, why in zip(votes, found, strict=True) if why is not None}


def act_of(vote: Vote, case: Case, *, settles: bool = False) -> Act:
    """What a vote takes. One that settles a difference takes a supervisor."""
    return Act(vote.person_id, _SUPERVISORS if settles else VOTERS, vote.policy_hash, case.clearance, case.pk)


def _record(withdrawn: Sequence[tuple[Vote, Lapse]], ended: Mapping[int, PendingCommit], actor: Actor) -> None:
    moment = now()
    PendingCommit.objects.filter(pk__in=[row.pk for row in ended.values()]).update(
        ended_at=moment, end=CommitEnd.LAPSED)
    VoteWithdrawal.objects.bulk_create(
        VoteWithdrawal(vote=vote, commit=ended.get(vote.case_id), why=why, at=moment) for vote, why in withdrawn)
    enter_many([
        *(("withdraw_vote", {"vote": vote.pk, "why": why.value}, actor, vote.case_id) for vote, why in withdrawn),
        *(("halt_decision", {"commit": row.pk, "why": CommitEnd.LAPSED.value}, actor, row.case_id)
          for row in ended.values()),
    ])


def withdraw_from_work(person_id: int, *, actor: Actor) -> None:
    """A right was taken from this person: all that rests on them and is undecided stops, in the same transaction.

    Their votes are withdrawn, decisions that wait for their commit end, leases and assignments too. Supervisors are
    alarmed of each case that went back to the queue, and of each decision of theirs that is being carried out: that one
    goes on. The caller holds the person alone (`eligibility.hold_alone`). None of it comes back with a right that is
    given anew.
    """
    release = load_release()
    cases = _lock(_worked_on(person_id))
    moved = withdraw_lapsed(cases, release, actor=actor)
    barred = _barred(person_id, cases)
    numbers = list(barred)
    held = Lease.objects.filter(case__in=numbers, holder_id=person_id, released_at__isnull=True)
    assigned = Case.objects.filter(pk__in=numbers, assigned_to_id=person_id)
    left = {*held.filter(expires_at__gt=now()).values_list("case_id", flat=True),
            *assigned.values_list("pk", flat=True)}
    held.update(released_at=now())
    assigned.update(assigned_to=None)
    returned = {**{number: barred[number] for number in left}, **moved}
    raise_case_alarms(returned, CaseAlarmKind.RETURNED, person=person_id)
    raise_case_alarms(_under_way(person_id), CaseAlarmKind.UNDER_WAY, person=person_id)


def _worked_on(person_id: int) -> list[int]:
    """Undecided cases with a vote of theirs, and those that they hold or that are assigned to them."""
    voted = Vote.standing.filter(person_id=person_id, case__state__in=JUDGED_IN_PART).values_list("case_id", flat=True)
    held = Lease.objects.filter(holder_id=person_id, released_at__isnull=True).values_list("case_id", flat=True)
    assigned = Case.objects.filter(assigned_to_id=person_id, state__in=SEALED_STATES).values_list("pk", flat=True)
    return sorted({*voted, *held, *assigned})


def _lock(numbers: Sequence[int]) -> list[Case]:
    return list(Case.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=numbers).order_by("pk"))


def _barred(person_id: int, cases: Sequence[Case]) -> dict[int, Lapse]:
    acts = [Act(person_id, VOTERS, "", case.clearance, case.pk) for case in cases]
    return {case.pk: why for case, why in zip(cases, lapses(acts), strict=True) if why is not None}


def _under_way(person_id: int) -> dict[int, Lapse]:
    """Cases with a decision of this person's that is being carried out, where they could not judge it now."""
    rows = Decision.objects.filter(Q(decided_by_id=person_id) | Q(seconded_by_id=person_id),
                                   actions__state__in=OPEN_ACTION_STATES).select_related("case")
    return _barred(person_id, [row.case for row in rows])


def withdraw_what_lapsed() -> int:
    """A worker's round: votes that count no longer, though no verb took a right from their voter: a clearance has run
    out, or another policy release is in force. Some hundred cases in a transaction; returns how many went back.

    An alarm is raised where a decision waited, and where a voter may judge no more: of a release alone, whoever voted
    is asked again.
    """
    release, moved = load_release(), 0
    numbers = _with_lapsed_votes(release)
    for start in range(0, len(numbers), AT_ONCE):
        with transaction.atomic():
            cases = _lock(numbers[start:start + AT_ONCE])
            waited = {case.pk for case in cases if case.state == CaseState.COMMITTING}
            found = withdraw_lapsed(cases, release, actor=SYSTEM)
            told = {number: why for number, why in found.items() if why is not Lapse.RELEASE or number in waited}
            raise_case_alarms(told, CaseAlarmKind.RETURNED, person=None)
            moved += len(found)
    return moved


def _with_lapsed_votes(release: PolicyRelease) -> list[int]:
    """Cases to look at, found without a lock, so that a round that finds nothing holds up nobody.

    Who asked for what themselves is not looked at here, nor who settled a difference: whoever counts the vote does.
    """
    rows = ask_prepared(_UNDECIDED_VOTES, [])
    found = lapses([Act(person, VOTERS, policy_hash, clearance) for person, policy_hash, clearance, _ in rows], release)
    return sorted({number for row, why in zip(rows, found, strict=True) if why is not None for number in row[3]})
