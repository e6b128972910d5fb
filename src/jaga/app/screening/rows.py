"""A block's rows, in the common form of all formats."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jaga.app.screening.context import context_column, values_of
from jaga.screening.base.row_errors import RowError
from jaga.screening.text.readable import readable

ROWS = pa.schema([("text", pa.large_string()), ("id", pa.large_string()), ("error", pa.uint16())])
"""`text` as from `readable`, "" for none; `id`, null for none; `error`, bits of `RowError`; then the file's columns of
`context.CONTEXT`."""


def as_rows(
    texts: pa.Array,
    idents: pa.Array,
    marks: npt.NDArray[np.uint16] | None = None,
    context: Mapping[str, pa.Array] | None = None,
) -> pa.Table:
    """Columns of any type as `ROWS`; `marks` are known bits of `RowError`, `context` columns by name."""
    read, errors = readable(texts)
    rows = pa.table([read, _names(idents), pa.array(errors if marks is None else errors | marks)], schema=ROWS)
    return with_context(rows, {name: values_of(column) for name, column in (context or {}).items()})


def with_context(rows: pa.Table, context: Mapping[str, Iterable[object]]) -> pa.Table:
    """The rows with these columns of `context.CONTEXT` appended."""
    for name, values in context.items():
        rows = rows.append_column(name, context_column(name, values))
    return rows


def _names(idents: pa.Array) -> pa.LargeStringArray:
    """An id column as text: strings, and numbers as written. Anything else is not an id."""
    if pa.types.is_integer(idents.type) or pa.types.is_decimal(idents.type) or pa.types.is_floating(idents.type):
        return idents.cast(pa.string()).cast(pa.large_string())
    texts, errors = readable(idents)
    none = np.isin(errors & np.uint16(RowError.MISSING | RowError.NOT_TEXT), (0,), invert=True)
    return pc.if_else(pa.array(none), pa.scalar(None, pa.large_string()), texts)
