"""How many wrong attempts are allowed, and until when."""

from datetime import UTC, datetime, timedelta

from jaga.core.limits import ADDRESS

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_as_many_as_the_burst_and_then_one_after_each_while() -> None:
    used = NOON
    for _ in range(ADDRESS.burst):
        assert not ADDRESS.wait(used, NOON)
        used = ADDRESS.after(used, NOON)
    assert ADDRESS.wait(used, NOON) == ADDRESS.every
    assert not ADDRESS.wait(used, NOON + ADDRESS.every)


def test_a_request_that_took_its_moment_a_little_earlier_waits_too() -> None:
    """A full count is not taken for one of another clock."""
    full = NOON + ADDRESS.burst * ADDRESS.every
    assert ADDRESS.wait(full, NOON - timedelta(seconds=5)) > ADDRESS.every


def test_a_count_of_before_the_clock_was_put_back_counts_nothing() -> None:
    """Otherwise nobody could sign in for days."""
    assert not ADDRESS.wait(NOON + timedelta(days=3), NOON)
    assert ADDRESS.after(NOON + timedelta(days=3), NOON) == NOON + ADDRESS.every
