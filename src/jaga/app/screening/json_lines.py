"""Reads JSON lines: every line is one row, whatever it contains."""

import re
from collections.abc import Callable, Sequence
from json import JSONDecoder
from typing import Any

import numpy as np
import pyarrow as pa

from jaga.app.screening.context import CONTEXT, context_names
from jaga.app.screening.rows import ROWS, with_context
from jaga.screening.base.row_errors import UNREAD, RowError
from jaga.screening.text.readable import as_bytes, readable

_BYTE = re.compile("[\udc80-\udcff]")  # How invalid UTF-8 bytes are represented while reading.
_UNREAD, _NOT_JSON, _NOT_TEXT = np.uint16(UNREAD), int(RowError.NOT_JSON), int(RowError.NOT_TEXT)
_NO_OBJECT: dict[str, Any] = {}
_read = JSONDecoder(strict=False).raw_decode  # A literal tab or line feed inside a string is accepted.


def rows_of_lines(lines: bytes, column: str, ident: str, others: Sequence[str] = ()) -> pa.Table:
    """One row per line: the text under `column`, the id under `ident`, their errors, and the context.

    The values under `others` follow as strings, each in the column `other:NAME`; null for what is no string or number.
    """
    try:
        written, bad_bytes = lines.decode(), False
    except UnicodeDecodeError:
        written, bad_bytes = lines.decode("utf-8", "surrogateescape"), True
    context = context_names((name for name in CONTEXT if f'"{name}"'.encode() in lines), column, ident)
    objects = list[dict[str, Any]]()
    texts, idents, errors = list[str | None](), list[str | None](), list[int]()
    for line in written.removesuffix("\n").split("\n"):
        record = _object(line)
        if context or others:
            objects.append(record)
        text = record.get(column)
        if text.__class__ is str:
            errors.append(0)
        else:
            errors.append(_NOT_JSON if record is _NO_OBJECT else 0 if text is None else _NOT_TEXT)
            text = None
        texts.append(text)
        ident_here = record.get(ident)
        idents.append(ident_here if ident_here.__class__ is str else _number(ident_here))
    column_of_texts, marks = readable(_column(texts, errors, bad_bytes=bad_bytes))
    own = np.array(errors, np.uint16)
    marks = np.where(own & _UNREAD, own, own | marks)  # A value of another type counts as wrong, not as missing.
    rows = pa.table([column_of_texts, _column(idents, None, bad_bytes=bad_bytes), pa.array(marks)], schema=ROWS)
    for name in others:
        values = [found if found.__class__ is str else _number(found) for found in map(_getter(name), objects)]
        rows = rows.append_column(f"other:{name}", _column(values, None, bad_bytes=bad_bytes))
    return with_context(rows, {name: [record.get(name) for record in objects] for name in context})


def _getter(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.get(name)


def _object(line: str) -> dict[str, Any]:
    """The object on a line, or `_NO_OBJECT`."""
    if line[:1] != "{" or line[-1:] != "}":  # Most lines need no stripping; only others are worth a copy.
        line = line.strip(" \t\r\ufeff")
    try:
        value, end = _read(line)
    except (ValueError, RecursionError):  # Invalid JSON, an integer of thousands of digits, or excessive nesting.
        return _NO_OBJECT
    return value if value.__class__ is dict and end == len(line) else _NO_OBJECT


def _number(found: object) -> str | None:
    return str(found) if isinstance(found, int | float) else None


def _column(values: list[str | None], errors: list[int] | None, *, bad_bytes: bool) -> pa.LargeStringArray:
    """The strings as a column; invalid ones are repaired and marked in `errors`."""
    try:
        return pa.array(values, pa.large_string())
    except UnicodeEncodeError:
        pass
    mended = list[bytes | None]()
    for row, value in enumerate(values):
        raw, mark = (None, RowError(0)) if value is None else as_bytes(value)
        if mark and errors is not None and value is not None:
            if bad_bytes and _BYTE.search(value):
                mark = RowError.BAD_UTF8
            errors[row] |= mark
        mended.append(raw)
    return pa.array(mended, pa.large_binary()).cast(pa.large_string())
