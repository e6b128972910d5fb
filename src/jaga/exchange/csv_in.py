"""CSV in: commas, semicolons or tabs; UTF-8, UTF-16 or what an old Excel on Windows writes (cp1252), which is told.

Rows are read one at a time. What our own CSV puts before a cell so that no spreadsheet runs it (`exchange.csv_out`) is
taken away again, so that a file of refused rows can be mended and sent back.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from jaga.core.errors import N_
from jaga.core.terms import BatchFormat
from jaga.exchange.rows import DAMAGED, MAX_CELL, NO_ROWS, Header, Row, Table, not_usable, read_header, row_fault

_PIECE = 1024 * 1024
_INERT = re.compile(r"(\A|[;\t\r\n])'(?=[\s\"'\x00-\x1f]{0,8}[=+\-@＝＋－＠−\t\r\n\x00])")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_csv(path: Path) -> Table:
    """The table in the file. Raises FileNotUsable; later, while rows are read, only where the file is damaged."""
    encoding = encoding_of(path)
    lines = _lines(path, encoding)
    first = next(lines, "")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own way of naming the delimiter
        delimiter = first.strip()[4]
        first = next(lines, "")
    else:
        delimiter = _delimiter(first)
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(_with(first, lines), delimiter=delimiter)
    try:
        names = next(reader, [])
    except csv.Error:
        raise not_usable(DAMAGED) from None
    if not any(name.strip() for name in names):
        raise not_usable(NO_ROWS)
    header = read_header(names)
    return Table(BatchFormat.CSV, _rows(reader, header), encoding.removesuffix("-sig"), header.ignored)


def encoding_of(path: Path) -> str:
    """UTF-8 if the whole file is, by its mark or by its bytes; otherwise cp1252. Raises FileNotUsable for neither."""
    with path.open("rb") as file:
        start = file.read(4)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return _checked(path, encoding)
    return "utf-8" if _is(path, "utf-8") else _checked(path, "cp1252")


def _checked(path: Path, encoding: str) -> str:
    if not _is(path, encoding):
        raise not_usable(DAMAGED)
    return encoding


def _is(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """Lines with their ends; one without an end is cut into pieces, so that no file becomes one string."""
    with io.open(path, encoding=encoding, newline="") as file:  # noqa: UP020 - beside `codecs` and `io` it is clearer
        while line := file.readline(_PIECE):
            yield line


def _with(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _delimiter(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max((",", ";", "\t"), key=bare.count)


def _rows(reader: Iterator[list[str]], header: Header) -> Iterator[Row]:
    """Numbered as a spreadsheet numbers them: the header is row 1. Empty rows count and are left out."""
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(number, {}, (row_fault("too_long", N_(
                "This row is too long to be one; is a quotation mark missing here or above?")),))
            continue
        if any(cell.strip() for cell in cells):
            yield header.row(number, [_INERT.sub(r"\1", cell) for cell in cells])
