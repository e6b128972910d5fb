"""The forecast of waiting cases: weekdays, a good day's work, and silence where little is known."""

from datetime import date, timedelta

import pytest

from jaga.core.statistics import AHEAD, LEAST_DAYS, forecast

TODAY = date(2026, 11, 30)  # a Monday


def days(back: int) -> list[date]:
    return [TODAY - timedelta(days=number) for number in range(1, back + 1)]


def test_a_weekday_is_expected_to_be_like_the_same_weekdays_before() -> None:
    """Forty on each Monday and ten on other days: what waits grows on Mondays and falls on the others."""
    opened = {day: 40 if day.weekday() == 0 else 10 for day in days(28)}
    decided = dict.fromkeys(days(28), 15)
    found = forecast(opened, decided, waiting=5, today=TODAY, since=date(2026, 1, 1))
    assert found is not None
    assert (found.capacity, [one.arrivals for one in found.days]) == (15, [40, 10, 10, 10, 10, 10, 10])
    assert [one.waiting for one in found.days] == [30, 25, 20, 15, 10, 5, 0]
    assert (found.arrivals, found.waiting, len(found.days)) == (100, 0, AHEAD)


def test_a_good_day_is_not_the_best_one() -> None:
    """One day of a thousand dismissals does not promise a thousand each day."""
    decided = {day: 1000 if number == 0 else 20 for number, day in enumerate(days(28))}
    found = forecast({}, decided, waiting=0, today=TODAY, since=date(2026, 1, 1))
    assert found is not None
    assert found.capacity == 20


@pytest.mark.parametrize("full", range(LEAST_DAYS))
def test_with_less_than_a_week_nothing_is_said(full: int) -> None:
    """A number from three days would only look like knowledge."""
    assert forecast({}, {}, waiting=9, today=TODAY, since=TODAY - timedelta(days=full)) is None
    assert forecast({}, {}, waiting=9, today=TODAY, since=TODAY - timedelta(days=LEAST_DAYS)) is not None
