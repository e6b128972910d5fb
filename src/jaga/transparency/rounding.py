"""How counts become public: rounded down, and never so that a small one can be computed (ADR 0056).

Everything public is made of these three readings, each taken once from a closed period and never again:

* `floored`: a count of things that are counted nowhere else. Whoever reads n knows: from n to n + 9.
* `from_days` and `within`: a count of things that are counted elsewhere too. The other table is read first and is not
  looked at here: what is shown never says more of it than it says itself.
* `blurred`: cases in which somebody may be a victim. A chance is in it, so that not even somebody who files nine reports
  to see whether the tenth is there can learn it.

No total is taken from the records: totals are sums of what is shown.
"""

import math
from collections.abc import Mapping, Sequence
from random import SystemRandom
from typing import TypeVar

BASE = 10
"""Counts are shown as whole tens, and 0 to 9 as "few"."""
EPSILON = 0.5
"""How much one case of a possible victim moves what may be shown: any odds change by at most e^0.5, that is 1.65."""
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
    """The count with a chance added or taken away (a two-sided geometric one), rounded down."""
    return floored(max(0, count + _geometric() - _geometric()))


def _geometric() -> int:
    """How often in a row something happens that happens with the chance e^-EPSILON. Of the system's randomness."""
    return math.floor(math.log(1.0 - _random.random()) / -EPSILON)
