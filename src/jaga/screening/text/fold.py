"""Fast folding: Arrow buffers in, a `TextBlock` out, byte for byte equal to `slow_block`.

Nearly all texts are ASCII and take one vectorised loop. Others are read by code point through a table that `fold_char`
fills once per process, except for longer ASCII runs.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.base.kept_tables import kept_arrays
from jaga.screening.base.utf8 import BAD, read
from jaga.screening.text.block import TextBlock, fold_char
from jaga.screening.text.letters import TABLE

ERRORS = ("", "invalid_utf8", "no_text")
"""A text's error by its code in `errors`; 0: none. A text with invalid UTF-8 is read all the same."""
_FINE, _INVALID, _ = range(3)
_LINE_FEED, _SPACE = 10, 32
_FULL, _WIDEST, _SPARE = -1, 64, 256  # More bytes than any code point folds to, and a reserve for the last text.
_RUN = 8  # Bytes.
_NOBODY = {"Cn", "Co", "Cs"}
_PAGE = 256
_POINTS = 0x110000
_ITSELF = -1
_LONGEST = (1 << 31) - 1


class _Table(NamedTuple):
    """The fold of every code point, in pages of 256; equal pages are stored once."""

    page: npt.NDArray[np.int32]
    """The stored page of each Unicode page."""
    first: npt.NDArray[np.int32]
    """For each code point of each stored page, the start in `bytes`; `_ITSELF` if unchanged."""
    length: npt.NDArray[np.int32]
    bytes: npt.NDArray[np.uint8]


def fold_block(source: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64]) -> tuple[TextBlock, npt.NDArray[np.uint8]]:
    """Fold n texts, `source[starts[i]:starts[i+1]]`; returns the block and error codes (see `ERRORS`).

    `source` is not copied. Any bytes are accepted: an invalid one is read as a space. Raises ValueError if `starts`
    decreases or leaves `source`, or a text is too long for `origin`.
    """
    sizes = np.diff(starts)
    if len(sizes) and (starts[0] < 0 or starts[-1] > len(source) or sizes.min() < 0 or sizes.max() > _LONGEST):
        raise ValueError("texts that do not lie in the buffer one after the other, or one of 2 GB")
    source = source.view()
    source.flags.writeable = False  # Like buffers of files: otherwise each kernel is compiled twice.
    folded, folds, origin, errors = _fold(source, starts, *_table())
    return TextBlock(source, starts, folded, folds, origin), errors


def fold_texts(texts: Sequence[str]) -> tuple[TextBlock, npt.NDArray[np.uint8]]:
    """`fold_block` for strings. Lone surrogates, which UTF-8 cannot encode, are read as spaces."""
    raws = [storable_utf8(text) for text in texts]
    return fold_block(np.frombuffer(b"".join(raws), np.uint8), np.cumsum([0, *map(len, raws)], dtype=np.int64))


def storable_utf8(text: str) -> bytes:
    """UTF-8 with a space for each lone surrogate, so code points keep their positions."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join(" " if "\ud800" <= char <= "\udfff" else char for char in text).encode()


@cache
def _table() -> _Table:
    return kept_arrays("folded_forms", unicodedata.unidata_version.encode(), _Table, _made_table)


def _made_table() -> _Table:
    kept: dict[tuple[bytes | None, ...], int] = {}
    page = np.array([kept.setdefault(_page(start), len(kept)) for start in range(0, _POINTS, _PAGE)], np.int32)
    folded_chars = [folded_char for one in kept for folded_char in one]
    length = np.array([0 if folded_char is None else len(folded_char) for folded_char in folded_chars], np.int32)
    if length.max() > _WIDEST:
        raise ValueError(f"a code point folds to {length.max()} bytes")
    first = np.where([folded_char is None for folded_char in folded_chars], _ITSELF, np.cumsum(length) - length).astype(
        np.int32
    )
    return _Table(
        page, first, length, np.frombuffer(b"".join(folded_char or b"" for folded_char in folded_chars), np.uint8)
    )


def _page(start: int) -> tuple[bytes | None, ...]:
    """What 256 code points fold to; None for unchanged ones.

    Uniform pages (ideographs, or unassigned, i.e. most of Unicode) are computed once, so the table takes a third of a
    second.
    """
    chars = [chr(point) for point in range(start, start + _PAGE)]
    categories = {unicodedata.category(char) for char in chars}
    whole = categories == {"Lo"} and unicodedata.is_normalized("NFKD", "".join(chars))
    if (whole or categories <= _NOBODY) and TABLE.keys().isdisjoint(chars):
        return (_folded_form(chars[0]),) * _PAGE
    return tuple(map(_folded_form, chars))


def _folded_form(char: str) -> bytes | None:
    folded_char = fold_char(char)
    return None if folded_char == char else folded_char.encode()


@numba.njit(cache=True)
def _fold(source, starts, page, first, length, folded_bytes):  # type: ignore[no-untyped-def]
    texts = starts.size - 1
    room = starts[texts] - starts[0] + texts + _SPARE
    folded, origin = np.empty(room, np.uint8), np.empty(room, np.int32)
    folds, errors = np.empty(texts + 1, np.int64), np.zeros(texts, np.uint8)
    at = np.int64(0)
    for text in range(texts):
        folds[text] = at
        raw = source[starts[text] : starts[text + 1]]
        written = _FULL
        while written == _FULL:
            # The remaining space must suffice for all following texts if ASCII.
            if at + raw.size + texts - text > folded.size:
                folded, origin = _with_room(folded, origin, at)
            elif _beyond_ascii(raw) == 0:
                _fold_ascii(raw, folded[at : at + raw.size], origin[at : at + raw.size])
                written = raw.size
            else:
                folded_here, origin_here = folded[at : folded.size - 1], origin[at : folded.size - 1]
                written, errors[text] = _fold_points(raw, folded_here, origin_here, page, first, length, folded_bytes)
                if written == _FULL:
                    folded, origin = _with_room(folded, origin, at)
        at += written
        folded[at], origin[at] = _LINE_FEED, raw.size
        at += 1
    folds[texts] = at
    return folded[:at], folds, origin[:at], errors


@numba.njit(cache=True)
def _with_room(folded, origin, used):  # type: ignore[no-untyped-def]
    """Doubled in size, keeping the start: most texts shrink, a few grow up to elevenfold."""
    wider, places = np.empty(folded.size * 2, np.uint8), np.empty(folded.size * 2, np.int32)
    wider[:used], places[:used] = folded[:used], origin[:used]
    return wider, places


@numba.njit(cache=True)
def _beyond_ascii(raw):  # type: ignore[no-untyped-def]
    count = 0
    for byte in raw:
        count += byte >> 7
    return count


@numba.njit(cache=True)
def _fold_ascii(raw, folded, origin):  # type: ignore[no-untyped-def]
    """Capitals become lower case, control characters spaces; as arithmetic, so it vectorises."""
    for at in range(raw.size):
        folded[at], origin[at] = _ascii_folded(raw[at]), at


@numba.njit(cache=True, inline="always")
def _ascii_folded(byte):  # type: ignore[no-untyped-def]
    small = byte + np.uint8(32) if np.uint8(byte - 65) < 26 else byte
    return small if np.uint8(small - 32) < 95 else np.uint8(32)


@numba.njit(cache=True)
def _is_ascii_run(raw, at):  # type: ignore[no-untyped-def]
    """Whether the next `_RUN` bytes are ASCII, as most are even in other texts."""
    bits = np.uint8(0)
    for offset in range(np.uint64(_RUN)):
        bits |= raw[at + offset]
    return bits < 0x80


@numba.njit(cache=True)
def _fold_run(raw, at, folded, origin, written):  # type: ignore[no-untyped-def]
    for offset in range(np.uint64(_RUN)):
        folded[written + offset], origin[written + offset] = _ascii_folded(raw[at + offset]), at + offset


@numba.njit(cache=True)
def _fold_points(raw, folded, origin, page, first, length, folded_bytes):  # type: ignore[no-untyped-def]
    """Code point by code point; returns the bytes written, or `_FULL` if they do not fit, and the error."""
    at, written, error = 0, 0, _FINE
    while at < raw.size:
        if written + _WIDEST > folded.size:
            return _FULL, error
        if at + _RUN <= raw.size and _is_ascii_run(raw, np.uint64(at)):
            _fold_run(raw, np.uint64(at), folded, origin, np.uint64(written))
            at += _RUN
            written += _RUN
            continue
        point, size = read(raw, at, raw.size)
        if point == BAD:
            folded[written], origin[written], error = _SPACE, at, _INVALID
            written += 1
            at += 1
            continue
        place = page[point >> 8] * _PAGE + (point & 0xFF)
        if first[place] == _ITSELF:
            for offset in range(size):
                folded[written + offset] = raw[at + offset]
                origin[written + offset] = at
            written += size
        else:
            for offset in range(length[place]):
                folded[written + offset] = folded_bytes[first[place] + offset]
                origin[written + offset] = at
            written += length[place]
        at += size
    return written, error


@numba.njit(cache=True)
def gathered(folded, folds, rows):  # type: ignore[no-untyped-def]
    """The folded texts of some rows of a block concatenated, and their n + 1 offsets."""
    starts = np.zeros(rows.size + 1, np.int64)
    for place in range(rows.size):
        starts[place + 1] = starts[place] + folds[rows[place] + 1] - folds[rows[place]]
    texts = np.empty(starts[-1], np.uint8)
    for place in range(rows.size):
        texts[starts[place] : starts[place + 1]] = folded[folds[rows[place]] : folds[rows[place] + 1]]
    return texts, starts
