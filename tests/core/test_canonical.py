"""Canonical JSON: one spelling for each value."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.canonical import NotCanonical, canonical_json, from_rfc3339, rfc3339

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_was_written_reads_back_and_writes_the_same(value: object) -> None:
    """Reading canonical bytes and writing them again changes nothing, so a stored value has the same hash."""
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


_ITEMS = st.one_of(
    st.text(),
    st.sampled_from(["a", "accept_report", "ab" * 32]),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.booleans(),
    st.none(),
    st.lists(st.one_of(st.integers(0, 9), st.booleans())),
)


@given(st.dictionaries(st.one_of(st.text(), st.sampled_from("abc")), _ITEMS, max_size=5))
def test_what_most_entries_hold_is_written_as_all_else(value: dict[str, object]) -> None:
    """The quick writer of simple values and the one of all values agree."""
    assert canonical_json(value) == canonical_json(MappingProxyType(value))


@given(st.dictionaries(st.text(), st.integers(0, 9), max_size=8))
def test_the_order_of_insertion_does_not_matter(value: dict[str, int]) -> None:
    """Two mappings with equal contents have equal bytes."""
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_keys_are_sorted_by_utf_16_as_rfc_8785_says() -> None:
    """The sample of RFC 8785 section 3.2.3: an emoji's surrogates sort before U+FB33."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    assert list(json.loads(canonical_json(dict.fromkeys(keys)))) == [
        "\r",
        "1",
        "\u0080",
        "\u00f6",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]


def test_strings_are_escaped_as_rfc_8785_says() -> None:
    r"""Short escapes if they exist, lower-case \u00xx for other control characters, nothing else."""
    assert canonical_json("\u20ac$\u000f\nA'B\"\\/") == '"€$\\u000f\\nA\'B\\"\\\\/"'.encode()


def test_moments_are_utc_whatever_their_zone() -> None:
    """One point in time has one spelling."""
    wib = datetime(2026, 1, 2, 7, 0, tzinfo=timezone(timedelta(hours=7)))
    assert canonical_json(wib) == b'"2026-01-02T00:00:00.000000Z"'
    assert canonical_json([date(2026, 1, 2), 2.0, True]) == b'["2026-01-02",2,true]'


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_survives_its_spelling(moment: datetime) -> None:
    """`from_rfc3339` reverses `rfc3339`, with microseconds and in any year."""
    assert from_rfc3339(rfc3339(moment)) == moment


@pytest.mark.parametrize("text", ["2026-01-02T00:00:00Z", "2026-01-02T00:00:00.5Z", "2026-01-02 00:00:00.000000Z", ""])
def test_another_spelling_of_a_moment_is_refused(text: str) -> None:
    """Otherwise one signed statement would have several texts."""
    with pytest.raises(ValueError, match=r".*"):
        from_rfc3339(text)


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        float("nan"),
        float("inf"),
        2**53,
        -(2**53),
        1e300,
        "\ud800",
        {"\udfff": 1},
        {1: 2},
        b"x",
        {1, 2},
        object(),
        datetime(2026, 1, 2),  # noqa: DTZ001 - the naive datetime is the point
        {"a": [{"b": 0.1}]},
    ],
)
def test_what_has_no_single_spelling_is_refused(value: object) -> None:
    """A value that two languages could write differently is never hashed."""
    with pytest.raises(NotCanonical):
        canonical_json(value)


def test_the_refusal_names_the_place_and_the_remedy() -> None:
    """So the programmer finds it."""
    with pytest.raises(NotCanonical, match=r"\$\.a\[0\]\.b.*a fraction.*Store it as text"):
        canonical_json({"a": [{"b": 0.1}]})


def test_endless_nesting_is_refused_before_the_stack_ends() -> None:
    """Deep nesting is refused and does not crash."""
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical_json(value)
