"""Agreement between reviewers beyond chance: Krippendorff's alpha for nominal data. Pure.

Any number of coders, missing values and categories are allowed (Krippendorff, Computing Krippendorff's
Alpha-Reliability, 2011). 1 is perfect agreement, 0 is chance, below 0 is systematic disagreement.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

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
