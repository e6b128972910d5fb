"""`nearness` over blocks of texts, and how many copies of each text a table holds."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.screening.block import Block
from jaga.screening.nearness import (
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

COUNTED_BANDS = 8
"""Bands by which copies within one table find each other: half of all, since a table is counted at a stream's speed.
Of texts that are alike by 0.7 one in nine is missed, of 0.8 one in seventy."""


class Marks(NamedTuple):
    """The signatures of texts in their order: a row each, and how many letters each is of."""

    letters: npt.NDArray[np.int32]
    bins: npt.NDArray[np.uint16]


def marks_of_block(block: Block) -> Marks:
    """Every text's signature, of short ones too; whoever compares them looks at `letters`."""
    count = len(block.folds) - 1
    letters, bins = np.empty(count, np.int32), np.empty((count, BINS), np.uint16)
    _marks(block.folded, block.folds, letters, bins)
    return Marks(letters, bins)


def joined(parts: list[Marks]) -> Marks:
    """The marks of several blocks, one after the other."""
    if not parts:
        return Marks(np.empty(0, np.int32), np.empty((0, BINS), np.uint16))
    return Marks(np.concatenate([one.letters for one in parts]), np.concatenate([one.bins for one in parts]))


def cluster_sizes(marks: Marks) -> npt.NDArray[np.int32]:
    """How many of these texts are copies of each, itself included: 1 for most, and for what is too short to tell.

    Memory: 200 to 400 bytes a text.
    """
    leaders = clusters_among(marks)
    return np.bincount(leaders, minlength=len(leaders)).astype(np.int32)[leaders]


def clusters_among(marks: Marks) -> npt.NDArray[np.int64]:
    """For each text the first row of those that it belongs to; its own for what is like no other.

    Whoever is near a text belongs to it, and where a text is near two, all of them belong together: so the versions of
    a text that is changed a little each time stay one, and what came first does not depend on chance.
    """
    count = len(marks.letters)
    leaders = np.arange(count, dtype=np.int64)
    slots = 1 << max(4, int(2 * COUNTED_BANDS * count - 1).bit_length())
    _gather(marks.letters, marks.bins, leaders, np.zeros(slots, np.uint64), np.empty(slots, np.int32))
    return leaders


@njit(cache=True, nogil=True)
def _marks(folded, folds, letters, bins):  # type: ignore[no-untyped-def]
    """Two loops without a branch on the text's own bytes, which nothing could foretell."""
    kept = np.empty(MOST_LETTERS + 1, np.uint8)
    for row in range(folds.size - 1):
        own, count, before = bins[row], 0, np.uint8(0)
        for place in range(BINS):
            own[place] = EMPTY
        for place in range(folds[row], folds[row + 1] - 1):
            char = folded[np.uint64(place)]
            kept[np.uint64(count)] = char
            # Between two equal letters of ASCII nothing that is no letter divides them.
            keep = (char >= 128) | ((char >= 97) & (char <= 122) & (char != before))
            count += keep
            before = char if keep else before
            if count == MOST_LETTERS:
                break
        letters[row] = count
        group = np.uint64(0)
        for place in range(min(count, GROUP - 1)):
            group = (group << np.uint64(8)) | np.uint64(kept[place])
        for place in range(GROUP - 1, count):
            group = ((group << np.uint64(8)) | np.uint64(kept[np.uint64(place)])) & np.uint64(0xFFFFFFFF)
            mixed = group * np.uint64(FIRST)
            mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(SECOND)
            value = min((mixed >> np.uint64(42)) & np.uint64(0xFFFF), np.uint64(EMPTY - 1))
            slot = mixed >> np.uint64(58)
            own[slot] = min(np.uint64(own[slot]), value)


@njit(cache=True, nogil=True)
def _key(bins, row, band):  # type: ignore[no-untyped-def]
    """`nearness.key_of` of one band; never 0."""
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
