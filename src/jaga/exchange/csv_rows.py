"""A CSV parser (RFC 4180) that recovers from broken quotation marks.

A record is broken if it ends inside a quotation, has characters after one, or spans several lines with a wrong number
of cells: probably a missing quotation mark. Its first line then becomes one marked row, and parsing continues at the
next line, so one missing mark costs one row, not the rest of the file.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_QUOTE, _LF, _CR = 34, 10, 13
_WHOLE, _UNFINISHED, _BROKEN = 0, 1, 2
DELIMITERS = b",;\t|"


class Rows(NamedTuple):
    """The wanted columns, row by row."""

    cells: tuple[pa.LargeBinaryArray, ...]
    """One array per wanted column; null if the row has no such cell."""
    broken: npt.NDArray[np.bool_]
    """Rows with a wrong number of cells or broken quotation marks."""
    read: int
    """Bytes consumed; the rest is not yet a complete row."""


def read_rows(data: bytes, *, delimiter: int, columns: int, wanted: tuple[int, ...], most: int, last: bool) -> Rows:
    """At most `most` rows from the start of `data`.

    `last`: no more bytes follow, so the rest is a row.

    `wanted` are column indices from 0; -1 is a column that does not exist. Each line is a row, even an empty line.
    """
    source = np.frombuffer(data, np.uint8)
    spans = np.full((most, len(wanted), 2), -1, np.int64)
    doubled, broken = np.zeros((most, len(wanted)), np.bool_), np.zeros(most, np.bool_)
    rows, read = _rows(source, delimiter, columns, np.array(wanted, np.int64), spans, doubled, broken, last)
    cells = tuple(_taken(source, spans[:rows, place], doubled[:rows, place]) for place in range(len(wanted)))
    return Rows(cells, broken[:rows], read)


def first_row(line: bytes) -> tuple[list[bytes], int]:
    """The cells of the header line, and the delimiter: the sign that separates it most often."""
    delimiter = max(DELIMITERS, key=line.count)
    count = line.count(delimiter) + 1
    found = read_rows(line, delimiter=delimiter, columns=count, wanted=tuple(range(count)), most=1, last=True)
    return [cell[0].as_py() for cell in found.cells if len(cell) and cell[0].is_valid], delimiter


def _taken(
    source: npt.NDArray[np.uint8], spans: npt.NDArray[np.int64], doubled: npt.NDArray[np.bool_]
) -> pa.LargeBinaryArray:
    offsets, values = _copied(source, spans, doubled)
    there = pa.array(spans[:, 0] >= 0)
    data = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(spans), [None, pa.py_buffer(offsets), pa.py_buffer(values)]
    )
    return pc.if_else(there, data, None)


@numba.njit(cache=True)
def _copied(source, spans, doubled):  # type: ignore[no-untyped-def]
    """The cells' bytes concatenated, with doubled quotation marks reduced, and where each starts."""
    offsets = np.zeros(len(spans) + 1, np.int64)
    total = 0
    for row in range(len(spans)):
        total += spans[row, 1] - spans[row, 0]
    values = np.empty(total, np.uint8)
    at = 0
    for row in range(len(spans)):
        place, stop = spans[row, 0], spans[row, 1]
        if not doubled[row]:
            values[at : at + stop - place] = source[place:stop]
            at += stop - place
            place = stop
        while place < stop:
            values[at] = source[place]
            at += 1
            place += 2 if source[place] == _QUOTE else 1
        offsets[row + 1] = at
    return offsets, values[:at]


@numba.njit(cache=True)
def _rows(source, delimiter, columns, wanted, spans, doubled, broken, last):  # type: ignore[no-untyped-def]
    """Fill the arrays; returns the number of rows and of bytes consumed."""
    at, row = 0, 0
    while row < len(broken) and at < len(source):
        end, cells, lines, state = _record(source, at, len(source), delimiter, wanted, spans, doubled, row, last, False)
        if state == _UNFINISHED and not last:
            break
        if state != _WHOLE or (cells != columns and lines > 0):
            stop = _end_of_line(source, at, last)
            if stop == at:
                break
            spans[row], doubled[row] = -1, False
            end, cells, lines, state = _record(source, at, stop, delimiter, wanted, spans, doubled, row, True, True)
            end = stop
            state = _BROKEN
        broken[row] = state == _BROKEN or cells != columns
        at = end
        row += 1
    return row, at


@numba.njit(cache=True)
def _record(source, at, limit, delimiter, wanted, spans, doubled, row, last, lenient):  # type: ignore[no-untyped-def]
    """The end of the record starting at `at`, its cells, its line ends, and whether it is valid."""
    cells, lines = 0, 0
    while True:
        begin, twice = at, False
        if at < limit and source[at] == _QUOTE:
            begin = at + 1
            at += 1
            while at < limit:
                if source[at] == _QUOTE:
                    if at + 1 < limit and source[at + 1] == _QUOTE:
                        twice = True
                        at += 1
                    else:
                        break
                lines += source[at] == _LF or source[at] == _CR
                at += 1
            stop = at
            if at >= limit:
                if not lenient:
                    return at, cells, lines, _UNFINISHED
                while stop > begin and (source[stop - 1] == _LF or source[stop - 1] == _CR):
                    stop -= 1
            else:
                at += 1
                if at >= limit and not last:
                    return at, cells, lines, _UNFINISHED
                if at < limit and source[at] != delimiter and source[at] != _LF and source[at] != _CR:
                    if not lenient:
                        return at, cells, lines, _BROKEN
                    while at < limit and source[at] != delimiter and source[at] != _LF and source[at] != _CR:
                        at += 1
                    begin, stop, twice = begin - 1, at, False
        else:
            while at < limit and source[at] != delimiter and source[at] != _LF and source[at] != _CR:
                at += 1
            stop = at
        for place in range(len(wanted)):
            if wanted[place] == cells:
                spans[row, place, 0], spans[row, place, 1], doubled[row, place] = begin, stop, twice
        cells += 1
        if at >= limit:
            return at, cells, lines, _WHOLE if last else _UNFINISHED
        if source[at] == delimiter:
            at += 1
        elif source[at] == _LF:
            return at + 1, cells, lines, _WHOLE
        elif at + 1 < limit:
            return at + (2 if source[at + 1] == _LF else 1), cells, lines, _WHOLE
        else:
            return at + 1, cells, lines, _WHOLE if last else _UNFINISHED


@numba.njit(cache=True)
def _end_of_line(source, begin, last):  # type: ignore[no-untyped-def]
    """The position after the end of the line, or `begin` if more bytes are needed."""
    for at in range(begin, len(source)):
        if source[at] == _LF:
            return at + 1
        if source[at] == _CR and at + 1 < len(source):
            return at + (2 if source[at + 1] == _LF else 1)
    return len(source) if last else begin
