"""Lines of JSON as rows: each line is one, whatever stands in it."""

import re
from collections.abc import Mapping
from json import JSONDecoder

import numpy as np
import pyarrow as pa

from jaga.app.screening.rows import ROWS
from jaga.screening.readable import as_bytes, readable
from jaga.screening.row_errors import UNREAD, RowError

_BYTE = re.compile("[\udc80-\udcff]")  # what a byte that is no UTF-8 becomes while it is read
_UNREAD = np.uint16(UNREAD)
_read = JSONDecoder(strict=False).raw_decode  # a tab or line feed as it is, within a text, is no reason to lose it


def rows_of_lines(lines: bytes, column: str, ident: str) -> pa.Table:
    """One row for each line: the text under `column`, the id under `ident`, and what is wrong with them."""
    try:
        written, bad_bytes = lines.decode(), False
    except UnicodeDecodeError:
        written, bad_bytes = lines.decode("utf-8", "surrogateescape"), True
    texts, idents, errors = list[str | None](), list[str | None](), list[int]()
    for line in written.removesuffix("\n").split("\n"):
        said = _object(line)
        text = None if said is None else said.get(column)
        mark = RowError.NOT_JSON if said is None else RowError(0)
        if text is not None and not isinstance(text, str):
            text, mark = None, RowError.NOT_TEXT
        texts.append(text)
        idents.append(_name(said, ident))
        errors.append(mark)
    column_of_texts, marks = readable(_column(texts, errors, bad_bytes=bad_bytes))
    own = np.array(errors, np.uint16)
    marks = np.where(own & _UNREAD, own, own | marks)  # what is no text is not also a missing one
    return pa.table([column_of_texts, _column(idents, None, bad_bytes=bad_bytes), pa.array(marks)], schema=ROWS)


def _object(line: str) -> Mapping[str, object] | None:
    """The object that a line is, or None."""
    line = line.strip(" \t\r\ufeff")
    try:
        said, end = _read(line)
    except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, too many brackets
        return None
    return said if isinstance(said, dict) and end == len(line) else None


def _name(said: Mapping[str, object] | None, ident: str) -> str | None:
    found = None if said is None else said.get(ident)
    return found if isinstance(found, str) else str(found) if isinstance(found, int | float) else None


def _column(values: list[str | None], errors: list[int] | None, *, bad_bytes: bool) -> pa.LargeStringArray:
    """The strings as a column; those that are no text in full are mended, and marked in `errors`."""
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
