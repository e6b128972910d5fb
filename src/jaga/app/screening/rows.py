"""The rows of a block, as every format gives them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jaga.screening.readable import readable
from jaga.screening.row_errors import RowError

ROWS = pa.schema([("text", pa.large_string()), ("id", pa.large_string()), ("error", pa.uint16())])
"""`text` as `readable` gives it, "" for none; `id`, null for none; `error`, bits of `RowError`."""


def as_rows(texts: pa.Array, idents: pa.Array, marks: npt.NDArray[np.uint16] | None = None) -> pa.Table:
    """Columns of any type as `ROWS`; `marks` are bits of `RowError` that are known already."""
    read, errors = readable(texts)
    return pa.table([read, _names(idents), pa.array(errors if marks is None else errors | marks)], schema=ROWS)


def _names(idents: pa.Array) -> pa.LargeStringArray:
    """A column of ids as text: strings, and numbers as they are written. Anything else is no id."""
    if pa.types.is_integer(idents.type) or pa.types.is_decimal(idents.type) or pa.types.is_floating(idents.type):
        return idents.cast(pa.string()).cast(pa.large_string())
    texts, errors = readable(idents)
    none = np.isin(errors & np.uint16(RowError.MISSING | RowError.NOT_TEXT), (0,), invert=True)
    return pc.if_else(pa.array(none), pa.scalar(None, pa.large_string()), texts)
