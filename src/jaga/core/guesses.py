"""Limits on wrong passwords and codes by the generic cell rate algorithm. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jaga.core.terms.people import GuessLimit

# allows for clock differences, and for concurrent requests that got their locks in another order
_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """`burst` wrong attempts at once, and one more after each `every`.

    The stored count is the moment until which it is used up.
    """

    kind: GuessLimit
    burst: int
    every: timedelta

    def wait(self, used_until: datetime, moment: datetime) -> timedelta:
        """The time to wait before the next attempt; zero if it is allowed now."""
        return max(timedelta(), self._counted(used_until, moment) + self.every - self.burst * self.every - moment)

    def after(self, used_until: datetime, moment: datetime) -> datetime:
        """The count after one more wrong attempt."""
        return self._counted(used_until, moment) + self.every

    def _counted(self, used_until: datetime, moment: datetime) -> datetime:
        """Ignore a count far beyond a full one: it was stored before the clock was set back."""
        return used_until if moment < used_until <= moment + self.burst * self.every + _CLOCKS_DIFFER else moment


ADDRESS = Limit(GuessLimit.ADDRESS, 10, timedelta(minutes=1))
NETWORK = Limit(GuessLimit.NETWORK, 40, timedelta(seconds=15))
NAME = Limit(GuessLimit.NAME, 10, timedelta(minutes=1))
DEVICE = Limit(GuessLimit.DEVICE, 10, timedelta(minutes=1))
TURN = timedelta(seconds=30)  # for one attempt at a name under attack from an unknown device
