"""The job slots of a worker, divided so that one platform never has them all."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.factories import World, decided_closure, the_action
from tests.jobs.base.test_patience import due_jobs, next_moment
from tests.platforms.fake import FakePlatform

from jaga.actions.jobs import carry_out
from jaga.core.clock import now
from jaga.work.adapters import JOBS, Work, place_on, share_out


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    share_out(JOBS)


@pytest.mark.parametrize("jobs", [2, 3, 4, 5, 8])
def test_one_platform_never_has_all_places(jobs: int) -> None:
    """Actions and lookups together leave half; a job without a slot is told soon, and another platform has its own
    slots.
    """
    share_out(jobs)
    with ExitStack() as held:
        begun = time.monotonic()
        names = [held.enter_context(place_on("lambat", Work.NAMES)) for _ in range(jobs)]
        actions = [held.enter_context(place_on("lambat", Work.ACTIONS)) for _ in range(jobs)]
        assert sum(names) == max(1, jobs // 4)
        assert sum(names) + sum(actions) == jobs // 2
        assert time.monotonic() - begun < 60
        assert held.enter_context(place_on("cepat", Work.ACTIONS))


def test_three_slow_platforms_leave_a_place() -> None:
    """Each has at most half of what the others leave."""
    share_out(8)
    with ExitStack() as held:
        taken = {
            slow: sum(held.enter_context(place_on(slow, Work.ACTIONS)) for _ in range(8))
            for slow in ("lambat1", "lambat2", "lambat3")
        }
        assert list(taken.values()) == [4, 2, 1]
        assert held.enter_context(place_on("cepat", Work.ACTIONS))


def test_a_place_that_is_given_back_is_free_again() -> None:
    """Also after a block that failed."""
    share_out(1)
    with pytest.raises(ZeroDivisionError), place_on("lambat", Work.ACTIONS):
        raise ZeroDivisionError
    with place_on("lambat", Work.ACTIONS) as free:
        assert free


def test_actions_without_a_place_come_again_and_use_up_no_attempt(world: World, fake: FakePlatform) -> None:
    """The platform is asked for nothing meanwhile."""
    case_id = decided_closure(world)
    due_jobs()
    share_out(1)
    with place_on("obrolan", Work.ACTIONS):
        carry_out(case_id)
    assert (fake.orders, the_action(case_id).attempts) == ([], 0)
    soon = next_moment()
    assert soon
    assert 0 < (soon - now()).total_seconds() < 2
    carry_out(case_id)
    assert fake.orders
