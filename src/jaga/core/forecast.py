"""How many cases will wait in the next days, from what came in and what was decided so far.

A rule of thumb that a supervisor can check by hand, no model: each coming day brings the mean of the same weekday in
the last four weeks, and at most as many are decided as on a good day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 4
LEAST_DAYS = 7
"""With fewer full days nothing is said about the next ones."""
AHEAD = 7


@dataclass(frozen=True)
class ForecastDay:
    """A coming day: cases expected to come in, and to wait at its end."""

    day: date
    arrivals: int
    waiting: int


@dataclass(frozen=True)
class Forecast:
    """`capacity` is what was decided on a good day: three of four days had no more. `days` are the next ones."""

    capacity: int
    days: tuple[ForecastDay, ...]

    @property
    def arrivals(self) -> int:
        """Cases expected in all days together."""
        return sum(one.arrivals for one in self.days)

    @property
    def waiting(self) -> int:
        """Cases expected to wait at the end."""
        return self.days[-1].waiting


def forecast(
    opened: Mapping[date, int], decided: Mapping[date, int], *, waiting: int, today: date, since: date
) -> Forecast | None:
    """The next `AHEAD` days, today first, from full days between `since` and yesterday; a missing day had none.

    None with fewer than `LEAST_DAYS` full days.
    """
    known = min((today - since).days, 7 * WEEKS)
    if known < LEAST_DAYS:
        return None
    past = [today - timedelta(days=back) for back in range(1, known + 1)]
    done = sorted(decided.get(day, 0) for day in past)
    capacity = done[(3 * len(done)) // 4]
    days = []
    for ahead in range(AHEAD):
        day = today + timedelta(days=ahead)
        alike = [opened.get(one, 0) for one in past if one.weekday() == day.weekday()]
        arrivals = round(sum(alike) / len(alike))
        waiting = max(0, waiting + arrivals - capacity)
        days.append(ForecastDay(day, arrivals, waiting))
    return Forecast(capacity, tuple(days))
