"""Krippendorff's alpha compared with its author's published examples, and its invariants for any data."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaga.core.statistics import _binomial, agreement, alpha

# Krippendorff, K. (2011), Computing Krippendorff's Alpha-Reliability, University of Pennsylvania; sections A, B and C.
BINARY = ("0100000010", "1110010000")
NOMINAL = ("aabbdcccedda", "babbbccceddd")
MANY = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def by_unit(rows: tuple[str, ...]) -> list[list[str]]:
    """The judgements of each unit, without missing ones (a dot)."""
    return [[kind for kind in column if kind != "."] for column in zip(*rows, strict=True)]


UNITS = st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=12)


@pytest.mark.parametrize(
    ("rows", "published"),
    [(BINARY, 0.095), (NOMINAL, 0.692), (MANY, 0.743)],
    ids=["two judges, two kinds", "two judges, five kinds", "four judges, missing judgements"],
)
def test_the_published_examples_come_out_as_published(rows: tuple[str, ...], published: float) -> None:
    """To the three printed digits."""
    found = alpha(by_unit(rows))
    assert found is not None
    assert round(found, 3) == published


def test_an_interval_holds_its_value_and_is_the_same_each_time() -> None:
    """The random generator is seeded: nobody can repeat it until the interval fits."""
    found = agreement(by_unit(MANY))
    assert found.alpha is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.alpha < found.high <= 1
    assert found == agreement(by_unit(MANY))
    assert (found.units, found.pairs, found.alike) == (11, 55, 43)


def test_more_units_make_the_interval_narrower() -> None:
    """Ten times the cases with the same judgements give a narrower interval."""
    few, many = agreement(by_unit(NOMINAL)), agreement(by_unit(NOMINAL) * 40)
    assert few.high is not None
    assert few.low is not None
    assert many.high is not None
    assert many.low is not None
    assert (many.high - many.low) < (few.high - few.low) / 3


def test_what_cannot_be_told_has_no_number() -> None:
    """Without a pair, or with one kind only, agreement and chance cannot be distinguished, and both 0 and 1 would be
    wrong.
    """
    assert alpha([]) is None
    assert alpha([["a"], ["b"]]) is None
    one_kind = agreement([["a", "a"], ["a", "a", "a"]])
    assert (one_kind.alpha, one_kind.pairs, one_kind.alike) == (None, 4, 4)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(2, 4)), min_size=2, max_size=12))
def test_perfect_agreement_is_one(units: list[tuple[str, int]]) -> None:
    """Identical judgements give 1, with an interval of one point."""
    same = [[kind] * judges for kind, judges in units]
    found = agreement(same, samples=20)
    if len({kind for kind, _ in units}) > 1:
        assert (found.alpha, found.low, found.high) == (1, 1, 1)
    else:
        assert found.alpha is None


@settings(max_examples=60)
@given(UNITS, st.randoms(use_true_random=False), st.permutations("abc"))
def test_neither_order_nor_names_change_it(units: list[list[str]], random: Random, names: list[str]) -> None:
    """Units, judges and kinds are interchangeable; the order does not matter."""
    mixed = [[names["abc".index(kind)] for kind in random.sample(unit, len(unit))] for unit in units]
    random.shuffle(mixed)
    first, second = alpha(units), alpha(mixed)
    assert (first is None) == (second is None)
    assert first is None or first == pytest.approx(second)


@given(UNITS)
def test_it_never_exceeds_one(units: list[list[str]]) -> None:
    """And units judged by only one person change nothing."""
    found = alpha(units)
    assert found is None or found <= 1
    assert alpha([*units, ["a"]]) == found


@pytest.mark.parametrize(("tries", "chance"), [(40, 0.3), (40, 0.9), (1000, 0.002), (5000, 0.4)])
def test_draws_have_their_mean(tries: int, chance: float) -> None:
    """The exact draw and the normal approximation both have the mean tries times chance."""
    random = Random(7)
    drawn = [_binomial(tries, chance, random) for _ in range(2000)]
    assert all(0 <= hits <= tries for hits in drawn)
    error = (tries * chance * (1 - chance) / len(drawn)) ** 0.5
    assert abs(sum(drawn) / len(drawn) - tries * chance) < 4 * error
