"""A clock that jumps by hours: nothing waits longer than planned, and nobody is taken for dead."""

from datetime import timedelta

import pytest
from django.db import connection
from tests.factories import World, decided_closure, in_review, the_action
from tests.jobs.base.test_patience import due_jobs, next_moment
from tests.platforms.fake import FakePlatform

from jaga.actions.jobs import carry_out
from jaga.actions.verbs import attempts
from jaga.core.actors import SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import ActionState, OutcomeKind
from jaga.queue.verbs import leases
from jaga.work.faults import ClockWatch, heartbeats_mean_something

HOURS = timedelta(hours=7)


def test_a_clock_set_back_does_not_keep_an_action_waiting_for_hours(world: World, fake: FakePlatform) -> None:
    """What was deferred is brought forward once, and then carried out."""
    case_id, start = decided_closure(world), now()
    due_jobs()
    with frozen(start + HOURS):  # the clock runs ahead, and an attempt fails
        watch = ClockWatch(monotonic=100)
        attempts.start_attempt(the_action(case_id).pk, actor=SYSTEM)
        attempts.attempt_failed(the_action(case_id).pk, OutcomeKind.UNKNOWN, actor=SYSTEM)
        assert watch.check(monotonic=105) == 0
    with frozen(start):  # it is corrected
        assert watch.check(monotonic=110) == 1
        assert watch.check(monotonic=115) == 0
        carry_out(case_id)
    assert the_action(case_id).state == ActionState.DONE


def test_a_clock_set_back_while_no_worker_ran_is_noticed_by_the_ledger(world: World) -> None:
    """The newest entry is then in the future."""
    case_id, start = decided_closure(world), now()
    due_jobs()
    with frozen(start + HOURS):
        attempts.start_attempt(the_action(case_id).pk, actor=SYSTEM)
        attempts.attempt_failed(the_action(case_id).pk, OutcomeKind.UNKNOWN, actor=SYSTEM)
    with frozen(start):
        watch = ClockWatch(monotonic=0)
        assert watch.check(monotonic=5) == 1
        assert watch.check(monotonic=10) == 0
        moment = next_moment()
        assert moment is not None


def test_a_clock_set_forward_makes_promises_come_early_and_nothing_else(world: World, fake: FakePlatform) -> None:
    """The action is checked first as always; carrying it out again changes nothing."""
    case_id, start = decided_closure(world), now()
    with frozen(start):
        watch = ClockWatch(monotonic=100)
        attempts.start_attempt(the_action(case_id).pk, actor=SYSTEM)
        attempts.attempt_failed(the_action(case_id).pk, OutcomeKind.UNKNOWN, actor=SYSTEM)
    with frozen(start + HOURS):
        assert watch.check(monotonic=105) == 0
        carry_out(case_id)
        carry_out(case_id)
    assert fake.orders == ["restrict", "deliver", "close"]


def test_an_ordinary_correction_of_the_clock_changes_nothing(world: World) -> None:
    """Some seconds do not count as a jump."""
    decided_closure(world)
    start = now()
    with frozen(start):
        watch = ClockWatch(monotonic=100)
    with frozen(start - timedelta(seconds=20)):
        assert watch.check(monotonic=101) == 0


def test_a_heartbeat_from_the_future_does_not_keep_a_dead_worker_alive(world: World) -> None:
    """It counts as now, so that a dead worker is noticed after the usual time and not after hours."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '7 hours')")
        heartbeats_mean_something(timedelta(seconds=15))
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now()")
        assert cursor.fetchone() == (0,)
        cursor.execute("DELETE FROM procrastinate_workers")


def test_nobody_is_missed_right_after_the_database_came_up(world: World) -> None:
    """While the database was down there were no heartbeats; all get the usual time once more."""
    assert heartbeats_mean_something(timedelta(seconds=0))
    assert not heartbeats_mean_something(timedelta(days=3650))


def test_a_lease_ends_at_its_moment_whatever_the_clock_did_before(world: World) -> None:
    """Another person can take the case after that, and not before."""
    case_id = in_review()
    leases.take_lease(case_id, actor=world.reviewers[0])
    with pytest.raises(leases.LeaseTaken):
        leases.take_lease(case_id, actor=world.reviewers[1])
    with frozen(now() + HOURS):
        assert leases.take_lease(case_id, actor=world.reviewers[1]).fence
