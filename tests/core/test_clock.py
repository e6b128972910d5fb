"""Moments are aware and in UTC."""

from datetime import datetime, timedelta, timezone

import pytest

from jaga.core.clock import BELOW, TimeLeft, as_utc, frozen, now, time_left


def test_now_is_aware_and_in_utc() -> None:
    """The current time is in UTC."""
    assert now().utcoffset() == timedelta()


def test_a_naive_moment_is_refused() -> None:
    """A guessed time zone could move a deadline."""
    naive = datetime(2026, 1, 2, 3)  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive"):
        as_utc(naive)


def test_the_clock_can_be_held_and_is_let_go() -> None:
    """The clock stands still within the block and runs again afterwards, also when nested."""
    first = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=7)))
    with frozen(first):
        assert now() == first
        with frozen(first + timedelta(days=1)):
            assert now() == first + timedelta(days=1)
        assert now() == first
    assert now() != first


@pytest.mark.parametrize(
    ("seconds", "step"),
    [
        (-86_400, TimeLeft.OVERDUE),
        (-1, TimeLeft.OVERDUE),
        (0, TimeLeft.HOURS_2),
        (7_199, TimeLeft.HOURS_2),
        (7_200, TimeLeft.HOURS_12),
        (43_199, TimeLeft.HOURS_12),
        (43_200, TimeLeft.HOURS_24),
        (86_399, TimeLeft.HOURS_24),
        (86_400, TimeLeft.LATER),
        (10**9, TimeLeft.LATER),
    ],
)
def test_each_moment_belongs_to_one_step(seconds: int, step: TimeLeft) -> None:
    """A step begins at the end of the one before."""
    moment = now()
    assert time_left(moment + timedelta(seconds=seconds), moment) is step


def test_steps_are_in_order_and_only_the_last_has_no_end() -> None:
    """`time_left` and the counts use the steps in this order."""
    assert [*BELOW, TimeLeft.LATER] == list(TimeLeft)
    assert sorted(BELOW.values()) == list(BELOW.values())
