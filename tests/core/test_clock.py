"""Times are aware and in UTC; days are Indonesia's."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from jaga.core.clock import BELOW, TimeLeft, as_utc, day_of, frozen, has_begun, now, time_left, today


def test_now_is_aware_and_in_utc() -> None:
    """The current time is in UTC."""
    assert now().utcoffset() == timedelta()


def test_a_naive_moment_is_refused() -> None:
    """A guessed time zone could move a deadline."""
    naive = datetime(2026, 1, 2, 3)  # noqa: DTZ001
    for ask in (as_utc, day_of):
        with pytest.raises(ValueError, match="naive"):
            ask(naive)


def test_the_clock_can_be_held_and_is_let_go() -> None:
    """The clock stands still within the block and runs again afterwards, also when nested."""
    first = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=7)))
    with frozen(first):
        assert now() == first
        with frozen(first + timedelta(days=1)):
            assert now() == first + timedelta(days=1)
        assert now() == first
    assert now() != first


@pytest.mark.parametrize(("hour", "minute", "day"), [(16, 59, 1), (17, 0, 2)])
def test_the_day_changes_at_midnight_in_jakarta(hour: int, minute: int, day: int) -> None:
    """Laws are chosen by Jakarta's calendar, seven hours ahead of UTC."""
    with frozen(datetime(2026, 1, 1, hour, minute, tzinfo=UTC)):
        assert today() == date(2026, 1, day)


@pytest.mark.parametrize(("hour", "begun"), [(14, False), (15, True)])
def test_a_day_has_begun_once_it_is_there_in_papua(hour: int, begun: bool) -> None:
    """Somebody who writes from Jayapura just after midnight names a day that has begun there."""
    with frozen(datetime(2026, 1, 1, hour, tzinfo=UTC)):
        assert has_begun(date(2026, 1, 2)) is begun


@pytest.mark.parametrize(("seconds", "step"), [
    (-86_400, TimeLeft.OVERDUE), (-1, TimeLeft.OVERDUE), (0, TimeLeft.HOURS_2), (7_199, TimeLeft.HOURS_2),
    (7_200, TimeLeft.HOURS_12), (43_199, TimeLeft.HOURS_12), (43_200, TimeLeft.HOURS_24), (86_399, TimeLeft.HOURS_24),
    (86_400, TimeLeft.LATER), (10**9, TimeLeft.LATER)])
def test_each_moment_belongs_to_one_step(seconds: int, step: TimeLeft) -> None:
    """A step begins at the end of the one before."""
    moment = now()
    assert time_left(moment + timedelta(seconds=seconds), moment) is step


def test_steps_are_in_order_and_only_the_last_has_no_end() -> None:
    """`time_left` and the counts use the steps in this order."""
    assert [*BELOW, TimeLeft.LATER] == list(TimeLeft)
    assert sorted(BELOW.values()) == list(BELOW.values())
