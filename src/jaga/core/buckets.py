"""Token buckets: how much one key may do at once, and how much over time. Pure: the caller says what time it is."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True)
class Rate:
    """`burst` at once, and `per_second` again over time."""

    burst: float
    per_second: float


class Buckets:
    """One bucket a key, in memory and bounded: the key that was untouched for longest is forgotten first.

    Forgetting gives a full bucket back, so whoever commands more keys than are remembered is not held by this.
    """

    def __init__(self, most_keys: int = 50_000) -> None:
        self._most_keys = most_keys
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, rate: Rate, moment: float, cost: float = 1.0) -> float:
        """Take `cost` from the key's bucket at this moment (seconds of a clock that only goes forward).

        Returns 0.0 where it was taken; otherwise the seconds until it could be, and nothing is taken.
        """
        with self._lock:
            left, seen = self._left.pop(key, (rate.burst, moment))
            left = min(rate.burst, left + max(0.0, moment - seen) * rate.per_second)
            missing = max(0.0, cost - left)
            self._left[key] = (left if missing else left - cost, moment)
            while len(self._left) > self._most_keys:
                self._left.popitem(last=False)
        return missing / rate.per_second

    def wait(self, key: str, rate: Rate, moment: float, cost: float = 1.0) -> float:
        """What `take` would return, without taking."""
        with self._lock:
            left, seen = self._left.get(key, (rate.burst, moment))
        return max(0.0, cost - min(rate.burst, left + max(0.0, moment - seen) * rate.per_second)) / rate.per_second

    def give_back(self, key: str) -> None:
        """Undo a `take` of one: what it was taken for does not count."""
        with self._lock:
            if key in self._left:
                left, seen = self._left[key]
                self._left[key] = (left + 1.0, seen)

    def clear(self) -> None:
        """Forget every key."""
        with self._lock:
            self._left.clear()
