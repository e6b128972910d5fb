"""Converts any column to texts the engine can read: UTF-8 of bounded length, one per row."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jaga.screening.base.row_errors import LONGEST_TEXT, UNREADABLE, RowError, whole


class Readable(NamedTuple):
    """`texts` has one valid text per row, "" if there is none; `errors` the `RowError` bits of each row."""

    texts: pa.LargeStringArray
    errors: npt.NDArray[np.uint16]


def readable(column: pa.Array | pa.ChunkedArray) -> Readable:
    """Convert a column of any Arrow type.

    Never raises for its content and keeps the number of rows.

    Invalid UTF-8 bytes each become U+FFFD, which the engine reads as a space; NULs stay and are read likewise.
    """
    chunks = [_plain(chunk) for chunk in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])]
    if not all(_is_text(chunk.type) for chunk in chunks):
        missing = np.concatenate([np.asarray(chunk.is_null()) for chunk in chunks])
        return Readable(
            pa.array([""] * len(missing), pa.large_string()),
            np.where(missing, RowError.MISSING, RowError.NOT_TEXT).astype(np.uint16),
        )
    data = pa.concat_arrays(
        [pc.fill_null(chunk.cast(pa.large_binary()), b"") for chunk in chunks] or [pa.array([], pa.large_binary())]
    )
    lengths = np.asarray(pc.binary_length(data))
    errors = np.where(lengths == 0, RowError.MISSING, 0).astype(np.uint16)
    long = np.flatnonzero(lengths > LONGEST_TEXT)
    if len(long):
        errors[long] |= np.uint16(RowError.CUT)
        data = _with(data, {row: _cut(data[row].as_py()) for row in long.tolist()})
    errors[_rows_with_nul(data)] |= np.uint16(RowError.NUL)
    try:
        return Readable(data.cast(pa.large_string()), errors)
    except pa.ArrowInvalid:  # The error concerns the whole column, without naming rows.
        bad = {row: mended for row, value in enumerate(data.to_pylist()) if (mended := _mended(value)) is not None}
    errors[list(bad)] |= np.uint16(RowError.BAD_UTF8)
    return Readable(_with(data, bad).cast(pa.large_string()), errors)


def as_bytes(text: str) -> tuple[bytes, RowError]:
    """A Python string as UTF-8, with the mark for lone surrogates if it has any."""
    try:
        return text.encode(), RowError(0)
    except UnicodeEncodeError:
        mended = "".join(UNREADABLE if "\ud800" <= char <= "\udfff" else char for char in text)
        return mended.encode(), RowError.SURROGATE


def _plain(array: pa.Array) -> pa.Array:
    """The array in its underlying type: without extensions, run-end encoding and dictionaries."""
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if pa.types.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _is_text(kind: pa.DataType) -> bool:
    return any(
        is_kind(kind)
        for is_kind in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_binary_view,
            pa.types.is_fixed_size_binary,
        )
    )


def _cut(value: bytes) -> bytes:
    return value[: whole(value, LONGEST_TEXT)]


def _mended(value: bytes) -> bytes | None:
    """The value with a mark for each invalid byte, or None if it is valid."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return as_bytes(value.decode("utf-8", "surrogateescape"))[0]
    return None


def _with(data: pa.LargeBinaryArray, changed: dict[int, bytes]) -> pa.LargeBinaryArray:
    """The same array with other values in some rows."""
    mask = np.zeros(len(data), bool)
    mask[list(changed)] = True
    return pc.replace_with_mask(data, pa.array(mask), pa.array(changed.values(), pa.large_binary()))


def _rows_with_nul(data: pa.LargeBinaryArray) -> npt.NDArray[np.intp]:
    _, offsets, values = data.buffers()
    if values is None or not len(data):
        return np.zeros(0, np.intp)
    starts = np.frombuffer(offsets, np.int64)[data.offset : data.offset + len(data) + 1]
    places = np.flatnonzero(np.frombuffer(values, np.uint8)[starts[0] : starts[-1]] == 0) + starts[0]
    return np.unique(np.searchsorted(starts, places, side="right") - 1)
