"""Sums of many models' weights over each text of a block.

Four models share a table row, so one memory access and one instruction serve all of them.
"""

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from jaga.screening.models.grams import SLOTS
from jaga.screening.models.grams_kernel import MOST_BESIDE, TOGETHER, read, room, window_slots

_LANES = 4  # Models per row.
_EMPTY = SLOTS  # An additional slot that no model knows.
_I32, _I64 = ir.IntType(32), ir.IntType(64)
_WEIGHTS, _SUMS = ir.VectorType(ir.IntType(16), 2 * _LANES), ir.VectorType(_I32, 2 * _LANES)  # Of two rows at once.


def table_of(weights: Sequence[npt.NDArray[np.int16]]) -> npt.NDArray[np.int16]:
    """int16[fours of models, SLOTS + 1, 4]: weights by slot; 0 for missing models and in the last slot."""
    table = np.zeros((-(-len(weights) // _LANES), SLOTS + 1, _LANES), np.int16)
    for model, own in enumerate(weights):
        table[model // _LANES, :SLOTS, model % _LANES] = own
    return table


@numba.njit(cache=True)
def margins(block, table, models, damping, fewest):  # type: ignore[no-untyped-def]
    """float32[n, models]: each text's greatest margin over its windows, and int64[n, models]: that window's start in
    `folded`.

    `table` is `table_of` the models' weights. A window with fewer than `fewest` known features is skipped; a text
    without any other has -inf. Integer sums are equal on every machine.
    """
    texts = block.folds.size - 1
    best, where = np.full((texts, models), -np.inf, np.float32), np.zeros((texts, models), np.int64)
    windows, more, nothing = room(), np.empty(MOST_BESIDE, np.uint32), np.full(MOST_BESIDE, _EMPTY, np.uint32)
    # numba counts references at each access to a tuple member; keep that out of the loop.
    threes, fours, starts, stops = windows.threes, windows.fours, windows.start, windows.stop
    texts_of, begins, shapes, signs = windows.text, windows.begin, windows.shapes, windows.signs
    text, begin = np.int64(0), np.int64(0)
    while text < texts:
        count, text, begin = read(block, text, begin, TOGETHER, windows)
        for window in range(count):
            start, stop, own = starts[window], max(starts[window], stops[window] - 2), texts_of[window]
            if stop > start:
                fours[stop - 1] = _EMPTY  # It would go past the end of the stream.
            others = window_slots(block, windows, window, more) if shapes[window] | signs[window] else 0
            for row in range(table.shape[0]):
                sums = _sums(table, np.uint64(row), threes, fours, np.uint64(start), np.uint64(stop))
                if others:
                    sums = _both(sums, _sums(table, np.uint64(row), more, nothing, np.uint64(0), np.uint64(others)))
                for lane in range(min(_LANES, models - row * _LANES)):
                    model, used = row * _LANES + lane, 2 * (stop - start + others) - sums[_LANES + lane]
                    margin = np.float32(sums[lane]) / np.float32(used + damping)
                    if used >= fewest and margin > best[own, model]:
                        best[own, model], where[own, model] = margin, begins[window]
    return best, where


@numba.njit(cache=True)
def _both(one, other):  # type: ignore[no-untyped-def]
    return (
        one[0] + other[0],
        one[1] + other[1],
        one[2] + other[2],
        one[3] + other[3],
        one[4] + other[4],
        one[5] + other[5],
        one[6] + other[6],
        one[7] + other[7],
    )


def _sums_written(_context: Any, table: Any, row: Any, one: Any, other: Any, start: Any, stop: Any) -> Any:
    """Eight int32: per lane of a table row the sum of the weights at slots `one[start:stop]` and `other[start:stop]`,
    then per lane the number of zeros.

    Hand-written LLVM, since the compiler does not vectorise the four lanes. It is equivalent to

            for at in range(start, stop):
                for weights in (table[row, one[at]], table[row, other[at]]):
                    sums += weights
                    zeros += weights == 0
    """

    def write(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        def data(place: int) -> Any:
            return context.make_array(signature.args[place])(context, builder, given[place]).data

        rows = builder.gep(
            builder.bitcast(data(0), _I64.as_pointer()), [builder.mul(given[1], ir.Constant(_I64, SLOTS + 1))]
        )
        slots = data(2), data(3)
        sums = cgutils.alloca_once_value(builder, ir.Constant(_SUMS, [0] * 2 * _LANES))
        zeros = cgutils.alloca_once_value(builder, ir.Constant(_WEIGHTS, [0] * 2 * _LANES))
        with cgutils.for_range_slice(builder, given[4], given[5], ir.Constant(_I64, 1)) as (at, _):
            pair = ir.Constant(ir.VectorType(_I64, 2), ir.Undefined)
            for half, own in enumerate(slots):
                slot = builder.zext(builder.load(builder.gep(own, [at])), _I64)
                pair = builder.insert_element(pair, builder.load(builder.gep(rows, [slot])), ir.Constant(_I32, half))
            weights = builder.bitcast(pair, _WEIGHTS)
            zero = builder.zext(builder.icmp_signed("==", weights, ir.Constant(_WEIGHTS, [0] * 2 * _LANES)), _WEIGHTS)
            builder.store(builder.add(builder.load(sums), builder.sext(weights, _SUMS)), sums)
            builder.store(builder.add(builder.load(zeros), zero), zeros)
        found = []
        for vector in (builder.load(sums), builder.zext(builder.load(zeros), _SUMS)):
            for lane in range(_LANES):
                one, other = (builder.extract_element(vector, ir.Constant(_I32, at)) for at in (lane, lane + _LANES))
                found.append(builder.add(one, other))
        return context.make_tuple(builder, signature.return_type, found)

    return types.UniTuple(types.int32, 2 * _LANES)(table, row, one, other, start, stop), write


_sums: Any = intrinsic(_sums_written)
