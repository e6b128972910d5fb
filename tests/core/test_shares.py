"""Intervals for precision and recall, against worked examples of the literature."""

import pytest

from jaga.core.statistics import Stratum, ratio_interval, recall, share, weighted_share, wilson, without_gaps


@pytest.mark.parametrize(
    ("hits", "judged", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_one_stratum_has_wilsons_interval(hits: int, judged: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17, 1998, 857-872, table I, method 3."""
    found = weighted_share([Stratum(10_000, judged, hits)])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    alone = share(hits, judged)
    assert alone is not None
    assert (alone.low, alone.high) == (found.low, found.high)


def test_the_ratio_of_two_shares_has_the_interval_of_its_worked_example() -> None:
    """MOVER-R Wilson: 7 of 34 against 1 of 34 (E. S. Perondi et al., 2004) is 7.00, 1.1537 to 41.9763 (M. Fagerland,
    S. Lydersen, P. Laake, Statistical Analysis of Contingency Tables, 2017, chapter 4)."""
    one, other = 7 / 34, 1 / 34
    found = ratio_interval((one, wilson(one, 34)), (other, wilson(other, 34)))
    assert found == pytest.approx((1.1537, 41.9763), abs=1e-4)


def test_recall_has_the_interval_of_that_ratio() -> None:
    """Of equal strata caught / (caught + missed) is ratio / (1 + ratio)."""
    found = recall([Stratum(1000, 34, 7)], [Stratum(1000, 34, 1)])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((7 / 8, 1.1537 / 2.1537, 41.9763 / 42.9763), abs=1e-4)


def test_a_stratum_counts_by_its_size() -> None:
    """A stratified mean (W. G. Cochran, 1977, § 5.3): 900 of 1,000 with a tenth, and 100 with all."""
    found = weighted_share([Stratum(900, 10, 1), Stratum(100, 10, 10)])
    assert found is not None
    assert found.value == pytest.approx(0.19)
    assert found.low < 0.19 < found.high
    assert (found.hits, found.judged) == (11, 20)


def test_what_was_never_missed_in_the_sample_still_has_a_lower_bound() -> None:
    """And what nobody judged says nothing."""
    found = recall([Stratum(200, 40, 36)], [Stratum(10_000, 100, 0)])
    assert found is not None
    assert (found.value, found.high) == (1, 1)
    assert found.low < 0.5
    assert recall([Stratum(200, 40, 36)], [Stratum(10_000, 0, 0)]) is None
    assert recall([Stratum(200, 40, 0)], [Stratum(10_000, 50, 0)]) is None
    assert weighted_share([Stratum(5, 0, 0)]) is None


def test_a_week_without_a_judged_text_counts_as_the_others() -> None:
    """The whole size stays."""
    strata = without_gaps([Stratum(100, 10, 5), Stratum(300, 0, 0)])
    assert [(one.size, one.judged) for one in strata] == [(400, 10)]
    assert without_gaps([Stratum(300, 0, 0)]) == []


def test_impossible_counts_are_refused() -> None:
    """More judged than there are."""
    with pytest.raises(ValueError, match="3 of 2"):
        Stratum(10, 2, 3)
