"""JSON is counted before it is parsed: within the limits it is read as usual, beyond them it is not parsed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.web.api.bodies import DEEPEST, MOST_TOKENS, TooManyValues, _count, _is_small, bounded_json

_texts = st.text(alphabet='ab"\\[]{},:\n\u00e9\U0001f600', max_size=8)
_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | _texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_texts, inner, max_size=5),
)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


@given(_documents)
def test_what_is_small_is_read_as_it_is(document: Any) -> None:
    """Brackets, commas, quotes and backslashes inside strings are not counted."""
    raw = json.dumps(document).encode()
    if _depth(document) <= DEEPEST:
        assert bounded_json(raw) == document


_PARTS = (
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b",",
    b":",
    b"\\",
    b"1",
    b'"a":',
    b"[" * (DEEPEST - 1),
    b"]" * DEEPEST,
    b"\\" * 1998,
    b'"",' * (MOST_TOKENS // 3),
    b"1," * (MOST_TOKENS - 2),
)


@given(st.lists(st.sampled_from(_PARTS), max_size=12).map(b"".join))
def test_the_first_look_lets_nothing_pass_that_the_count_refuses(raw: bytes) -> None:
    """Whatever the bytes are, JSON or not."""
    if _is_small(raw):
        _count(raw)


@given(st.integers(DEEPEST - 2, DEEPEST + 2), st.booleans())
def test_depth_is_exact(depth: int, objects: bool) -> None:
    """Lists and objects count equally for the depth."""
    raw = (b'{"a":' if objects else b"[") * depth + b"1" + (b"}" if objects else b"]") * depth
    if depth <= DEEPEST:
        bounded_json(raw)
    else:
        with pytest.raises(TooManyValues):
            bounded_json(raw)


def test_a_long_text_is_one_value() -> None:
    """A file in base64, or a string full of commas, counts as one value."""
    text = "a,b[{:" * 1_000_000
    assert bounded_json(json.dumps({"text": text}).encode()) == {"text": text}


@pytest.mark.parametrize("unit", ["1,", '"",', "[],", '{"a":1},'])
def test_many_values_are_refused(unit: str) -> None:
    """Too many values of any kind are refused."""
    with pytest.raises(TooManyValues):
        bounded_json(f"[{unit * MOST_TOKENS}1]".encode())
    bounded_json(f"[{unit * (MOST_TOKENS // 10)}1]".encode())
