"""`nearness` over blocks of texts, and the number of copies of each text in a table."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.screening.copies.nearness import (
    ALIKE,
    ALIKE_SHORT,
    BINS,
    EMPTY,
    FEWEST_LETTERS,
    FIRST,
    GROUP,
    LONG,
    MOST_LETTERS,
    ROWS,
    SECOND,
)
from jaga.screening.text.block import TextBlock

COUNTED_BANDS = 8
"""Bands used within one table: half of all, for speed. Misses one in nine pairs at similarity 0.7, one in seventy at
0.8."""

_TOGETHER = 32  # Texts whose signatures are computed together.


class Marks(NamedTuple):
    """Signatures in text order, one row each, with the number of letters."""

    letters: npt.NDArray[np.int32]
    bins: npt.NDArray[np.uint16]


def marks_of_block(block: TextBlock) -> Marks:
    """Every text's signature, including short ones; callers must check `letters`."""
    count = len(block.folds) - 1
    letters, bins = np.empty(count, np.int32), np.empty((count, BINS), np.uint16)
    _marks(block.folded, block.folds, letters, bins)
    return Marks(letters, bins)


def joined(parts: list[Marks]) -> Marks:
    """The marks of several blocks, concatenated."""
    if not parts:
        return Marks(np.empty(0, np.int32), np.empty((0, BINS), np.uint16))
    return Marks(np.concatenate([one.letters for one in parts]), np.concatenate([one.bins for one in parts]))


def cluster_sizes(marks: Marks) -> npt.NDArray[np.int32]:
    """The number of near-duplicates of each text, itself included: 1 for most, and for texts too short to tell.

    Memory: 200 to 400 bytes per text.
    """
    leaders = clusters_among(marks)
    return np.bincount(leaders, minlength=len(leaders)).astype(np.int32)[leaders]


def clusters_among(marks: Marks) -> npt.NDArray[np.int64]:
    """For each text the first row of its cluster; its own row if nothing is similar.

    Similarity is transitive here: a text near two clusters merges them. Gradual variants of one text thus stay
    together, and the result does not depend on order.
    """
    count = len(marks.letters)
    leaders = np.arange(count, dtype=np.int64)
    slots = 1 << max(4, int(2 * COUNTED_BANDS * count - 1).bit_length())
    _gather(marks.letters, marks.bins, leaders, np.zeros(slots, np.uint64), np.empty(slots, np.int32))
    return leaders


@njit(cache=True, nogil=True)
def _marks(folded, folds, letters, bins):  # type: ignore[no-untyped-def]
    """Signatures of a few texts at a time, in branch-free vectorised loops."""
    texts = folds.size - 1
    room = 0
    for first in range(0, texts, _TOGETHER):
        room = max(room, folds[min(texts, first + _TOGETHER)] - folds[first])
    kept, keep = np.empty(room + GROUP, np.uint8), np.empty(room + GROUP, np.uint8)
    mixed, ends = np.empty(room + GROUP, np.uint32), np.zeros(_TOGETHER + 1, np.int64)
    for first in range(0, texts, _TOGETHER):
        last = min(texts, first + _TOGETHER)
        _keep_letters(folded, folds[first : last + 1], keep, kept, ends)
        _keep_changes(last - first, keep, kept, ends)
        _mix(kept[: ends[last - first] + GROUP - 1], mixed)
        for row in range(first, last):
            start, end = ends[row - first], ends[row - first + 1]
            letters[row] = min(end - start, MOST_LETTERS)
            for place in range(BINS):
                bins[row, place] = EMPTY
            for place in range(np.uint64(start), np.uint64(max(start, start + letters[row] - GROUP + 1))):
                slot = mixed[place] >> np.uint32(16)
                bins[row, slot] = min(bins[row, slot], np.uint16(mixed[place] & np.uint32(0xFFFF)))


@njit(cache=True, nogil=True)
def _keep_letters(folded, folds, keep, kept, ends):  # type: ignore[no-untyped-def]
    """Write the texts' letters to `kept` one after another, and each text's end to `ends`, from its second element."""
    text = folded[folds[0] : folds[-1]]
    for at in range(text.size):
        keep[at] = np.uint8((text[at] >= 128) | (np.uint8(text[at] - 97) < 26))
    count = np.uint64(0)
    for row in range(folds.size - 1):
        for at in range(np.uint64(folds[row] - folds[0]), np.uint64(folds[row + 1] - folds[0])):
            kept[count] = text[at]  # Always written; kept only where the count advances.
            count += np.uint64(keep[at])
        ends[row + 1] = count


@njit(cache=True, nogil=True)
def _keep_changes(rows, keep, kept, ends):  # type: ignore[no-untyped-def]
    """Compact the letters: of a run of one ASCII letter, whatever was between, the first stays."""
    before, after, changes = kept[: max(0, ends[rows] - 1)], kept[1 : ends[rows]], keep[1 : ends[rows]]
    for at in range(after.size):
        changes[at] = np.uint8((after[at] >= 128) | (after[at] != before[at]))
    count, start = np.uint64(0), ends[0]
    for row in range(rows):
        end = ends[row + 1]
        keep[start] = 1  # Whatever the previous text ended with.
        for at in range(np.uint64(start), np.uint64(end)):
            kept[count] = kept[at]
            count += np.uint64(keep[at])
        start, ends[row + 1] = end, count


@njit(cache=True, nogil=True)
def _mix(kept, mixed):  # type: ignore[no-untyped-def]
    """For the group at each place its bin and its value, 16 bits each."""
    one, two, three, four = kept[:-3], kept[1:-2], kept[2:-1], kept[3:]
    for at in range(four.size):
        group = (
            np.uint32(one[at]) << np.uint32(24)
            | np.uint32(two[at]) << np.uint32(16)
            | np.uint32(three[at]) << np.uint32(8)
            | np.uint32(four[at])
        )
        hashed = np.uint64(group) * np.uint64(FIRST)
        hashed = (hashed ^ (hashed >> np.uint64(29))) * np.uint64(SECOND)
        value = min(np.uint32(hashed >> np.uint64(42)) & np.uint32(0xFFFF), np.uint32(EMPTY - 1))
        mixed[at] = np.uint32(hashed >> np.uint64(58)) << np.uint32(16) | value


@njit(cache=True, nogil=True)
def _key(bins, row, band):  # type: ignore[no-untyped-def]
    """`nearness.key_of` for one band; never 0."""
    mixed = np.uint64(0)
    for place in range(band * ROWS, (band + 1) * ROWS):
        value, far = bins[row, place], 0
        while value == EMPTY and far < BINS:
            far += 1
            value = bins[row, (place + far) % BINS]
        mixed = (mixed ^ ((np.uint64(value) + np.uint64(far * 0x3D4D)) & np.uint64(0xFFFF))) * np.uint64(FIRST)
    return (np.uint64(band + 1) << np.uint64(48)) | (mixed >> np.uint64(16))


@njit(cache=True, nogil=True)
def _near(letters, bins, one, other):  # type: ignore[no-untyped-def]
    equal, both = 0, 0
    for place in range(BINS):
        left, right = bins[one, place], bins[other, place]
        some = left != EMPTY or right != EMPTY
        both += some
        equal += some and left == right
    return equal >= (ALIKE_SHORT if min(letters[one], letters[other]) < LONG else ALIKE) * both


@njit(cache=True, nogil=True)
def _root(leaders, row):  # type: ignore[no-untyped-def]
    while leaders[row] != row:
        leaders[row] = leaders[leaders[row]]
        row = leaders[row]
    return row


@njit(cache=True, nogil=True)
def _gather(letters, bins, leaders, keys, rows):  # type: ignore[no-untyped-def]
    mask = keys.size - 1
    for row in range(letters.size):
        if letters[row] < FEWEST_LETTERS:
            continue
        root = np.int64(row)
        for band in range(COUNTED_BANDS):
            key = _key(bins, row, 2 * band)
            slot = np.int64(((key * np.uint64(FIRST)) >> np.uint64(20)) & np.uint64(mask))
            while keys[slot] != 0 and keys[slot] != key:
                slot = (slot + 1) & mask
            if keys[slot] == 0:
                keys[slot], rows[slot] = key, row
                continue
            other = _root(leaders, rows[slot])
            if other != root and _near(letters, bins, row, rows[slot]):
                leaders[max(root, other)] = min(root, other)
                root = min(root, other)
    for row in range(letters.size):
        leaders[row] = _root(leaders, row)
