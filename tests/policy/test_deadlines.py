"""Deadlines follow the law: 24 hours, or 4 hours if urgent; the sender does not decide what is urgent."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.conftest import Spoilt

from jaga.core.terms.reports import Channel
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import load_release

RELEASE = load_release()
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
CATEGORIES = st.sampled_from([category.key for category in RELEASE.categories])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(timezone(timedelta(hours=7))))  # noqa: DTZ001


@given(st.sampled_from(Channel), CATEGORIES, st.booleans(), MOMENTS)
def test_a_deadline_is_never_longer_than_the_law(
    channel: Channel, category: str, urgent: bool, received: datetime
) -> None:
    """24 h from receipt, 4 h if urgent, in any time zone; plus the holder's days where the law asks for a deactivation
    and sets no clock.
    """
    deadline = RELEASE.deadline(channel, category, urgent, received)
    assert deadline.due_at - received == timedelta(hours=deadline.hours)
    asked = RELEASE.answer_first(category)
    assert deadline.hours - (asked.days * 24 if asked else 0) <= (4 if deadline.urgent else 24)
    assert deadline.due_at.tzinfo is UTC
    assert deadline.source.id
    assert deadline.source.en


@pytest.mark.parametrize("category", ["terrorism", "child_protection", "trafficking"])
@pytest.mark.parametrize("claimed", [True, False])
def test_some_categories_are_urgent_by_nature(category: str, claimed: bool) -> None:
    """A reporter who forgets to mark an urgent report does not cost the victim twenty hours."""
    deadline = RELEASE.deadline(Channel.PUBLIC, category, claimed, NOON)
    assert (deadline.urgent, deadline.due_at) == (True, NOON + timedelta(hours=4))
    assert RELEASE.may_be_urgent(category)


@pytest.mark.parametrize("category", ["prostitution_advertising", "false_news", "sara", "defamation"])
def test_an_authority_cannot_declare_anything_urgent(category: str) -> None:
    """“Disturbs the public” is vague and has been misused, so an authority's claim alone does not shorten a
    deadline.
    """
    deadline = RELEASE.deadline(Channel.MINISTRY, category, True, NOON)
    assert (deadline.urgent, deadline.hours) == (False, 24)
    assert not RELEASE.may_be_urgent(category)


def test_a_release_may_make_urgency_depend_on_the_senders_mark(spoilt: Spoilt) -> None:
    """A category with `when: marked` is urgent only if the sender marked the report."""
    spoilt.change(
        "deadlines.yaml",
        "first_triage:",
        "  - {category: extortion, when: marked, source: {id: aturan kami sendiri, en: our own rule}}\nfirst_triage:",
    )
    release = load_release(spoilt.folder)
    assert release.deadline(Channel.PUBLIC, "extortion", True, NOON).hours == 4
    assert release.deadline(Channel.PUBLIC, "extortion", False, NOON).hours == 24


def test_a_naive_moment_or_an_unknown_category_has_no_deadline() -> None:
    """A datetime without a time zone, or an unknown category, raises an error: guessing would change a legal fact."""
    with pytest.raises(ValueError, match="naive"):
        RELEASE.deadline(Channel.PUBLIC, "fraud", False, NOON.replace(tzinfo=None))
    with pytest.raises(UnknownTerm):
        RELEASE.deadline(Channel.PUBLIC, "litter", False, NOON)


def test_restoring_keeps_to_the_law() -> None:
    """MR5 art. 20: an account is restored within 2×24 hours."""
    assert RELEASE.deadlines.restoration.span <= timedelta(hours=48)
    assert RELEASE.deadlines.appeal_decision.span
    assert RELEASE.deadlines.first_triage.span
