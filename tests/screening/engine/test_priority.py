"""The order of the queue: nearer deadline, worse harm, more sources and higher score come first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.terms.cases import Severity
from jaga.screening.engine.priority import DOUBLING, MOST_SOURCES, RankTerm, rank, rank_parts

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


@given(moments, severities, sources, scores, scores, st.booleans(), st.integers(0, 12), st.booleans())
def test_the_parts_shown_add_up_to_the_rank_used(
    due: datetime,
    severity: Severity,
    n: int,
    score: float,
    likeness: float,
    flagged: bool,
    turn: int,
    own: bool,
) -> None:
    """Whatever moved a case is named, each term once, and nothing is left over."""
    ranked = rank(due, severity, n, max(score, likeness), flagged=flagged, turn=turn, own_words=own)
    parts = rank_parts(
        ranked, due, severity, n, score, resembles=likeness > 0, flagged=flagged, turn=turn, own_words=own
    )
    assert abs(sum((one.by for one in parts), due) - ranked) < timedelta(minutes=1)
    terms = [one.term for one in parts]
    assert len(set(terms)) == len(terms)
    assert RankTerm.CHANGED not in terms
    assert (RankTerm.EVASION in terms) <= (likeness > score)


def test_each_term_says_its_share() -> None:
    """Severity and sources double by six hours; score, flagger, turns and own words have their own; an observation
    without a reporter is one source.
    """
    ranked = rank(AT, Severity.CRITICAL, 2, 1.0, flagged=True, turn=2, own_words=True)
    parts = rank_parts(ranked, AT, Severity.CRITICAL, 2, 1.0, resembles=False, flagged=True, turn=2, own_words=True)
    assert [(one.term.value, round(one.by / timedelta(hours=1), 1)) for one in parts] == [
        ("severity", -12.0),
        ("sources", -6.0),
        ("score", -6.0),
        ("flagged", -3.5),
        ("turn", 48.0),
        ("own_words", -12.0),
    ]
    alone = rank(AT, Severity.LOW, 0, 0.0)
    assert rank_parts(alone, AT, Severity.LOW, 0, 0.0, resembles=False, flagged=False, turn=0, own_words=False) == ()


def test_facts_newer_than_the_rank_are_said_to_be_so() -> None:
    """A case whose sources grew since its triage is still where it was, and the parts say it."""
    ranked = rank(AT, Severity.LOW, 1, 0.0)
    parts = rank_parts(ranked, AT, Severity.LOW, 4, 0.0, resembles=True, flagged=False, turn=0, own_words=False)
    assert [one.term for one in parts] == [RankTerm.SOURCES, RankTerm.CHANGED]
    assert sum((one.by for one in parts), timedelta()) == timedelta()


@pytest.mark.parametrize(("n", "score"), [(-1, 0.0), (1, -0.1), (1, 1.1), (1, float("nan"))])
def test_a_number_that_means_nothing_is_refused(n: int, score: float) -> None:
    """NaN and other meaningless numbers raise an error and do not enter the queue."""
    with pytest.raises(ValueError, match=r"score .*, sources"):
        rank(AT, Severity.LOW, n, score)
