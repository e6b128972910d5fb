"""Which rules may hold is found for blocks as it is defined, and no rule holds that may not."""

import random

import numpy as np

from jaga.policy.screening_rules import AtLeast, RuleCondition
from jaga.screening.rules.bounds import bounds_of, candidates, demands, may_hold

_WORDS = [RuleCondition(phrase=f"kata {number}") for number in range(12)]
_CONTEXT = RuleCondition(platform=("melati",))
_SEEDS = 300


def features_of(condition: RuleCondition) -> list[int] | None:
    return [_WORDS.index(condition)] if condition in _WORDS else None


def invented(dice: random.Random, depth: int = 3) -> RuleCondition:
    """Some tree of conditions on words and on a platform."""
    if depth == 0 or dice.random() < 0.3:
        return dice.choice([*_WORDS, _CONTEXT])
    parts = tuple(invented(dice, depth - 1) for _ in range(dice.randint(2, 4)))
    return dice.choice(
        (
            RuleCondition(all=parts),
            RuleCondition(any=parts),
            RuleCondition(**{"not": parts[0]}),
            RuleCondition(at_least=AtLeast(count=2, of=(*parts, parts[0]))),
        )
    )


def true(condition: RuleCondition, features: set[int], platform: bool) -> bool:
    """The meaning of a condition, as in `rules.holds`."""
    if condition.not_ is not None:
        return not true(condition.not_, features, platform)
    parts = [true(part, features, platform) for _, part in condition.parts()]
    if condition.at_least is not None:
        return sum(parts) >= condition.at_least.count
    if parts:
        return all(parts) if condition.all is not None else any(parts)
    return platform if condition == _CONTEXT else _WORDS.index(condition) in features


def test_what_holds_may_hold_and_blocks_agree_with_the_definition() -> None:
    """For invented rules and texts: a rule that holds meets its demands, and `candidates` names exactly those rules
    whose demands are met, text by text.
    """
    dice = random.Random(11)
    rules = [invented(dice) for _ in range(_SEEDS)]
    needed = [demands(rule, features_of, [1.0] * len(_WORDS)) for rule in rules]
    texts = [set(dice.sample(range(len(_WORDS)), dice.randint(0, 6))) for _ in range(60)]
    facts = [(row, feature) for row, features in enumerate(texts) for feature in [*features, *list(features)[:1]]]
    rows, keys = (np.array(column, np.int32) for column in zip(*facts, strict=True))
    named = {
        *zip(
            *(part.tolist() for part in candidates(np.arange(len(facts)), rows, keys, bounds_of(needed, len(_WORDS)))),
            strict=True,
        )
    }
    assert named == {
        (row, rule)
        for row, features in enumerate(texts)
        for rule, own in enumerate(needed)
        if own and may_hold(own, features)
    }
    for rule, own in zip(rules, needed, strict=True):
        for features in texts:
            assert may_hold(own, features) or not any(true(rule, features, platform) for platform in (True, False))
    assert len(named) < len(texts) * len(rules) / 2
