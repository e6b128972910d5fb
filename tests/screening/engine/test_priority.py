"""The order of the queue: nearer deadline, worse harm, more sources and higher score come first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.terms.cases import Severity
from jaga.screening.engine.priority import DOUBLING, MOST_SOURCES, rank, reason

AT = datetime(2026, 3, 20, tzinfo=UTC)
moments = st.integers(-(10**8), 10**8).map(lambda seconds: AT + timedelta(seconds=seconds))
severities = st.sampled_from(Severity)
sources = st.integers(1, 20) | st.integers(1, 100_000)
scores = st.integers(0, 1000).map(lambda n: n / 1000)


@given(moments, moments, severities, sources, scores)
def test_a_nearer_deadline_comes_first(a: datetime, b: datetime, severity: Severity, n: int, score: float) -> None:
    """All else equal, overdue or not."""
    assert (rank(a, severity, n, score) < rank(b, severity, n, score)) == (a < b)


@given(moments, severities, severities, sources, scores)
def test_a_worse_harm_comes_first(due: datetime, a: Severity, b: Severity, n: int, score: float) -> None:
    """All else equal."""
    assert (rank(due, a, n, score) < rank(due, b, n, score)) == (a > b)


@given(moments, severities, sources, sources, scores)
def test_more_independent_sources_come_first(due: datetime, severity: Severity, a: int, b: int, score: float) -> None:
    """More sources come first, all else equal, up to a dozen; further ones change nothing."""
    first, second = rank(due, severity, a, score), rank(due, severity, b, score)
    assert (first < second) == (min(a, MOST_SOURCES) > min(b, MOST_SOURCES))


@given(moments, severities, sources, scores, scores)
def test_a_higher_score_comes_first(due: datetime, severity: Severity, n: int, a: float, b: float) -> None:
    """A higher score comes first, all else equal; it changes the priority by a factor of two at most."""
    first, second = rank(due, severity, n, a), rank(due, severity, n, b)
    assert (first < second) == (a > b)
    assert abs(first - second) <= DOUBLING


@given(moments, severities, sources, scores)
def test_a_trusted_flagger_counts_a_little_and_once(due: datetime, severity: Severity, n: int, score: float) -> None:
    """A trusted flagger counts for three to four hours: less than twice the harm or a second source."""
    gained = rank(due, severity, n, score) - rank(due, severity, n, score, flagged=True)
    assert timedelta(hours=3) < gained < timedelta(hours=4) < DOUBLING


@given(moments, moments, severities, st.integers(0, 100))
def test_the_reason_can_always_be_said(due: datetime, at: datetime, severity: Severity, n: int) -> None:
    """The reason is a complete sentence without negative times."""
    msgid, params = reason(due, at, severity, n)
    assert "-" not in msgid % params


def test_the_reason_says_what_counted() -> None:
    """The reason includes how harm and sources changed the order; an observation without a reporter is one source."""
    msgid, params = reason(AT + timedelta(hours=3, minutes=20), AT, Severity.HIGH, 2)
    assert msgid % params == ("Due in 3 h 20 min; severity 3 of 4; independent sources: 2. Worse harm and more sources "
                              "move a case up, this one by 16 h.")
    msgid, params = reason(AT - timedelta(hours=1), AT, Severity.CRITICAL, 0)
    assert msgid % params == ("Overdue by 1 h 0 min; severity 4 of 4; independent sources: 1. Worse harm and more "
                              "sources move a case up, this one by 12 h.")


@pytest.mark.parametrize(("n", "score"), [(-1, 0.0), (1, -0.1), (1, 1.1), (1, float("nan"))])
def test_a_number_that_means_nothing_is_refused(n: int, score: float) -> None:
    """NaN and other meaningless numbers raise an error and do not enter the queue."""
    with pytest.raises(ValueError, match=r"score .*, sources"):
        rank(AT, Severity.LOW, n, score)
