"""Reads CSV: commas, semicolons or tabs; UTF-8, UTF-16 or the cp1252 of old Excel versions, which is reported.

Rows are streamed. The prefix that Jaga's own CSV adds against formula injection (`exchange.csv_out`) is removed, so a
file of rejected rows can be corrected and uploaded again.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from jaga.core.errors import N_
from jaga.core.terms.reports import BatchFormat
from jaga.exchange.rows import (
    DAMAGED,
    HEADER_WITHIN,
    MAX_CELL,
    NO_ROWS,
    FileNotUsable,
    Header,
    SheetRow,
    Table,
    column_of,
    find_header,
    header_note,
    not_usable,
    read_header,
    row_fault,
)

_PIECE = 1024 * 1024
_DELIMITERS, _START_LINES = ",;\t", 3 * HEADER_WITHIN  # A column name may contain line breaks.
_INERT = re.compile(r"(\A|[;\t\r\n])'(?=[\s\"'\x00-\x1f]{0,8}[=+\-@＝＋－＠−\t\r\n\x00])")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_csv(path: Path) -> Table:
    """The table in the file. Raises FileNotUsable at once; during iteration only where the file is damaged."""
    encoding = encoding_of(path)
    lines = _lines(path, encoding)
    csv.field_size_limit(MAX_CELL)
    start = list(_start(lines))
    declared = start[0].strip() if start else ""
    if declared.lower().startswith("sep=") and len(declared) == 5:  # Excel's own declaration of the delimiter.
        start, delimiters = start[1:], declared[4:]
    else:
        delimiters = _DELIMITERS
    delimiter, skipped = _header_in(start, delimiters)
    reader = csv.reader(chain(start, lines), delimiter=delimiter)
    for _ in range(skipped):
        next(reader)
    header = read_header(next(reader))
    notes = (header_note(skipped + 1),) if skipped else ()
    return Table(
        BatchFormat.CSV, _rows(reader, header, skipped + 1), encoding.removesuffix("-sig"), header.ignored, notes
    )


def _start(lines: Iterator[str]) -> Iterator[str]:
    """The lines searched for column names, bounded in size."""
    size = 0
    for _ in range(_START_LINES):
        line = next(lines, "")
        size += len(line)
        if line:
            yield line
        if not line or size > _PIECE:
            return


def _header_in(start: list[str], delimiters: str) -> tuple[str, int]:
    """The delimiter by which the names can be read, and how many rows precede them. Raises FileNotUsable."""
    found: list[tuple[int, str, int]] = []
    refused = not_usable(NO_ROWS)
    for delimiter in delimiters:
        rows = _read(start, delimiter)
        if not any(cell.strip() for row in rows for cell in row):
            continue
        try:
            place = find_header(rows)
        except FileNotUsable as none:
            refused = none
            continue
        found.append((sum(column_of(name) is not None for name in rows[place]), delimiter, place))
    if not found:
        raise refused
    _, delimiter, place = max(found, key=lambda one: one[0])
    return delimiter, place


def _read(start: list[str], delimiter: str) -> list[list[str]]:
    """The first rows as far as readable. Raises FileNotUsable if not even the first is."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(start, delimiter=delimiter):
            rows.append(row)
            if len(rows) == HEADER_WITHIN:
                break
    except csv.Error:
        if not rows:
            raise not_usable(DAMAGED) from None
    return rows


def encoding_of(path: Path) -> str:
    """The encoding by byte order mark; else UTF-8 if the whole file is valid, else cp1252. Raises FileNotUsable."""
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
    """Lines with their ends; a line without end is split, so that no file becomes one string."""
    with io.open(path, encoding=encoding, newline="") as file:  # noqa: UP020 - beside `codecs` and `io` it is clearer
        while line := file.readline(_PIECE):
            yield line


def _rows(reader: Iterator[list[str]], header: Header, number: int) -> Iterator[SheetRow]:
    """Rows numbered like in a spreadsheet: the header is row `number`. Empty rows are counted but omitted."""
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield SheetRow(
                number,
                {},
                (
                    row_fault(
                        "too_long", N_("This row is too long to be one; is a quotation mark missing here or above?")
                    ),
                ),
            )
            continue
        if any(cell.strip() for cell in cells) and not header.is_no_report(cells):
            yield header.row(number, [_INERT.sub(r"\1", cell) for cell in cells])
