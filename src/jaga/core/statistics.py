"""Agreement between reviewers beyond chance: Krippendorff's alpha for nominal data. Pure.

Any number of coders, missing values and categories are allowed (Krippendorff, Computing Krippendorff's
Alpha-Reliability, 2011). 1 is perfect agreement, 0 is chance, below 0 is systematic disagreement.

How many cases will wait in the next days, from what came in and what was decided so far.

A rule of thumb that a supervisor can check by hand, no model: each coming day brings the mean of the same weekday in
the last four weeks, and at most as many are decided as on a good day.

Shares with a 95 % confidence interval: of one sample, and precision and recall of a stratified one. Pure.

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

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf, sqrt
from random import Random
from typing import NamedTuple

ROUNDS = 400
"""Bootstrap samples for an interval; enough for the second digit."""
_SEED = 20_261_126  # fixed, so that the same data always give the same interval
_GAPS_UP_TO = 30.0  # expected successes up to which draws are exact; beyond that the normal approximation is as good

Pattern = tuple[tuple[str, int], ...]  # how often each kind was named in one unit


@dataclass(frozen=True)
class Agreement:
    """The result.

    `alpha` is None if it is undefined: no pair, or only one kind was ever named.

    `units` were judged by at least two people; `pairs` of judgements can be compared, `alike` of which agree. `low` and
    `high` bound 95 % of the bootstrap alphas.
    """

    units: int
    pairs: int
    alike: int
    alpha: float | None = None
    low: float | None = None
    high: float | None = None


def alpha(units: Iterable[Sequence[str]]) -> float | None:
    """Krippendorff's alpha over the units, each the kinds that its judges named in any order.

    None if no unit has two judges or only one kind was ever named.
    """
    return _alpha(_patterns(units))


def agreement(units: Iterable[Sequence[str]], *, samples: int = ROUNDS, seed: int = _SEED) -> Agreement:
    """Alpha with its bootstrap interval over units. The order of units and judges does not matter."""
    patterns = _patterns(units)
    pairs = sum(times * math.comb(_size(pattern), 2) for pattern, times in patterns.items())
    alike = sum(times * sum(math.comb(count, 2) for _, count in pattern) for pattern, times in patterns.items())
    found, whole = _alpha(patterns), sum(patterns.values())
    if found is None:
        return Agreement(whole, pairs, alike)
    drawn = sorted(_resampled(patterns, samples, Random(seed)))  # noqa: S311 - statistics, and the same each time
    low, high = (drawn[int(share * (len(drawn) - 1))] for share in (0.025, 0.975))
    return Agreement(whole, pairs, alike, found, min(low, found), max(high, found))


def _patterns(units: Iterable[Sequence[str]]) -> dict[Pattern, int]:
    """The number of units with each pattern, without units judged by only one person."""
    counted = Counter(tuple(sorted(Counter(unit).items())) for unit in units if len(unit) > 1)
    return dict(sorted(counted.items()))


def _size(pattern: Pattern) -> int:
    return sum(count for _, count in pattern)


def _alpha(patterns: Mapping[Pattern, int]) -> float | None:
    """1 - observed disagreement / expected disagreement, from the coincidences within and across units."""
    named: Counter[str] = Counter()
    observed = 0.0
    for pattern, times in patterns.items():
        judges = _size(pattern)
        observed += times * (judges * judges - sum(count * count for _, count in pattern)) / (judges - 1)
        for kind, count in pattern:
            named[kind] += times * count
    total = sum(named.values())
    expected = total * total - sum(count * count for count in named.values())
    return 1 - (total - 1) * observed / expected if expected else None


def _resampled(patterns: Mapping[Pattern, int], samples: int, random: Random) -> list[float]:
    """Alphas of bootstrap samples. A sample with a single kind counts as full agreement: 1."""
    found = []
    for _ in range(samples):
        left, chances, drawn = sum(patterns.values()), sum(patterns.values()), dict[Pattern, int]()
        for pattern, times in patterns.items():
            drawn[pattern] = _binomial(left, times / chances, random)
            left, chances = left - drawn[pattern], chances - times
        value = _alpha(drawn)
        found.append(1.0 if value is None else value)
    return found


def _binomial(tries: int, chance: float, random: Random) -> int:
    """A binomial draw: how many of `tries` succeed."""
    if not tries or chance >= 1:
        return tries
    if chance > 0.5:
        return tries - _binomial(tries, 1 - chance, random)
    if tries * chance > _GAPS_UP_TO:
        drawn = random.gauss(tries * chance, math.sqrt(tries * chance * (1 - chance)))
        return min(tries, max(0, round(drawn)))
    hits, at, missed = 0, 0, math.log1p(-chance)
    while True:
        at += 1 + int(math.log(1.0 - random.random()) / missed)
        if at > tries:
            return hits
        hits += 1


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
