"""Token buckets for rate limits. Pure: the caller passes the time."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock


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
