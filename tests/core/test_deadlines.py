"""The steps of time left to a deadline."""

from datetime import timedelta

import pytest

from jaga.core.clock import now
from jaga.core.deadlines import BELOW, TimeLeft, time_left


@pytest.mark.parametrize(("seconds", "step"), [
    (-86_400, TimeLeft.OVERDUE), (-1, TimeLeft.OVERDUE), (0, TimeLeft.HOURS_2), (7_199, TimeLeft.HOURS_2),
    (7_200, TimeLeft.HOURS_12), (43_199, TimeLeft.HOURS_12), (43_200, TimeLeft.HOURS_24), (86_399, TimeLeft.HOURS_24),
    (86_400, TimeLeft.LATER), (10**9, TimeLeft.LATER)])
def test_each_moment_belongs_to_one_step(seconds: int, step: TimeLeft) -> None:
    """A step begins where the one before it ends."""
    moment = now()
    assert time_left(moment + timedelta(seconds=seconds), moment) is step


def test_steps_are_in_order_and_only_the_last_has_no_end() -> None:
    """`time_left` and the counts go through them in this order."""
    assert [*BELOW, TimeLeft.LATER] == list(TimeLeft)
    assert sorted(BELOW.values()) == list(BELOW.values())
