"""A person's earlier act counts only while they may still do it, and under the current policy release."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import World, ballot, in_review, new_request, vote

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Vote
from jaga.cases.reads.history import history_of
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import JagaError, NotFound, NotPermitted
from jaga.core.terms.cases import ActionState, CaseAlarmKind, DecisionKind, Lapse, PendingEnd
from jaga.core.terms.people import Clearance, HostKind, Role
from jaga.decisions.models import CaseAlarm, VoteWithdrawal
from jaga.decisions.models import PendingDecision as Pending
from jaga.decisions.verbs import votes, voting
from jaga.decisions.verbs.undo_window import make_pending_decision
from jaga.people.models import Person, PersonRole
from jaga.people.verbs import people
from jaga.people.verbs import trusted_flaggers as skills_and_clearances
from jaga.people.verbs.people import claim_installation
from jaga.policy import release
from jaga.policy.release import load_release
from jaga.queue.models import PersonClearance
from jaga.queue.verbs import leases
from jaga.signals.verbs import triage
from jaga.store.models import LedgerEntry

CLOSE, RESTRICT, DISMISS = DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS
Take = Callable[[Actor], None]


def state(case_id: int) -> CaseState:
    return CaseState(Case.objects.get(pk=case_id).state)


def closed_case() -> int:
    """A case in review that needs a clearance and may end in a closure."""
    case_id = in_review()
    Case.objects.filter(pk=case_id).update(clearance=Clearance.CHILD_SAFETY)
    return case_id


def standing(case_id: int) -> list[int | None]:
    """The people with a valid vote, in order."""
    return list(Vote.in_force.filter(case_id=case_id).order_by("cast_at").values_list("person_id", flat=True))


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Put another release into force."""
    changed = replace(load_release(), hash="1" * 64)
    return lambda: monkeypatch.setattr(release, "_shipped", lambda: changed)


def deactivate(actor: Actor) -> None:
    people.deactivate_person(actor.person_id or 0, actor=CLI)


def end_role(actor: Actor) -> None:
    for role in actor.roles:
        people.end_role(actor.person_id or 0, role, actor=CLI)


def end_clearance(actor: Actor) -> None:
    held = PersonClearance.objects.get(person_id=actor.person_id, ended_at__isnull=True)
    skills_and_clearances.end_clearance(held.pk, "Pindah tim.", actor=CLI)


TAKEN: list[tuple[Take, Lapse]] = [
    (deactivate, Lapse.INACTIVE),
    (end_role, Lapse.ROLE),
    (end_clearance, Lapse.CLEARANCE),
]


@pytest.mark.parametrize(("take", "why"), TAKEN)
def test_a_first_vote_is_withdrawn_with_the_right_that_it_took(world: World, take: Take, why: Lapse) -> None:
    """The vote stays on record; the next one is a first vote, and a closure takes two others. Supervisors are told."""
    first, second, third = world.reviewers
    case_id = closed_case()
    vote(case_id, CLOSE, first)
    take(first)
    cast = Vote.objects.get()
    assert (state(case_id), standing(case_id)) == (CaseState.IN_REVIEW, [])
    assert VoteWithdrawal.objects.get().why == why
    entered = LedgerEntry.objects.get(verb="withdraw_vote")
    assert (entered.payload, entered.case_ref, entered.actor) == ({"vote": cast.pk, "why": why}, case_id, "cli")
    raised = CaseAlarm.objects.get()
    assert (raised.kind, raised.case_id, raised.person_id, raised.why) == (
        CaseAlarmKind.RETURNED,
        case_id,
        first.person_id,
        why,
    )
    assert vote(case_id, CLOSE, second) == voting.Voted(CaseState.SECOND_VOTE)
    assert not Decision.objects.exists()
    assert vote(case_id, CLOSE, third).state is CaseState.ACTING


def test_what_needs_no_clearance_stays_with_the_clearance_taken(world: World) -> None:
    """Only acts that needed the clearance are withdrawn."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    end_clearance(world.reviewers[0])
    assert standing(case_id) == [world.reviewers[0].person_id]
    assert not CaseAlarm.objects.exists()


@pytest.mark.parametrize(("take", "why"), TAKEN)
@pytest.mark.parametrize("place", [0, 1])
def test_a_waiting_decision_stops(world: World, settings: Any, take: Take, why: Lapse, place: int) -> None:
    """Whichever voter it is: nothing is decided, the case returns to its old place with an alarm, and the other voter
    may vote again.
    """
    settings.UNDO_WINDOW_SECONDS = None
    case_id = closed_case()
    rank = Case.objects.get(pk=case_id).rank_at
    for voter in world.reviewers[:2]:
        vote(case_id, CLOSE, voter)
    take(world.reviewers[place])
    waited, case = Pending.objects.get(), Case.objects.get(pk=case_id)
    assert (waited.end, case.state, case.rank_at) == (PendingEnd.LAPSED, CaseState.IN_REVIEW, rank)
    with frozen(waited.undo_until):
        assert make_pending_decision(waited.pk, actor=SYSTEM) is False
    assert not Decision.objects.exclude(awaits__isnull=False).exists()
    assert Action.objects.get().state == ActionState.ENDED  # what restricts before a closure never began
    assert set(VoteWithdrawal.objects.values_list("why", flat=True)) == {why, Lapse.OTHER_VOTE}
    assert CaseAlarm.objects.get().why == why
    assert vote(case_id, CLOSE, world.reviewers[1 - place]).state is CaseState.SECOND_VOTE


def test_a_supervisor_who_settled_it_and_is_one_no_more(world: World, settings: Any) -> None:
    """Their vote needed the supervisor's role, although they still judge cases."""
    settings.UNDO_WINDOW_SECONDS = None
    PersonRole.objects.create(person_id=world.supervisor.person_id, role=Role.REVIEWER)
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, DISMISS, world.reviewers[1])
    vote(case_id, CLOSE, world.supervisor)
    people.end_role(world.supervisor.person_id or 0, Role.SUPERVISOR, actor=CLI)
    assert (state(case_id), Pending.objects.get().end, standing(case_id)) == (
        CaseState.IN_REVIEW,
        PendingEnd.LAPSED,
        [],
    )


def test_a_vote_that_what_waits_does_not_rest_on_stops_nothing(world: World, settings: Any) -> None:
    """The outvoted vote is withdrawn alone; the decision of the two others is made at its time."""
    settings.UNDO_WINDOW_SECONDS = None
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, DISMISS, world.reviewers[1])
    vote(case_id, CLOSE, world.supervisor)
    deactivate(world.reviewers[1])
    waits = Pending.objects.get()
    assert (state(case_id), len(standing(case_id)), waits.end) == (CaseState.COMMITTING, 2, "")
    with frozen(waits.undo_until):
        assert make_pending_decision(waits.pk, actor=SYSTEM) is True


def test_where_two_differ_all_is_judged_anew(world: World) -> None:
    """A supervisor has seen both votes, so the next judgement must not rest on the remaining one."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, DISMISS, world.reviewers[1])
    deactivate(world.reviewers[0])
    assert (state(case_id), standing(case_id)) == (CaseState.IN_REVIEW, [])
    assert vote(case_id, DISMISS, world.reviewers[1]).state is CaseState.RESOLVED


@pytest.mark.parametrize("late", [timedelta(hours=-5), timedelta(hours=1)])
def test_a_first_vote_under_an_older_release_counts_no_more(
    world: World, settings: Any, newer: Callable[[], None], late: timedelta
) -> None:
    """Also in an overdue case, where nothing waits: the second vote becomes a first one under the new release."""
    settings.UNDO_WINDOW_SECONDS = None
    first, second, third = world.reviewers
    case_id = in_review()
    vote(case_id, CLOSE, first)
    newer()
    with frozen(Case.objects.get(pk=case_id).due_at + late):
        assert vote(case_id, CLOSE, second) == voting.Voted(CaseState.SECOND_VOTE)
        assert (standing(case_id), VoteWithdrawal.objects.get().why) == ([second.person_id], Lapse.RELEASE)
        assert (Decision.objects.count(), Pending.objects.count()) == (0, 0)
        assert vote(case_id, CLOSE, first).state in (CaseState.COMMITTING, CaseState.ACTING)  # asked again, they may
    assert third.person_id not in standing(case_id)


def test_votes_that_differ_under_an_older_release_are_settled_by_nobody(
    world: World, newer: Callable[[], None]
) -> None:
    """The supervisor's vote is then a first one, and closes nothing together with an old vote."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, DISMISS, world.reviewers[1])
    newer()
    assert vote(case_id, CLOSE, world.supervisor) == voting.Voted(CaseState.SECOND_VOTE)
    assert (standing(case_id), Decision.objects.count()) == ([world.supervisor.person_id], 0)


def test_at_its_moment_both_votes_are_compared_with_the_release_in_force(
    world: World, settings: Any, newer: Callable[[], None]
) -> None:
    """Supervisors get an alarm that the case returned."""
    settings.UNDO_WINDOW_SECONDS = None
    case_id = in_review()
    for voter in world.reviewers[:2]:
        vote(case_id, CLOSE, voter)
    newer()
    waits = Pending.objects.get()
    with frozen(waits.undo_until):
        assert make_pending_decision(waits.pk, actor=SYSTEM) is False
    assert (state(case_id), Pending.objects.get().end) == (CaseState.IN_REVIEW, PendingEnd.LAPSED)
    assert CaseAlarm.objects.get().why == Lapse.RELEASE


def _sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


PAST_THE_VERBS = [
    "UPDATE records_person SET is_active = false WHERE id = %s",
    "DELETE FROM records_personrole WHERE person_id = %s",
    "UPDATE records_personclearance SET ended_at = now() WHERE person_id = %s",
    "UPDATE records_person SET organisation_id = (SELECT id FROM records_organisation WHERE kind = 'police')"
    " WHERE id = %s",
]


@pytest.mark.parametrize("sql", PAST_THE_VERBS)
@pytest.mark.parametrize("way", ["second vote", "settled", "its moment"])
def test_what_was_taken_past_every_verb_is_seen_when_it_would_count(
    world: World, settings: Any, sql: str, way: str
) -> None:
    """With raw SQL nothing was withdrawn, so the check at counting finds it; also for a person who moved to another
    organisation.
    """
    settings.UNDO_WINDOW_SECONDS = 600 if way == "its moment" else 0
    case_id = closed_case()
    vote(case_id, CLOSE, world.reviewers[0])
    if way != "second vote":
        vote(case_id, DISMISS if way == "settled" else CLOSE, world.reviewers[1])
    _sql(sql, world.reviewers[0].person_id)
    if way == "its moment":
        waits = Pending.objects.get()
        with frozen(waits.undo_until):
            assert make_pending_decision(waits.pk, actor=SYSTEM) is False
        assert CaseAlarm.objects.exists()
    else:
        last = world.supervisor if way == "settled" else world.reviewers[1]
        assert vote(case_id, CLOSE, last).state is CaseState.SECOND_VOTE
        assert standing(case_id) == [last.person_id]
    assert not Decision.objects.exclude(awaits__isnull=False).exists()


@pytest.mark.parametrize("sql", PAST_THE_VERBS)
def test_who_lost_the_right_meanwhile_casts_no_vote(world: World, sql: str) -> None:
    """Even if signed in before and with a lease: neither a vote nor an immediate restriction."""
    case_id = closed_case()
    voter = world.reviewers[0]
    lease = leases.take_lease(case_id, actor=voter)
    _sql(sql, voter.person_id)
    for verb in (voting.cast_vote, voting.restrict_at_once):
        with pytest.raises((NotPermitted, NotFound)):
            verb(case_id, lease.fence, voting.Ballot(RESTRICT), actor=voter)


def test_who_asked_for_it_judges_none_of_it(world: World) -> None:
    """In an authority's installation a person can be officer and reviewer: they may send the request or vote, not
    both.
    """
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    PersonRole.objects.create(person_id=world.officer.person_id, role=Role.REVIEWER)
    both = people.actor_for(Person.objects.get(pk=world.officer.person_id))
    own = requests.file_request(new_request(), actor=world.officer).case_id
    triage.triage_case(own, actor=SYSTEM)
    lease = leases.take_lease(own, actor=both)
    with pytest.raises(NotPermitted):
        voting.cast_vote(own, lease.fence, ballot(own, DISMISS), actor=both)
    assert vote(in_review(account="@melati:localhost"), DISMISS, both).state is CaseState.RESOLVED


def test_the_round_withdraws_what_no_verb_did(world: World, newer: Callable[[], None]) -> None:
    """An expired clearance raises an alarm; for a new release the voters are told. A second round does nothing."""
    closed, ordinary = closed_case(), in_review(account="@melati:localhost")
    for case_id in (closed, ordinary):
        vote(case_id, CLOSE, world.reviewers[0])
    _sql("UPDATE records_personclearance SET ended_at = now() WHERE person_id = %s", world.reviewers[0].person_id)
    assert votes.withdraw_what_lapsed() == 1
    assert (state(closed), state(ordinary)) == (CaseState.IN_REVIEW, CaseState.SECOND_VOTE)
    assert CaseAlarm.objects.get().case_id == closed
    newer()
    assert (votes.withdraw_what_lapsed(), votes.withdraw_what_lapsed()) == (1, 0)
    assert (state(ordinary), CaseAlarm.objects.count()) == (CaseState.IN_REVIEW, 1)


def test_reactivation_brings_no_vote_back(world: World) -> None:
    """A reactivated person judges again in the next round."""
    case_id, first = in_review(), world.reviewers[0]
    vote(case_id, CLOSE, first)
    deactivate(first)
    Person.objects.filter(pk=first.person_id).update(is_active=True)
    assert standing(case_id) == []
    assert vote(case_id, CLOSE, first).state is CaseState.SECOND_VOTE
    assert list(Vote.objects.order_by("pk").values_list("round", flat=True)) == [1, 2]


def test_a_decision_that_was_made_stays_and_is_alarmed_of_while_it_is_carried_out(world: World) -> None:
    """The decision of two people stays in force; a supervisor checks whether it should be stopped by hand."""
    case_id = in_review()
    for voter in world.reviewers[:2]:
        vote(case_id, CLOSE, voter)
    assert state(case_id) is CaseState.ACTING
    deactivate(world.reviewers[0])
    assert (state(case_id), Vote.in_force.count()) == (CaseState.ACTING, 2)
    assert CaseAlarm.objects.get().kind == CaseAlarmKind.UNDER_WAY
    done = in_review(account="@melati:localhost")
    vote(done, DISMISS, world.reviewers[1])
    deactivate(world.reviewers[1])
    assert CaseAlarm.objects.count() == 1  # one waits for a case, and nothing is done on the other


def test_what_they_held_goes_back_too_and_tells_of_no_vote(world: World) -> None:
    """A lease and an assignment end with the same alarm, so that the alarm reveals no vote."""
    voted, held, assigned = (in_review(account=f"@a{number}:localhost") for number in range(3))
    gone = world.reviewers[0]
    vote(voted, CLOSE, gone)
    leases.take_lease(held, actor=gone)
    Case.objects.filter(pk=assigned).update(assigned_to_id=gone.person_id)
    deactivate(gone)
    assert set(CaseAlarm.objects.values_list("case_id", "kind", "why")) == {
        (case_id, CaseAlarmKind.RETURNED, Lapse.INACTIVE) for case_id in (voted, held, assigned)
    }
    assert not Case.objects.filter(assigned_to__isnull=False).exists()
    assert leases.take_lease(held, actor=world.reviewers[1]).fence == 2
    verbs = {entry.verb for entry in history_of(Case.objects.get(pk=voted), actor=world.reviewers[1])}
    assert not verbs & {"cast_vote", "withdraw_vote", "halt_decision"}


def test_many_cases_go_back_in_one_transaction_with_few_questions(world: World) -> None:
    """The number of statements does not grow with the number of cases, so that locks are short."""

    def asked(cases: int, gone: Actor) -> int:
        numbers = [in_review(account=f"@{gone.name}{number}:localhost") for number in range(cases)]
        for case_id in numbers:
            vote(case_id, CLOSE, gone)
        counted = 0

        def count(execute: Any, *statement: Any) -> Any:
            nonlocal counted
            counted += 1
            return execute(*statement)

        with connection.execute_wrapper(count):
            deactivate(gone)
        assert {state(case_id) for case_id in numbers} == {CaseState.IN_REVIEW}
        return counted

    assert asked(12, world.reviewers[0]) <= asked(2, world.reviewers[1])


_DECIDE = (
    "INSERT INTO records_decision (case_id, kind, legal_basis, ground, facts, rooms, automated_detection,"
    " policy_hash, decided_by_id, seconded_by_id, adjudicated, decided_at, subject_id)"
    " VALUES (%s, %s, '', 'illegal_content', '', '[]', false, %s, %s, %s, false, %s, %s)"
)


@pytest.mark.parametrize(
    ("sql", "hash_", "why"),
    [
        (PAST_THE_VERBS[0], "", "who may judge"),
        (PAST_THE_VERBS[1], "", "who may judge"),
        (PAST_THE_VERBS[2], "", "who may judge"),
        ("SELECT %s", "1" * 64, "one policy release"),
        ("SELECT %s", "", ""),
    ],
)
def test_the_database_takes_no_decision_that_names_a_vote_that_lapsed(
    world: World, settings: Any, sql: str, hash_: str, why: str
) -> None:
    """Raw SQL without the verbs, at the time of the pending decision; the last attempt is accepted, so the refusals are
    due to the lapse.
    """
    settings.UNDO_WINDOW_SECONDS = 60
    case_id = closed_case()
    for voter in world.reviewers[:2]:
        vote(case_id, CLOSE, voter)
    case, waits = Case.objects.get(pk=case_id), Pending.objects.get()
    one, two = (voter.person_id for voter in world.reviewers[:2])
    _sql(sql, one)
    values = (case_id, "close", hash_ or load_release().hash, one, two, waits.undo_until, case.subject_id)
    if why:
        with pytest.raises(IntegrityError, match=why), transaction.atomic():
            _sql(_DECIDE, *values)
    else:
        _sql(_DECIDE, *values)


def test_the_database_withdraws_no_decided_vote_and_no_vote_without_a_reason(world: World) -> None:
    """A decided case keeps its votes."""
    case_id = in_review()
    vote(case_id, DISMISS, world.reviewers[0])
    cast = Vote.objects.get()
    with pytest.raises(IntegrityError, match="undecided"), transaction.atomic():
        VoteWithdrawal.objects.create(vote=cast, why=Lapse.INACTIVE, at=now())
    other = in_review(account="@melati:localhost")
    vote(other, CLOSE, world.reviewers[0])
    with pytest.raises(IntegrityError, match="for_a_reason"), transaction.atomic():
        VoteWithdrawal.objects.create(vote=Vote.objects.latest("pk"), at=now())


def test_roles_are_ended_by_administrators_alone(world: World) -> None:
    """Only roles that the person has can be ended."""
    number = world.reviewers[0].person_id or 0
    for actor, role, refusal in ((world.supervisor, Role.REVIEWER, NotPermitted), (CLI, Role.OFFICER, NotFound)):
        with pytest.raises(JagaError) as refused:
            people.end_role(number, role, actor=actor)
        assert isinstance(refused.value, refusal)
