"""Which rules may hold in a text, by its facts alone: a few additions per fact, where a rule's program has hundreds of
steps.

A rule becomes some *demands* that must all be met. A demand is a sum: it has parts with a weight, a part counts if one
of its features occurs, and the weights must reach a number. What nobody knows (context, exceptions, features not looked
for yet) counts as given. So a rule that holds always may hold; the reverse is for its program to decide.
`may_hold` is the definition, `candidates` the same over blocks.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.policy.screening_rules import RuleCondition

Features = Callable[[RuleCondition], Collection[int] | None]
"""The features that satisfy a single condition; None: unknown, as of all conditions on context."""


class Demand(NamedTuple):
    """The weights of the parts of which a feature occurs sum up to `least` or more."""

    least: int
    parts: tuple[tuple[int, frozenset[int]], ...]


class Bounds(NamedTuple):
    """The demands of all rules as arrays; see `candidates`."""

    part_at: npt.NDArray[np.int32]
    part_of: npt.NDArray[np.int32]
    """Part numbers by feature: those of feature `f` are `part_of[part_at[f]:part_at[f + 1]]`."""
    weight: npt.NDArray[np.int32]
    demand: npt.NDArray[np.int32]
    """Of each part."""
    least: npt.NDArray[np.int32]
    rule: npt.NDArray[np.int32]
    """Of each demand."""
    demands: npt.NDArray[np.int32]
    """How many each rule has."""


def demands(condition: RuleCondition, features_of: Features, often: Sequence[float]) -> list[Demand]:
    """What must be met for the condition to hold."""
    if condition.not_ is not None:
        return []
    if condition.all is not None:
        return [one for part in condition.all for one in demands(part, features_of, often)]
    if condition.at_least is not None:
        times = Counter(condition.at_least.of)
        known = [
            (number, frozenset(some))
            for part, number in times.items()
            if (some := one_of(part, features_of, often)) is not None
        ]
        unknown = sum(times.values()) - sum(number for number, _ in known)
        least = condition.at_least.count - unknown
        return [Demand(least, tuple(known))] if least > 0 else []
    if condition.any is None and (own := features_of(condition)) is not None:
        return [Demand(condition.count or 1, tuple((1, frozenset((one,))) for one in own))]
    features = one_of(condition, features_of, often)
    return [] if features is None else [Demand(1, ((1, frozenset(features)),))]


def one_of(condition: RuleCondition, features_of: Features, often: Sequence[float]) -> set[int] | None:
    """Features of which at least one occurs where the condition holds; None: there are none such. `often` says how
    frequent each feature is, so that the rarest are taken.
    """
    if condition.not_ is not None:
        return None
    parts = [one_of(part, features_of, often) for _, part in condition.parts()]
    if not parts:
        own = features_of(condition)
        return None if own is None else set(own)
    found = [part for part in parts if part is not None]
    if condition.all is not None:
        return min(found, key=lambda part: sum(often[feature] for feature in part), default=None)
    fewest = condition.at_least.count if condition.at_least is not None else 1
    count = fewest - (len(parts) - len(found))
    return _needed(found, count, often) if count > 0 else None


def _needed(parts: Sequence[set[int]], count: int, often: Sequence[float]) -> set[int]:
    """The features of these parts, without as many parts as may hold together and still be fewer than `count`.

    A scorecard's parts stand there several times. Those that hold most often, ordinary words, are left out first.
    """
    times = Counter(frozenset(part) for part in parts)
    spare, needed = count - 1, set[int]()
    for part in sorted(times, key=lambda one: -sum(often[feature] for feature in one)):
        if times[part] <= spare:
            spare -= times[part]
        else:
            needed |= part
    return needed


def may_hold(rule: Sequence[Demand], features: Collection[int]) -> bool:
    """Whether these features meet all demands of a rule. One without demands is for its program alone."""
    return all(sum(weight for weight, own in one.parts if not own.isdisjoint(features)) >= one.least for one in rule)


def bounds_of(rules: Sequence[Sequence[Demand]], features: int) -> Bounds:
    """The arrays for these rules. Those without demands are never named by `candidates`."""
    parts_of: list[list[int]] = [[] for _ in range(features)]
    weight, demand, least, rule_of = list[int](), list[int](), list[int](), list[int]()
    for rule, own in enumerate(rules):
        for one in own:
            for number, part in one.parts:
                for feature in part:
                    parts_of[feature].append(len(weight))
                weight.append(number)
                demand.append(len(least))
            least.append(one.least)
            rule_of.append(rule)
    return Bounds(
        np.cumsum([0, *map(len, parts_of)]).astype(np.int32),
        np.array([part for own in parts_of for part in own], np.int32),
        np.array(weight, np.int32),
        np.array(demand, np.int32),
        np.array(least, np.int32),
        np.array(rule_of, np.int32),
        np.array([len(own) for own in rules], np.int32),
    )


@njit(cache=True)
def candidates(order: Any, rows: Any, keys: Any, bounds: Any) -> Any:
    """Facts (row and feature) and their order by row → the rows and rules where all demands are met, by row."""
    part_at, part_of, weight, demand = bounds.part_at, bounds.part_of, bounds.weight, bounds.demand
    least, rule_of, demands = bounds.least, bounds.rule, bounds.demands
    seen, summed_in = np.full(weight.size, -1, np.int32), np.full(least.size, -1, np.int32)
    sums, met_in = np.zeros(least.size, np.int32), np.full(demands.size, -1, np.int32)
    met = np.zeros(demands.size, np.int32)
    out, found = np.empty((2, 1024), np.int32), 0
    for fact in order:
        row = rows[fact]
        for at in range(part_at[keys[fact]], part_at[keys[fact] + 1]):
            part = part_of[at]
            if seen[part] == row:
                continue
            seen[part], one = row, demand[part]
            before = sums[one] if summed_in[one] == row else 0
            summed_in[one], sums[one] = row, before + weight[part]
            if before >= least[one] or sums[one] < least[one]:
                continue
            rule = rule_of[one]
            met[rule] = met[rule] + 1 if met_in[rule] == row else 1
            met_in[rule] = row
            if met[rule] == demands[rule]:
                if found == out.shape[1]:
                    out = np.concatenate((out, np.empty_like(out)), axis=1)
                out[0, found], out[1, found] = row, rule
                found += 1
    return out[0, :found], out[1, :found]
