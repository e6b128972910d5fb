"""Rounding, tested against a reader who knows the rules and tries every set of counts that fits the published
numbers.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.figures.verbs import figures as rounding
from jaga.figures.verbs.figures import BASE, EPSILON, LEAST_BLURRED, blurred, floored, from_days, within

SMALL_BASE = 3
"""Small enough to try every world; what is shown depends on the base in nothing but its size."""
World = tuple[int, ...]
Seen = tuple[Hashable, ...]


def candidates(worlds: Iterator[World], see: Callable[[World], Seen]) -> dict[Seen, list[World]]:
    """All sets of counts, grouped by what they publish: a reader cannot tell those of one group apart."""
    found: dict[Seen, list[World]] = defaultdict(list)
    for world in worlds:
        found[see(world)].append(world)
    return found


def recovered(groups: dict[Seen, list[World]], cell: int, least: int) -> list[Seen]:
    """Cells that the published numbers reveal beyond their own rounded value: fewer values are possible than the
    rounding base.
    """
    return [
        seen
        for seen, worlds in groups.items()
        if len({world[cell] for world in worlds}) < SMALL_BASE and max(world[cell] for world in worlds) < least
    ]


@pytest.mark.parametrize("days", [1, 2, 3, 4])
def test_a_month_beside_its_days_tells_nothing_of_a_day(days: int) -> None:
    """Also if every day had the largest count that is still shown as "few": the month then shows less than the sum."""
    top = 2 * SMALL_BASE

    def see(world: World) -> Seen:
        shown = [floored(count, SMALL_BASE) for count in world]
        return (*shown, from_days(sum(world), shown, SMALL_BASE))

    groups = candidates(product(range(top), repeat=days), see)
    for day in range(days):
        assert recovered(groups, day, least=top) == []


def test_a_month_that_showed_the_plain_rounded_sum_would_tell() -> None:
    """The attack that the limit prevents: two days of two each, and a month of four rounded to three."""
    groups = candidates(
        product(range(6), repeat=2),
        lambda world: (*(floored(count, SMALL_BASE) for count in world), floored(sum(world), SMALL_BASE)),
    )
    assert recovered(groups, 0, least=6) != []


def test_parts_beside_a_whole_tell_nothing_of_either() -> None:
    """Two categories beside three outcomes of the same cases, some without an outcome yet."""
    top = 2 * SMALL_BASE

    def see(world: World) -> Seen:
        categories, outcomes = world[:2], world[2:]
        shown = [floored(count, SMALL_BASE) for count in categories]
        parts = within(dict(enumerate(outcomes)), sum(shown), SMALL_BASE)
        return (*shown, *parts.values())

    worlds = (world for world in product(range(top), repeat=5) if sum(world[2:]) <= sum(world[:2]))
    groups = candidates(worlds, see)
    for cell in range(5):
        assert recovered(groups, cell, least=top) == []


def test_a_year_of_shown_months_tells_no_more_than_the_months() -> None:
    """Whoever subtracts eleven months from a year finds the twelfth as it was shown: a year is a sum of what is public,
    so every set of months that looks alike makes the same year, whatever the counts were.
    """

    def months(world: World) -> Seen:
        return tuple(floored(count, SMALL_BASE) for count in world)

    def with_year(world: World) -> Seen:
        return (*months(world), sum(count for count in months(world) if isinstance(count, int)))

    alike = candidates(product(range(2 * SMALL_BASE), repeat=3), months)
    beside = candidates(product(range(2 * SMALL_BASE), repeat=3), with_year)
    assert sorted(alike.values()) == sorted(beside.values())
    counted_anew = candidates(
        product(range(2 * SMALL_BASE), repeat=3), lambda world: (*months(world), floored(sum(world), SMALL_BASE))
    )
    assert recovered(counted_anew, 0, least=2 * SMALL_BASE) != []


@given(st.lists(st.integers(0, 60), min_size=1, max_size=31), st.integers(-40, 40))
def test_a_month_shows_whole_tens_and_never_less_than_its_days(days: list[int], moved: int) -> None:
    """Moving cases to possible victims after their day lowers no published number."""
    shown = [floored(count) for count in days]
    month = from_days(max(0, sum(days) + moved), shown)
    assert month >= sum(shown)
    assert month % BASE == 0
    assert month <= max(sum(shown), sum(days) + moved)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 90)), st.integers(0, 20).map(lambda n: n * BASE))
def test_parts_never_show_more_than_the_whole(counts: dict[str, int], limit: int) -> None:
    """No part exceeds the whole."""
    shown = within(counts, limit)
    assert sum(shown.values()) <= limit
    assert all(0 <= shown[key] <= counts[key] and shown[key] % BASE == 0 for key in counts)


def chance(noise: int) -> float:
    """The probability of this number under the two-sided geometric noise."""
    keep = math.exp(-EPSILON)
    return float((1 - keep) / (1 + keep) * keep ** abs(noise))


def shows(count: int, shown: int) -> float:
    """The probability that `blurred` shows a number for a count, computed from its definition."""
    far = range(-400, 401)
    return sum(chance(noise) for noise in far if cut(floored(max(0, count + noise))) == shown)


def cut(count: int) -> int:
    """ "Few" below the smallest number that is shown."""
    return count if count >= LEAST_BLURRED else 0


@pytest.mark.parametrize("planted", range(25))
def test_one_case_of_a_possible_victim_hardly_moves_the_odds(planted: int) -> None:
    """Whatever else an attacker filed, the published number was nearly as likely without the one report."""
    for shown in (0, *range(LEAST_BLURRED, 60, BASE)):
        without, with_one = shows(planted, shown), shows(planted + 1, shown)
        assert 1 / math.exp(EPSILON) - 1e-9 <= without / with_one <= math.exp(EPSILON) + 1e-9


def test_the_chance_is_drawn_as_it_is_defined(monkeypatch: pytest.MonkeyPatch) -> None:
    """The noise is the difference of two geometric draws."""
    draws = [rounding._geometric() for _ in range(20_000)]
    for number in range(4):
        expected = (1 - math.exp(-EPSILON)) * math.exp(-EPSILON * number)
        assert draws.count(number) / len(draws) == pytest.approx(expected, abs=0.02)
    steps = iter((7, 3))
    monkeypatch.setattr(rounding, "_geometric", lambda: next(steps))
    assert blurred(26) == 30
    monkeypatch.setattr(rounding, "_geometric", lambda: 0)
    assert [blurred(count) for count in (0, 9, 19, 20, 29)] == [0, 0, 0, 20, 20]


def test_chance_alone_makes_no_number_out_of_nothing() -> None:
    """A public figure of zero stays "few", except once in thirty thousand."""
    assert 1 - shows(0, 0) < 1 / 30_000
