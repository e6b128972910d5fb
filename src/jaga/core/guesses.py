"""How many wrong passwords and codes are allowed, by what they are counted (the generic cell rate algorithm). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jaga.core.terms import GuessLimit

_CLOCKS_DIFFER = timedelta(hours=1)  # and requests at one moment, which took it in another order than their turns


@dataclass(frozen=True)
class Limit:
    """`burst` wrong tries at once, and one more after each `every`. A count is one moment: until when it is used up."""

    kind: GuessLimit
    burst: int
    every: timedelta

    def wait(self, used_until: datetime, moment: datetime) -> timedelta:
        """How long until the next try; nothing where it may be made."""
        return max(timedelta(), self._counted(used_until, moment) + self.every - self.burst * self.every - moment)

    def after(self, used_until: datetime, moment: datetime) -> datetime:
        """With one more wrong try."""
        return self._counted(used_until, moment) + self.every

    def _counted(self, used_until: datetime, moment: datetime) -> datetime:
        """A count far further ahead than a full one was made before the clock was put back: it counts nothing."""
        return used_until if moment < used_until <= moment + self.burst * self.every + _CLOCKS_DIFFER else moment


ADDRESS = Limit(GuessLimit.ADDRESS, 10, timedelta(minutes=1))
NETWORK = Limit(GuessLimit.NETWORK, 40, timedelta(seconds=15))
NAME = Limit(GuessLimit.NAME, 10, timedelta(minutes=1))
DEVICE = Limit(GuessLimit.DEVICE, 10, timedelta(minutes=1))
TURN = timedelta(seconds=30)  # for one try at a name that is guessed at, from a device that is not known
