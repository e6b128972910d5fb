"""The clocks of notices: hours from receipt, or whole calendar days in Jakarta time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.policy.local_time import clock_for, day_of, end_of_day_of_operator_clock

WIB = ZoneInfo("Asia/Jakarta")
MOMENTS = st.integers(1_600_000_000, 4_100_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    ("asks_for", "urgent", "hours"),
    [
        ("close", False, 24),
        ("close", True, 4),
        ("restore", False, 24),
        ("restrict", True, 4),
    ],
)
def test_hours_run_through_midnights_and_weekends(asks_for: str, urgent: bool, hours: int) -> None:
    """MR5 art. 15, 16: 24 hours, or 4 if urgent, running through nights and weekends."""
    clock = clock_for(asks_for, urgent=urgent)
    for start in (datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC), datetime(2028, 2, 28, 20, tzinfo=UTC)):
        assert clock.due(start) == start + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        (datetime(2026, 11, 25, 16, 59, 59, tzinfo=UTC), date(2026, 11, 30)),  # 23.59 in Jakarta
        (
            datetime(2026, 11, 25, 17, 0, 0, tzinfo=UTC),
            date(2026, 12, 1),
        ),  # midnight in Jakarta: the next day has begun
        (datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 11, 26, 0, 0, 0, tzinfo=UTC), date(2026, 12, 1)),  # midnight in UTC means nothing
        (datetime(2028, 2, 25, 3, tzinfo=UTC), date(2028, 3, 1)),  # a leap year has its 29 February
        (datetime(2027, 2, 25, 3, tzinfo=UTC), date(2027, 3, 2)),
        (datetime(2026, 12, 29, 17, tzinfo=UTC), date(2027, 1, 4)),
    ],
)
def test_five_calendar_days_end_with_the_fifth_in_jakarta(received: datetime, last_day: date) -> None:
    """The day of receipt does not count; the deadline is the last moment of the fifth day after it."""
    due = clock_for("data", urgent=False).due(received)
    assert due.astimezone(WIB).date() == last_day
    assert due == datetime(last_day.year, last_day.month, last_day.day, 23, 59, 59, 999999, tzinfo=WIB)


@given(MOMENTS)
def test_a_data_clock_is_never_shorter_than_five_whole_days(received: datetime) -> None:
    """At any moment of receipt there are at least five and less than six days; Jakarta has no summer time."""
    clock = clock_for("data", urgent=True)
    due = clock.due(received)
    assert timedelta(days=5) <= due - received < timedelta(days=6)
    assert day_of(due) == day_of(received) + timedelta(days=5)
    assert day_of(due + timedelta(microseconds=1)) == day_of(due) + timedelta(days=1)


@given(MOMENTS)
def test_the_end_of_a_day_is_on_that_day(moment: datetime) -> None:
    """The last moment of the day is in Jakarta time, whatever the day is in UTC."""
    assert day_of(end_of_day_of_operator_clock(moment)) == day_of(moment)
    assert end_of_day_of_operator_clock(moment) >= moment


def test_each_clock_names_its_source() -> None:
    """Each clock in the policy names the provision that it comes from."""
    assert "5/2020" in clock_for("close", urgent=False).source.id
    assert "5/2020" in clock_for("data", urgent=False).source.id
