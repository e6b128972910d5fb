"""Shares with a 95 % confidence interval: of one sample, and precision and recall of a stratified one. Pure.

A stratum is a part of all texts (one week, one source, one rule or none) with its size, and the judged texts that were
drawn from it. A text counts for `size / judged` texts: its weight.

* A **share** over strata is the weighted mean (W. G. Cochran, *Sampling Techniques*, 3rd ed., 1977, § 5.3). Its
  interval is Wilson's (JASA 22, 1927), with the effective number of judged texts in place of the true one: as many as
  a simple random sample of the same variance would need (E. L. Korn, B. I. Graubard, *Survey Methodology* 24, 1998). It
  never exceeds the true number. From one stratum it is Wilson's own.
* **Recall** is caught / (caught + missed), where both totals are estimated from different strata and so independent
  of each other. Its interval follows from that of their ratio by MOVER-R, the method of variance estimates recovery
  (A. Donner, G. Y. Zou, *Statistical Methods in Medical Research* 21, 2012), which combines the intervals of the two
  totals and stays usable where no missed offence was found in the sample. The problem and other intervals: W. Webber,
  *ACM Transactions on Information Systems* 31(1), 2013.

There is no correction for finite strata, so where most of a stratum is judged, intervals are too wide rather than too
narrow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import NamedTuple

_Z = 1.959964  # 95 % of a normal distribution
Interval = tuple[float, float]


class Share(NamedTuple):
    """`part` of `whole`, with the bounds of its 95 % interval."""

    part: int
    whole: int
    value: float
    low: float
    high: float


def share(part: int, whole: int) -> Share | None:
    """The share with Wilson's score interval (E. B. Wilson, JASA 22, 1927); None if `whole` is 0. Raises ValueError."""
    if not 0 <= part <= max(0, whole):
        raise ValueError(f"{part} of {whole}")
    if not whole:
        return None
    return Share(part, whole, part / whole, *wilson(part / whole, whole))


def wilson(value: float, whole: float) -> tuple[float, float]:
    """The bounds of Wilson's 95 % score interval for a share of `whole` items, which may be an effective number."""
    square = _Z * _Z
    middle = (value + square / (2 * whole)) / (1 + square / whole)
    reach = _Z * sqrt(value * (1 - value) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return (0.0 if value == 0 else low), (1.0 if value == 1 else high)


@dataclass(frozen=True)
class Stratum:
    """`size` texts, of which `judged` were drawn and judged; `hits` of these are what is counted."""

    size: float
    judged: int
    hits: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.judged <= self.size:
            raise ValueError(f"{self.hits} of {self.judged} of {self.size}")


@dataclass(frozen=True)
class Estimate:
    """A share from 0 to 1 with the bounds of its 95 % interval; `hits` of the `judged` texts it rests on."""

    value: float
    low: float
    high: float
    hits: int
    judged: int


def weighted_share(strata: Iterable[Stratum]) -> Estimate | None:
    """The share of hits among all texts of the strata; None if nothing was judged.

    Strata without a judged text say nothing and are left out: give them their neighbours' weight before
    (`without_gaps`).
    """
    known = [one for one in strata if one.judged]
    judged, size = sum(one.judged for one in known), sum(one.size for one in known)
    if not judged:
        return None
    hits = sum(one.hits for one in known)
    # The value of one stratum, of no hit or of all is exact, whatever the order of the sum.
    value = (
        hits / judged
        if len(known) == 1 or hits in (0, judged)
        else sum(one.size * one.hits / one.judged for one in known) / size
    )
    return Estimate(value, *wilson(value, _effective(known, value, size)), hits, judged)


def _effective(known: Sequence[Stratum], value: float, size: float) -> float:
    """How many texts a simple random sample of the same variance has; at most the judged ones."""
    judged = sum(one.judged for one in known)
    if len(known) == 1:
        return judged
    variance = sum((one.size / size) ** 2 * _variance(one, value) for one in known)
    if variance > 0 and 0 < value < 1:
        return min(judged, value * (1 - value) / variance)
    # Without any variance, by the weights alone (L. Kish, Survey Sampling, 1965).
    return min(judged, size**2 / sum(one.size**2 / one.judged for one in known))


def _variance(one: Stratum, value: float) -> float:
    """The variance of the stratum's share; by the share of all strata where a single text cannot tell."""
    if one.judged == 1:
        return value * (1 - value)
    share = one.hits / one.judged
    return share * (1 - share) / (one.judged - 1)


def recall(caught: Iterable[Stratum], missed: Iterable[Stratum]) -> Estimate | None:
    """Caught hits among all hits. `caught` are the strata whose hits count as found, `missed` all others.

    None if nothing of either was judged, or no hit was found at all.
    """
    found, lost = [one for one in caught if one.judged], [one for one in missed if one.judged]
    first, second = weighted_share(found), weighted_share(lost)
    if first is None or second is None or not first.hits + second.hits:
        return None
    one = _total(first, sum(stratum.size for stratum in found))
    other = _total(second, sum(stratum.size for stratum in lost))
    if one[0] >= other[0]:  # The larger total divides, since its lower bound is above zero.
        low, high = ratio_interval(other, one)
        bounds = 1 / (1 + high), 1 / (1 + low)
    else:
        low, high = ratio_interval(one, other)
        bounds = low / (1 + low), (1.0 if high == inf else high / (1 + high))
    return Estimate(one[0] / (one[0] + other[0]), *bounds, first.hits, first.judged + second.judged)


def _total(share: Estimate, size: float) -> tuple[float, Interval]:
    return share.value * size, (share.low * size, share.high * size)


def ratio_interval(above: tuple[float, Interval], below: tuple[float, Interval]) -> Interval:
    """The 95 % interval of `above / below`, each a value of at least 0 with its own interval (MOVER-R).

    The upper bound is infinite if the lower one of `below` is 0.
    """
    (a, (a_low, a_high)), (b, (b_low, b_high)) = above, below
    product = (a * b) ** 2
    lowest = sqrt(max(0.0, product - a_low * b_high * (2 * a - a_low) * (2 * b - b_high)))
    highest = sqrt(max(0.0, product - a_high * b_low * (2 * a - a_high) * (2 * b - b_low)))
    # The lower bound with the root below, so that nothing divides by the difference of nearly equal numbers.
    low = a_low * (2 * a - a_low) / (a * b + lowest) if a_low else 0.0
    high = (a * b + highest) / (b_low * (2 * b - b_low)) if b_low else inf
    return max(0.0, low), high


def without_gaps(strata: Sequence[Stratum]) -> list[Stratum]:
    """The judged strata of one kind (one rule and source, several weeks), with the size of those not judged.

    A week of which nothing was judged counts as the other weeks did: the weighting-class adjustment for what was not
    answered (R. J. A. Little, D. B. Rubin, *Statistical Analysis with Missing Data*, 1987). Empty if none was judged.
    """
    known = sum(one.size for one in strata if one.judged)
    if not known:
        return []
    factor = sum(one.size for one in strata) / known
    return [Stratum(one.size * factor, one.judged, one.hits) for one in strata if one.judged]
