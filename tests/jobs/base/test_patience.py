"""Platforms that do not answer or ask for a pause: they are not hammered, no attempt is used up, nothing is
forgotten.
"""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from tests.factories import ACCOUNT, World, decided_closure, the_action
from tests.platforms.fake import RETRY_AFTER, FakeAccount, FakePlatform, Fault

from jaga.actions.jobs import carry_out, try_silent_platforms, verify_again
from jaga.actions.reads import list_silent, list_stuck_platforms
from jaga.actions.verbs import circuit_breaker
from jaga.cases.models.decisions import Action, Outcome
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccountState, ActionState
from jaga.operators.models import PlatformHealth
from jaga.policy.release import load_release
from jaga.store.kernel.jobs import CARRY_OUT, defer
from jaga.work.rescue import defer_lost_work

ENFORCEMENT = load_release().enforcement
BREAKER, RETRIES = ENFORCEMENT.breaker, ENFORCEMENT.retries


def due_jobs() -> list[int]:
    """The cases whose job a worker would take now, each once; the jobs are taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH taken AS (DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'jaga.carry_out'"
            " AND (scheduled_at IS NULL OR scheduled_at <= %s) RETURNING id, (args->>'case_id')::bigint AS case_id)"
            " SELECT case_id FROM taken GROUP BY case_id ORDER BY min(id)",
            [now()],
        )
        return [case for (case,) in cursor.fetchall()]


def next_moment() -> datetime | None:
    """When the next waiting job is due."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(coalesce(scheduled_at, now())) FROM procrastinate_jobs WHERE status = 'todo'"
            " AND task_name = 'jaga.carry_out'"
        )
        [moment] = cursor.fetchone()
        return moment


def closures(world: World, fake: FakePlatform, number: int) -> list[int]:
    """This many decided closures of different accounts."""
    cases = []
    for place in range(number):
        account = f"@akun{place}:localhost"
        fake.accounts[account] = FakeAccount("rahasia")
        cases.append(decided_closure(world, account=account))
    return cases


def live_through(start: datetime, end: datetime, *, probing: bool = False) -> int:
    """Run every job at its time, as the worker would, without waiting; returns how many jobs ran.

    With `probing` also the periodic task that tries silent platforms.
    """
    ran, moment = 0, start
    while moment < end:
        with frozen(moment):
            if probing:
                try_silent_platforms()
            for case in due_jobs():
                carry_out(case)
                ran += 1
        pauses = PlatformHealth.objects.filter(open_until__isnull=False).values_list("open_until", flat=True)
        due = [next_moment(), *(pauses if probing else ())]
        upcoming = min((when for when in due if when), default=None)
        if upcoming is None:
            break
        moment = max(upcoming, moment + timedelta(milliseconds=100))
    return ran


def asked(fake: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Each time at which the platform is asked anything from now on."""
    moments: list[datetime] = []
    real = fake._reach

    def reach() -> None:
        moments.append(now())
        real()

    monkeypatch.setattr(fake, "_reach", reach)
    return moments


def test_a_silent_platform_is_left_alone_after_some_failures(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After several failures in a row nothing is sent until the pause is over; postponed actions use up no attempt."""
    cases, moments = closures(world, fake, BREAKER.failures + 5), asked(fake, monkeypatch)
    fake.down = True
    start = now()
    with frozen(start):
        for case in cases:
            carry_out(case)
    assert len(moments) == BREAKER.failures
    put_off = Action.objects.filter(attempts=0)
    assert put_off.count() == 5
    assert all(action.next_attempt_at and action.next_attempt_at >= start + BREAKER.pause for action in put_off)
    with frozen(start + BREAKER.pause / 2):
        assert circuit_breaker.left_alone("obrolan")
        carry_out(cases[-1])
    assert len(moments) == BREAKER.failures


def test_one_attempt_tries_the_ground_for_all(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the pause a single attempt is made; while the platform stays silent, the next pause is longer."""
    cases, moments = closures(world, fake, BREAKER.failures + 5), asked(fake, monkeypatch)
    fake.down = True
    start = now()
    with frozen(start):
        for case in cases:
            carry_out(case)
    later = start + BREAKER.pause * 1.1
    with frozen(later):
        for case in cases[-5:]:
            Action.objects.filter(decision__case_id=case).update(next_attempt_at=None)
            carry_out(case)
    assert len(moments) == BREAKER.failures + 1
    assert PlatformHealth.objects.get().open_until == later + BREAKER.pause * 2


def test_everything_comes_back_at_once_when_the_platform_answers_again(world: World, fake: FakePlatform) -> None:
    """Postponed actions do not wait for their own pause: the first answer resumes them."""
    cases = closures(world, fake, BREAKER.failures + 10)
    fake.down = True
    start = now()
    with frozen(start):
        for case in due_jobs():
            carry_out(case)
    fake.down = False
    back = start + BREAKER.pause * 1.2
    live_through(back, back + timedelta(seconds=30))
    assert {fake.accounts[f"@akun{place}:localhost"].state for place in range(len(cases))} == {AccountState.CLOSED}
    assert PlatformHealth.objects.get().open_until is None


@pytest.mark.parametrize("number", [1, 3])
def test_a_platform_that_is_down_for_a_day_costs_nothing_but_the_day(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    """Nothing is stuck, lost or hammered, and everything is done half an hour after the platform is back."""
    cases, moments = closures(world, fake, number), asked(fake, monkeypatch)
    fake.down = True
    start = now()
    live_through(start, start + timedelta(days=1), probing=True)
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.PENDING}
    assert len(moments) < 24 * 3600 / BREAKER.longest_pause.total_seconds() + 20
    assert [platform.waiting for platform in list_silent(actor=world.supervisor)] == [number]
    fake.down = False
    back = start + timedelta(days=1)
    live_through(back, back + BREAKER.longest_pause * 2, probing=True)
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.DONE}
    assert sorted(fake.orders) == sorted(["restrict", "deliver", "close"] * len(cases))
    assert list_silent(actor=world.supervisor) == ()


def test_attempts_last_for_about_three_days_and_end_in_sight(world: World, fake: FakePlatform) -> None:
    """Sixteen attempts with growing pauses; then a supervisor sees them, and one click retries everything on the
    platform.
    """
    closures(world, fake, 2)
    fake.down = True
    start = now()
    live_through(start, start + timedelta(days=30))
    assert set(Action.objects.values_list("state", "attempts")) == {(ActionState.STUCK, RETRIES.attempts)}
    span = max(Outcome.objects.values_list("at", flat=True)) - start
    assert timedelta(days=2) < span < timedelta(days=5)
    assert [platform.stuck for platform in list_stuck_platforms(actor=world.supervisor)] == [2]
    fake.down = False
    assert circuit_breaker.retry_platform("obrolan", actor=world.supervisor) == 2
    again = start + timedelta(days=30)
    live_through(again, again + timedelta(hours=1))
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.DONE}


def test_a_pause_that_the_platform_asks_for_is_kept_for_everything(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its `Retry-After` applies to the action that got it and to all others there."""
    cases, moments = closures(world, fake, 2), asked(fake, monkeypatch)
    fake.faults = [Fault.RATE_LIMITED]
    start = now()
    with frozen(start):
        carry_out(cases[0])
        met = len(moments)
        carry_out(cases[1])
    assert len(moments) == met
    waits = list(Action.objects.values_list("next_attempt_at", flat=True))
    assert all(wait and wait >= start + timedelta(seconds=RETRY_AFTER) for wait in waits)
    live_through(start + timedelta(seconds=RETRY_AFTER), start + timedelta(minutes=5))
    assert set(Action.objects.values_list("state", flat=True)) == {ActionState.DONE}


def test_a_clock_that_was_set_back_does_not_leave_a_platform_alone_for_hours(world: World, fake: FakePlatform) -> None:
    """A time further away than any pause is ignored."""
    case = decided_closure(world)
    with frozen(now() + timedelta(hours=6)):
        for _ in range(BREAKER.failures):
            circuit_breaker.record_silence("obrolan", "ReadTimeout")
    carry_out(case)
    assert fake.accounts[ACCOUNT].state is AccountState.CLOSED


def test_a_retry_hours_away_does_not_hold_up_what_is_promised_for_now(world: World, fake: FakePlatform) -> None:
    """Jobs of one case keep their order, so the earlier one is brought forward; its action still waits for its time."""
    case_id = decided_closure(world)
    fake.down = True
    for number in range(8):
        with frozen(now() + timedelta(days=number)):
            PlatformHealth.objects.update(open_until=None)
            carry_out(case_id)
    far = the_action(case_id).next_attempt_at
    assert far
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE scheduled_at IS DISTINCT FROM %s", [far])
    defer(CARRY_OUT, lock=f"case:{case_id}", case_id=case_id)
    assert due_jobs() == [case_id]
    attempts = the_action(case_id).attempts
    carry_out(case_id)
    assert the_action(case_id).attempts == attempts
    assert next_moment() == far


def test_looking_again_leaves_a_silent_platform_alone(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One question in each round, not one for each closed account."""
    for case in closures(world, fake, 3):
        carry_out(case)
    moments = asked(fake, monkeypatch)
    fake.down = True
    with frozen(now() + ENFORCEMENT.verification[1] * 1.1):
        assert verify_again() == 0
    assert len(moments) == 1


def test_an_action_that_waits_for_people_is_not_lost_work(world: World, fake: FakePlatform) -> None:
    """It has no job and needs none; the same holds for what waits behind it."""
    case_id = decided_closure(world)
    due_jobs()
    Action.objects.update(state=ActionState.WAITING)
    with frozen(now() + timedelta(minutes=5)):
        assert defer_lost_work() == 0
    carry_out(case_id)
    assert fake.orders == []
