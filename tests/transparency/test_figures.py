"""The public figures: right sums, and nothing that tells on a victim."""

from hypothesis import given
from hypothesis import strategies as st

from jaga.policy import load_release
from jaga.transparency.figures import SMALL, withhold

CATEGORIES = load_release().categories
KEYS = [category.key for category in CATEGORIES]
VICTIM_FIRST = {category.key for category in CATEGORIES if category.victim_first}


@given(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 40)))
def test_a_small_count_of_possible_victims_is_never_shown_nor_left_as_the_only_gap(counts: dict[str, int]) -> None:
    """From 1 to 4 they are withheld, and never alone as long as another count exists that can be withheld with them."""
    shown = {count.key: count.value for count in withhold(counts, CATEGORIES)}
    hidden = {key for key, value in shown.items() if value is None}
    for key in VICTIM_FIRST:
        assert (shown[key] is None) >= (0 < counts.get(key, 0) < SMALL)
    if hidden:
        others = [key for key, count in counts.items() if count and key not in hidden]
        assert not others or any(key for key in hidden if key not in VICTIM_FIRST or counts[key] >= SMALL)


@given(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 40)))
def test_what_is_shown_is_exact(counts: dict[str, int]) -> None:
    """No count is rounded or shifted; those of an older release's categories stay in the list."""
    for count in withhold({**counts, "old_category": 3}, CATEGORIES):
        expected = {**counts, "old_category": 3}.get(count.key, 0)
        assert count.value in (None, expected)
    assert "old_category" in {count.key for count in withhold({"old_category": 3}, CATEGORIES)}
