"""The sums of many models' weights over each text of a block.

Four models share a row of the table: where the memory of one weight is, all four are there at once, and one addition
adds two or four of them.
"""

from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.grams import LARGEST, SLOTS
from jaga.screening.grams_kernel import MOST_BESIDE, TOGETHER, beside, read, room

_LANES = 4  # models of a row
_ONES, _EVEN = np.uint64(0x0001_0001_0001_0001), np.uint64(0x0000_FFFF_0000_FFFF)
_ZERO = LARGEST + 1


def table_of(weights: Sequence[npt.NDArray[np.int16]]) -> npt.NDArray[np.uint64]:
    """uint64[rows of four models, SLOTS]: of each model 16 bits, its weight made positive and doubled, and 1 where the
    model knows anything of the slot. The sum of as many as a window has stays within 32 bits.
    """
    lanes = np.full((SLOTS, -(-len(weights) // _LANES) * _LANES), 2 * _ZERO, np.uint16)
    for model, own in enumerate(weights):
        lanes[:, model] = 2 * (own.astype(np.int32) + _ZERO) + (own != 0)
    return np.ascontiguousarray(lanes.astype("<u2").view("<u8").T).astype(np.uint64)


@numba.njit(cache=True)
def margins(block, table, models, damping, fewest):  # type: ignore[no-untyped-def]
    """float32[n, models]: for each text the greatest margin of its windows, and in int64[n, models] where that window
    begins in `folded`.

    `table` is `table_of` the models' weights. A window of which a model knows fewer than `fewest` features is not
    judged; a text without any other has -inf. Whole numbers are summed: the sum is the same on every machine.
    """
    texts = block.folds.size - 1
    best, where = np.full((texts, models), -np.inf, np.float32), np.zeros((texts, models), np.int64)
    windows, more = room(), np.empty(MOST_BESIDE, np.uint32)
    threes, fours, starts, stops = windows.threes, windows.fours, windows.start, windows.stop
    texts_of, begins, shapes, signs = windows.text, windows.begin, windows.shapes, windows.signs
    text, begin = 0, np.int64(0)
    while text < texts:
        count, text, begin = read(block, text, begin, TOGETHER, windows)
        for window in range(count):
            start, stop, own = starts[window], stops[window], texts_of[window]
            others = beside(block, windows, window, more) if shapes[window] | signs[window] else 0
            features = max(0, stop - start - 2) + max(0, stop - start - 3) + others
            for row in range(table.shape[0]):
                sums = _added(table, row, threes, start, stop - 2, _NOTHING)
                sums = _added(table, row, fours, start, stop - 3, sums)
                if others:
                    sums = _added(table, row, more, 0, others, sums)
                for model in range(row * _LANES, min(models, (row + 1) * _LANES)):
                    total, known = _lane(sums, model % _LANES, features)
                    margin = np.float32(total) / np.float32(known + damping)
                    if known >= fewest and margin > best[own, model]:
                        best[own, model], where[own, model] = margin, begins[window]
    return best, where


_NOTHING = (np.uint64(0), np.uint64(0), np.uint64(0))


@numba.njit(cache=True)
def _added(table, row, slots, start, stop, sums):  # type: ignore[no-untyped-def]
    """The sums and the row's numbers at these slots: how many each model knows, and two models in each of two more."""
    known, even, odd = sums
    row = np.uint64(row)
    for at in range(np.uint64(start), np.uint64(max(start, stop))):
        four = table[row, slots[at]]
        known += four & _ONES
        even += four & _EVEN
        odd += four >> np.uint64(16) & _EVEN
    return known, even, odd


@numba.njit(cache=True)
def _lane(sums, lane, features):  # type: ignore[no-untyped-def]
    """The sum of one model's weights at so many features, and of how many of them it knows anything."""
    known, even, odd = sums
    own = np.int64(known >> np.uint64(16 * lane) & np.uint64(0xFFFF))
    doubled = np.int64((odd if lane % 2 else even) >> np.uint64(32 * (lane // 2)) & np.uint64(0xFFFFFFFF))
    return (doubled - own) // 2 - features * _ZERO, own
