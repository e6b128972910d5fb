"""Token buckets for rate limits. Pure: the caller passes the time.

Limits on wrong passwords and codes by the generic cell rate algorithm. Pure.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from jaga.core.terms.people import GuessLimit


@dataclass(frozen=True)
class Rate:
    """`burst` tokens at once, refilled by `per_second`."""

    burst: float
    per_second: float


class Buckets:
    """One bucket for each key, in memory and bounded: the least recently used key is forgotten first.

    A forgotten key gets a full bucket, so a sender with more keys than are remembered is not limited by this.
    """

    def __init__(self, most_keys: int = 50_000) -> None:
        self._most_keys = most_keys
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, rate: Rate, moment: float, cost: float = 1.0) -> float:
        """Take `cost` from the key's bucket at `moment` (seconds of a monotonic clock).

        Returns 0.0 on success; otherwise the seconds to wait, and nothing is taken.
        """
        with self._lock:
            left, filled_at = self._left.pop(key, (rate.burst, moment))
            left = min(rate.burst, left + max(0.0, moment - filled_at) * rate.per_second)
            missing = max(0.0, cost - left)
            self._left[key] = (left if missing else left - cost, moment)
            while len(self._left) > self._most_keys:
                self._left.popitem(last=False)
        return missing / rate.per_second

    def wait(self, key: str, rate: Rate, moment: float, cost: float = 1.0) -> float:
        """What `take` would return, without taking."""
        with self._lock:
            left, filled_at = self._left.get(key, (rate.burst, moment))
        return max(0.0, cost - min(rate.burst, left + max(0.0, moment - filled_at) * rate.per_second)) / rate.per_second

    def is_empty(self) -> bool:
        """Whether nobody took anything: then nobody waits."""
        return not self._left

    def give_back(self, key: str) -> None:
        """Return one token to the key's bucket."""
        with self._lock:
            if key in self._left:
                left, filled_at = self._left[key]
                self._left[key] = (left + 1.0, filled_at)

    def clear(self) -> None:
        """Forget all keys."""
        with self._lock:
            self._left.clear()


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
