"""A right is taken away at the moment its act would count: real threads on real connections are serialised."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection, transaction
from tests.casework.actions.test_at_once import at_once
from tests.factories import World, ballot, in_review, make_world, the_action, vote

from jaga.actions.verbs import attempts
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Vote
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.errors import JagaError, NotPermitted
from jaga.core.terms.cases import CaseAlarmKind, DecisionKind, PendingEnd
from jaga.decisions.models import CaseAlarm, PendingDecision
from jaga.decisions.verbs import voting
from jaga.decisions.verbs.undo_window import make_pending_decision
from jaga.people.verbs import people
from jaga.queue.verbs import leases

CLOSE = DecisionKind.CLOSE


@pytest.fixture
def world(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[World]:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    yield make_world()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def in_turn(case_id: int, *calls: Callable[[], Any]) -> list[Any]:
    """All calls want this case; each waits for it, or for the previous one, when the next begins. Then it is
    released.
    """
    results: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        try:
            results[index] = call()
        except JagaError as refused:
            results[index] = refused
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(calls)]
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(pk=case_id)
        for started, thread in enumerate(threads, 1):
            thread.start()
            until = monotonic() + 60
            while _waiting() < started:
                assert monotonic() < until, "a call waits for nothing"
                sleep(0.02)
    for thread in threads:
        thread.join(60)
    return results


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # what was seen once is seen to the end of the transaction
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def deactivate(actor: Actor) -> None:
    people.deactivate_person(actor.person_id or 0, actor=CLI)


def state(case_id: int) -> CaseState:
    return CaseState(Case.objects.get(pk=case_id).state)


def kinds() -> list[str]:
    return list(CaseAlarm.objects.values_list("kind", flat=True))


@pytest.mark.parametrize("deactivated_first", [True, False])
def test_with_the_second_vote(world: World, deactivated_first: bool) -> None:
    """Either the first vote is withdrawn and the second becomes a first one, or the decision is made with an alarm."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    fence = leases.take_lease(case_id, actor=world.reviewers[1]).fence
    cast = ballot(case_id, CLOSE)
    calls = [
        lambda: deactivate(world.reviewers[0]),
        lambda: voting.cast_vote(case_id, fence, cast, actor=world.reviewers[1]),
    ]
    got = in_turn(case_id, *(calls if deactivated_first else reversed(calls)))
    assert not [one for one in got if isinstance(one, JagaError)]
    assert Decision.objects.exists() is not deactivated_first
    assert state(case_id) is (CaseState.SECOND_VOTE if deactivated_first else CaseState.ACTING)
    assert Vote.in_force.count() == (1 if deactivated_first else 2)
    assert kinds() == [CaseAlarmKind.RETURNED if deactivated_first else CaseAlarmKind.UNDER_WAY]


@pytest.mark.parametrize("deactivated_first", [True, False])
def test_with_the_workers_commit(world: World, settings: Any, deactivated_first: bool) -> None:
    """Either the pending decision ends or it is made; never both, and never neither."""
    settings.UNDO_WINDOW_SECONDS = 60
    case_id = in_review()
    for voter in world.reviewers[:2]:
        vote(case_id, CLOSE, voter)
    waits = PendingDecision.objects.get()

    def make() -> bool:
        with frozen(waits.undo_until):
            return make_pending_decision(waits.pk, actor=SYSTEM)

    calls: list[Callable[[], Any]] = [lambda: deactivate(world.reviewers[0]), make]
    got = in_turn(case_id, *(calls if deactivated_first else reversed(calls)))
    assert (False in got) is deactivated_first
    assert Decision.objects.filter(kind=CLOSE).exists() is not deactivated_first
    waits.refresh_from_db()
    assert waits.end == (PendingEnd.LAPSED if deactivated_first else PendingEnd.COMMITTED)
    assert kinds() == [CaseAlarmKind.RETURNED if deactivated_first else CaseAlarmKind.UNDER_WAY]


@pytest.mark.parametrize("deactivated_first", [True, False])
def test_with_their_own_vote(world: World, deactivated_first: bool) -> None:
    """Either the vote is refused or it is withdrawn; in both cases it does not count."""
    case_id, voter = in_review(), world.reviewers[0]
    fence = leases.take_lease(case_id, actor=voter).fence
    cast = ballot(case_id, CLOSE)
    calls = [lambda: deactivate(voter), lambda: voting.cast_vote(case_id, fence, cast, actor=voter)]
    got = in_turn(case_id, *(calls if deactivated_first else reversed(calls)))
    assert [type(one) for one in got if isinstance(one, JagaError)] == [NotPermitted] * deactivated_first
    assert (state(case_id), Vote.in_force.count()) == (CaseState.IN_REVIEW, 0)
    assert Vote.objects.count() == (0 if deactivated_first else 1)


def test_as_the_worker_begins_the_action(world: World) -> None:
    """The decision was made, so it is carried out, and a supervisor gets an alarm, whichever comes first."""
    case_id = in_review()
    for voter in world.reviewers[:2]:
        vote(case_id, CLOSE, voter)
    action = the_action(case_id).pk
    at_once(lambda: attempts.start_attempt(action, actor=SYSTEM), lambda: deactivate(world.reviewers[0]))
    assert (Action.objects.get().attempts, kinds()) == (1, [CaseAlarmKind.UNDER_WAY])


def test_two_at_once_over_the_same_cases_wait_for_no_circle(world: World) -> None:
    """With second votes in between there is no deadlock, and no act of a deactivated person counts in the end."""
    numbers = [in_review(account=f"@sama{number}:localhost") for number in range(6)]
    one, two, third = world.reviewers
    for number, case_id in enumerate(numbers):
        vote(case_id, CLOSE, one if number % 2 else two)

    def votes() -> None:
        for case_id in reversed(numbers):
            vote(case_id, CLOSE, third)

    got = at_once(lambda: deactivate(one), lambda: deactivate(two), votes)
    assert not [refused for refused in got if isinstance(refused, JagaError)]
    for case_id in numbers:
        left = set(Vote.in_force.filter(case_id=case_id).values_list("person_id", flat=True))
        decided = Decision.objects.filter(case_id=case_id).exists()
        assert left - {third.person_id} == set() or decided
        assert state(case_id) in ((CaseState.ACTING,) if decided else (CaseState.SECOND_VOTE,))
