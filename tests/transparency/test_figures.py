"""The public figures: right sums, and nothing that tells on a victim."""

from collections.abc import Iterator
from itertools import combinations_with_replacement

from hypothesis import example, given
from hypothesis import strategies as st

from jaga.policy import load_release
from jaga.transparency.figures import SMALL, withhold

CATEGORIES = load_release().categories
KEYS = [category.key for category in CATEGORIES]
VICTIM_FIRST = {category.key for category in CATEGORIES if category.victim_first}
COUNTS = st.dictionaries(st.sampled_from(KEYS), st.integers(0, 12) | st.integers(0, 2))


def shown(counts: dict[str, int]) -> dict[str, int | None]:
    return {count.key: count.value for count in withhold(counts, CATEGORIES)}


def splits(total: int, keys: list[str]) -> Iterator[dict[str, int]]:
    """Ways to spread a sum over the keys, those with few parts first, each key in turn with everything or one."""
    for size in {total, total - 1, total - SMALL} & set(range(total + 1)):
        for first in keys:
            for parts in combinations_with_replacement(keys, min(total - size, 2)):
                spread = dict.fromkeys(keys, 0)
                spread[first] += size
                for number, part in enumerate(parts):
                    left = total - size
                    spread[part] += left - (len(parts) - 1) if number == 0 else 1
                yield spread


@given(COUNTS)
@example({})
@example({"trafficking": 1})
@example({"prostitution_advertising": 1})
@example({"trafficking": 4, "child_protection": 4})
@example({"trafficking": 9, "child_protection": 0})
@example({"trafficking": 5, "child_protection": 5})
@example({"other": 1})
@example({"trafficking": 3, "child_protection": 7, "prostitution_advertising": 30})
def test_no_withheld_number_can_be_computed_from_what_is_shown(counts: dict[str, int]) -> None:
    """A reader who knows the total and the rule still finds two values for every withheld count of possible victims."""
    seen = shown(counts)
    hidden = [key for key, value in seen.items() if value is None]
    total = sum(counts.values())
    rest = total - sum(value for value in seen.values() if value is not None)
    open_to: dict[str, set[int]] = {key: {counts.get(key, 0)} for key in hidden}
    for spread in splits(rest, hidden):
        other = {key: value for key, value in seen.items() if value is not None} | spread
        if sum(other.values()) == total and shown(other) == seen:
            for key in hidden:
                open_to[key].add(spread[key])
    for key in hidden if total else ():
        assert len(open_to[key]) > 1 or (key not in VICTIM_FIRST and total == SMALL), f"{key} can be computed"


@given(COUNTS)
def test_a_small_count_of_possible_victims_is_never_shown(counts: dict[str, int]) -> None:
    """From 0 to 4 it is withheld; zero as well, since its vanishing would tell of the first report."""
    seen = shown(counts)
    for key in VICTIM_FIRST:
        assert seen[key] is None or counts.get(key, 0) >= SMALL


def test_the_most_telling_category_is_shown_where_others_can_hide_the_small_ones() -> None:
    """Companions come from the end of the release, where matters are only counted."""
    seen = shown({"prostitution_advertising": 30, "other": 2, "fraud": 7, "trafficking": 1})
    assert seen["prostitution_advertising"] == 30
    assert seen["fraud"] == 7
    assert seen["other"] is None


@given(COUNTS)
def test_what_is_shown_is_exact(counts: dict[str, int]) -> None:
    """No count is rounded or shifted; those of an older release's categories stay in the list."""
    for count in withhold({**counts, "old_category": 3}, CATEGORIES):
        expected = {**counts, "old_category": 3}.get(count.key, 0)
        assert count.value in (None, expected)
    assert "old_category" in {count.key for count in withhold({"old_category": 3}, CATEGORIES)}
