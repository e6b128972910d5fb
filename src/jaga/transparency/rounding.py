"""How counts become public: rounded down, and never so that a small one can be computed (ADR 0056).

Everything public is made of these readings, each taken once from a closed period and never again:

* `floored` and, for a month beside its days, `from_days`: reports, one by one. Whoever reads n knows: n to n + 9; the
  month never says more of a day than the day says itself.
* `blurred`: everything that is counted by cases, and so depends on what people found in them. A chance is in it, so
  that not even somebody who knows or has planted all other cases can learn of the one.
* `within`: no table says that there is more than another one shows.

No total is taken from the records: totals are sums of what is shown.
"""

import math
from collections.abc import Mapping, Sequence
from random import SystemRandom
from typing import TypeVar

BASE = 10
"""Counts are shown as whole tens, and 0 to 9 as "few"."""
EPSILON = 0.5
"""How much one case moves what a cell may show: any odds change by at most e^0.5, that is 1.65."""
LEAST_BLURRED = 20
"""From here on a blurred count is shown: that chance alone makes so many out of none happens once in 30,000 cells."""
K = TypeVar("K")
_random = SystemRandom()


def floored(count: int, base: int = BASE) -> int:
    """The count rounded down to whole `base`s."""
    return count - count % base


def from_days(count: int, days: Sequence[int], base: int = BASE) -> int:
    """A month's count, where `days` are what its days showed.

    At least what the days show together. At most so much more that each day may still have had none beyond what it
    shows: else, where every day had nine, the month would tell so. A case that a day counted and that is a possible
    victim's by now changes nothing that the days said.
    """
    shown = sum(days)
    if not days:
        return floored(count, base)
    room = floored((base - 1) * (len(days) - 1), base)
    return max(shown, min(floored(count, base), shown + room))


def within(counts: Mapping[K, int], limit: int, base: int = BASE) -> dict[K, int]:
    """Counts of parts of what another table counts, which shows `limit` together; a part is always left out.

    Together they show no more than `limit`, so that they never say that there is more than the other table shows; and
    as a part is left out, the other table never says that there is more here.
    """
    shown = {key: floored(count, base) for key, count in counts.items()}
    over = sum(shown.values()) - limit
    while over > 0:
        largest = max(shown, key=lambda key: shown[key])  # of equals the first: their order is fixed
        shown[largest] -= base
        over -= base
    return shown


def blurred(count: int) -> int:
    """The count with a chance added or taken away (a two-sided geometric one), rounded down; 0 where it is few."""
    with_chance = floored(max(0, count + _geometric() - _geometric()))
    return with_chance if with_chance >= LEAST_BLURRED else 0


def _geometric() -> int:
    """How often in a row something happens that happens with the chance e^-EPSILON. Of the system's randomness."""
    return math.floor(math.log(1.0 - _random.random()) / -EPSILON)
