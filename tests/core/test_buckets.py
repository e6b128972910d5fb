"""Token buckets: how much one key may do."""

from hypothesis import given
from hypothesis import strategies as st

from jaga.core.limits import Buckets, Rate

RATE = Rate(burst=3, per_second=0.5)


def test_a_burst_is_taken_at_once_and_the_wait_is_told() -> None:
    """Three at once, then one every two seconds; waiting for the returned time is enough."""
    buckets = Buckets()
    assert [buckets.take("a", RATE, 100.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert buckets.take("a", RATE, 100.0) == 2.0
    assert buckets.take("a", RATE, 101.0) == 1.0
    assert buckets.take("a", RATE, 102.0) == 0.0
    assert buckets.take("a", RATE, 102.0) == 2.0


def test_keys_do_not_share_a_bucket() -> None:
    """A flood from one network takes nothing from another."""
    buckets = Buckets()
    for _ in range(10):
        buckets.take("a", RATE, 1.0)
    assert buckets.take("b", RATE, 1.0) == 0.0


def test_memory_is_bounded_and_the_longest_untouched_is_forgotten() -> None:
    """Many keys need no more memory than the bound; active keys are remembered."""
    buckets = Buckets(most_keys=2)
    for _ in range(4):
        buckets.take("active", RATE, 1.0)
    buckets.take("b", RATE, 1.0)
    assert buckets.take("active", RATE, 1.0) > 0
    buckets.take("c", RATE, 1.0)
    assert buckets.take("active", RATE, 1.0) > 0
    assert len(buckets._left) == 2


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 2)), max_size=60))
def test_never_more_than_burst_and_rate_allow(steps: list[tuple[float, float]]) -> None:
    """Whatever the order of calls, the total stays below the burst plus the refill."""
    buckets, moment, taken = Buckets(), 0.0, 0.0
    for pause, cost in steps:
        moment += pause
        if not buckets.take("a", RATE, moment, cost):
            taken += cost
    assert taken <= RATE.burst + moment * RATE.per_second + 1e-6


def test_a_clock_that_goes_back_gives_nothing() -> None:
    """If the clock goes back, no bucket is filled."""
    buckets = Buckets()
    for _ in range(3):
        buckets.take("a", RATE, 100.0)
    assert buckets.take("a", RATE, 50.0) == 2.0


def test_it_is_empty_until_somebody_takes() -> None:
    """And again once all keys are forgotten; asking how long to wait takes nothing."""
    buckets = Buckets()
    buckets.wait("a", Rate(1, 1), 0)
    assert buckets.is_empty()
    buckets.take("a", Rate(1, 1), 0)
    assert not buckets.is_empty()
    buckets.clear()
    assert buckets.is_empty()
