"""How counts become public: rounded down, so that no small count can be inferred (ADR 0056).

Every public number comes from these functions, each applied once to a closed period:

* `floored` and, for a month beside its days, `from_days`: single reports. A published n means n to n + 9; the month
  never says more about a day than the day itself.
* `blurred`: everything counted by case, which depends on findings. It adds random noise, so that even someone who knows
  or planted all other cases learns nothing about the remaining one.
* `within`: no table shows more than another one allows.

Totals are sums of published numbers, never taken from the records.
"""

import math
from collections.abc import Mapping, Sequence
from random import SystemRandom
from typing import TypeVar

BASE = 10
"""Counts are published in whole tens, and 0 to 9 as "few"."""
EPSILON = 0.5
"""How much one case changes a published cell: odds change by at most e^0.5, i.e. 1.65."""
LEAST_BLURRED = 20
"""A blurred count is published from here on: noise alone reaches it from zero in one of 30,000 cells."""
K = TypeVar("K")
_random = SystemRandom()


def floored(count: int, base: int = BASE) -> int:
    """The count rounded down to a multiple of `base`."""
    return count - count % base


def from_days(count: int, days: Sequence[int], base: int = BASE) -> int:
    """A month's count, where `days` are the published counts of its days.

    At least the sum of the days, and at most so much more that each day may have had no more than it shows. Otherwise,
    if every day had nine, the month would reveal it. A case counted by a day that has since become a possible victim's
    does not change what the days said.
    """
    shown = sum(days)
    if not days:
        return floored(count, base)
    room = floored((base - 1) * (len(days) - 1), base)
    return max(shown, min(floored(count, base), shown + room))


def within(counts: Mapping[K, int], limit: int, base: int = BASE) -> dict[K, int]:
    """Counts of parts of a quantity for which another table publishes `limit`; one part is always omitted.

    Their sum stays within `limit`, so they never reveal more than the other table; and since a part is omitted, the
    other table never reveals more about this one.
    """
    shown = {key: floored(count, base) for key, count in counts.items()}
    over = sum(shown.values()) - limit
    while over > 0:
        largest = max(shown, key=lambda key: shown[key])  # Of equal ones the first: their order is fixed.
        shown[largest] -= base
        over -= base
    return shown


def blurred(count: int) -> int:
    """The count with two-sided geometric noise, rounded down; 0 if few."""
    with_chance = floored(max(0, count + _geometric() - _geometric()))
    return with_chance if with_chance >= LEAST_BLURRED else 0


def _geometric() -> int:
    """A geometric random number: consecutive successes with probability e^-EPSILON, from the system's randomness."""
    return math.floor(math.log(1.0 - _random.random()) / -EPSILON)
