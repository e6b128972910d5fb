"""The fast fold equals its reference definition, byte for byte and place for place."""

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import SAMPLED

from jaga.screening.text.block import TextBlock, fold_char, slow_block
from jaga.screening.text.fold import ERRORS, fold_block

DATA = Path(os.environ.get("JAGA_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))


def fast(texts: Iterable[bytes]) -> tuple[TextBlock, list[str]]:
    raws = list(texts)
    starts = np.cumsum([0, *map(len, raws)], dtype=np.int64)
    block, errors = fold_block(np.frombuffer(b"".join(raws), np.uint8), starts)
    return block, [ERRORS[error] for error in errors]


def assert_equal(block: TextBlock, expected: TextBlock) -> None:
    """Compare everything except the source: the definition has a space for each byte that is not UTF-8."""
    for name in ("starts", "folded", "folds", "origin"):
        found, wanted = getattr(block, name), getattr(expected, name)
        assert found.dtype == wanted.dtype, name
        assert np.array_equal(found, wanted), name


def test_every_code_point_folds_as_defined() -> None:
    """Each code point in its own text and before a letter: the first two planes and the tags, in which letters and
    signs are; of the others, which have ideographs or nothing, one in 64, or with more examples all.
    """
    step = 64 if SAMPLED else 1
    texts = [
        f"{chr(point)}B"
        for point in chain(
            range(0xD800), range(0xE000, 0x20000), range(0xE0000, 0xE0200), range(0x20000, 0x110000, step)
        )
    ]
    block, errors = fast(text.encode() for text in texts)
    assert set(errors) == {""}
    assert_equal(block, slow_block(texts))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_texts_fold_as_defined(texts: list[str]) -> None:
    """Arbitrary combinations of characters."""
    block, errors = fast(text.encode() for text in texts)
    assert errors == [""] * len(texts)
    assert_equal(block, slow_block(texts))


@given(
    st.lists(
        st.binary()
        | st.lists(
            st.sampled_from(
                [
                    b"a",
                    b"\xc3",
                    b"\xa9",
                    b"\xe2",
                    b"\x82",
                    b"\xac",
                    b"\xf0",
                    b"\x9f",
                    b"\x94",
                    b"\xb4",
                    b"\xed",
                    b"\xa0",
                    b"\xf4",
                    b"\x90",
                    b"\xc0",
                    b"\xff",
                    b"\0",
                    b"\n",
                ]
            )
        ).map(b"".join)
    )
)
def test_any_bytes_are_taken(raws: list[bytes]) -> None:
    """Each byte that is not UTF-8 is read as a space and reported, as Python's own decoder finds them."""
    block, errors = fast(raws)
    texts = [raw.decode(errors="surrogateescape") for raw in raws]
    assert_equal(block, slow_block(texts))
    assert errors == ["invalid_utf8" if any("\ud800" <= char <= "\udfff" for char in text) else "" for text in texts]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 10_000_000,
        b"a" * 10_000_000,
        b"\xff" * 10_000_000,
        "ﷺ".encode() * 3_000_000,
        "🔴".encode() * 2_500_000,
    ],
)
def test_ten_megabytes_of_anything_are_taken(raw: bytes) -> None:
    """Ten megabytes do not overflow the reserved memory, also if each character becomes many."""
    block, _ = fast([raw, b"b"])
    assert block.folded[-2:].tobytes() == b"b\n"
    folded_char = fold_char(raw.decode(errors="surrogateescape")[:1] or "x").encode()
    assert block.folded[: len(folded_char)].tobytes() == (folded_char if raw else b"\nb"[: len(folded_char)])


@pytest.mark.parametrize("starts", [[0, 5], [-1, 2], [0, 2, 1], [0, 1 << 40]])
def test_texts_outside_of_the_buffer_are_refused(starts: list[int]) -> None:
    """A broken file is an error and not a crash."""
    with pytest.raises(ValueError, match="buffer"):
        fold_block(np.zeros(3, np.uint8), np.array(starts, np.int64))


def open_texts(most: int) -> Iterator[str]:
    """Some texts of each source, as people wrote them."""
    for file in sorted((DATA / "text").glob("*.jsonl.gz")):
        with gzip.open(file, "rt") as lines:
            for line in islice(lines, most):
                yield json.loads(line)["text"]


@pytest.mark.skipif(not (DATA / "text").is_dir(), reason=f"no texts under {DATA}; JAGA_TEST_DATA names another folder")
def test_real_texts_fold_as_defined() -> None:
    """Research data outside the project (see docs/screening.md)."""
    texts = list(open_texts(2000))
    assert texts
    block, errors = fast(text.encode(errors="surrogatepass") for text in texts)
    assert set(errors) == {""}
    assert_equal(block, slow_block(texts))
