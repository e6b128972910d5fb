"""Disguised letters in blocks: `disguise`, compiled, skipping texts that cannot have any."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from jaga.screening.text import disguise
from jaga.screening.text.block import NO_HITS, Hits, TextBlock
from jaga.screening.text.disguise import LETTERS

_count = njit(disguise.count)


def disguises(block: TextBlock, thresholds: Sequence[int], first: int) -> Hits:
    """A fact for each threshold that a text's number of disguised letters reaches."""
    if not thresholds:
        return NO_HITS
    rows, letters, starts, ends = _drawn(block.source, block.starts, block.folded, block.folds, block.origin)
    parts = [
        (rows[reached], np.full(reached.sum(), first + index, np.int32), starts[reached], ends[reached])
        for index, least in enumerate(thresholds)
        for reached in [letters >= least]
    ]
    return Hits(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@njit(cache=True)
def _drawn(source: Any, starts: Any, folded: Any, folds: Any, origin: Any) -> Any:
    texts = len(starts) - 1
    rows, letters = np.zeros(texts, np.int32), np.zeros(texts, np.int32)
    begins, ends = np.zeros(texts, np.int32), np.zeros(texts, np.int32)
    found = 0
    for row in range(texts):
        if not _any_beyond_ascii(source[starts[row] : starts[row + 1]]):
            continue
        text, places = folded[folds[row] : folds[row + 1] - 1], origin[folds[row] : folds[row + 1]]
        if _longer_letters(text, places[:-1], places[1:]) < LETTERS:
            continue
        count, begin, end = _count(source, starts, folded, folds, origin, row)
        if count:
            rows[found], letters[found], begins[found], ends[found] = row, count, begin, end
            found += 1
    return rows[:found], letters[:found], begins[:found], ends[:found]


# Both loops run over slices without an exit, so they vectorise.


@njit(cache=True)
def _any_beyond_ascii(raw: Any) -> Any:
    found = np.uint8(0)
    for byte in raw:
        found |= byte
    return found >= 128


@njit(cache=True)
def _longer_letters(text: Any, places: Any, next_places: Any) -> Any:
    """How many letters came from more than one byte: only these can be disguised."""
    found = 0
    for at in range(text.size):
        found += (np.uint8(text[at] - 97) < 26) & (next_places[at] - places[at] > 1)
    return found
