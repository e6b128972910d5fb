"""Reads XLSX: one visible sheet of a workbook, in a sandboxed process.

A workbook is a ZIP of XML from a stranger: it can expand a thousandfold or name a cell in the last column of the last
row. The child process has limits on memory and time; if it dies the file is rejected and the worker survives. Formulas
are not evaluated; their stored values are used.
"""

import json
import lzma
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Generator, Iterator
from itertools import chain, islice
from pathlib import Path

from jaga.core.errors import N_
from jaga.core.terms.reports import BatchFormat
from jaga.exchange.rows import (
    DAMAGED,
    HEADER_WITHIN,
    NO_ROWS,
    TOO_LARGE,
    Header,
    Note,
    SheetRow,
    Table,
    find_header,
    header_note,
    not_usable,
    read_header,
    shown,
)

MAX_UNPACKED = 400 * 1024 * 1024
MAX_PARTS = 2000
_LOCKED = (
    "locked",
    N_("This workbook is protected by a password, or is not an XLSX file."),
    N_("Save it without a password, or as CSV in UTF-8."),
)
_PIECE = 1024 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def read_xlsx(path: Path) -> Table:
    """The table on the first visible sheet that has one. Raises FileNotUsable at once or during iteration."""
    _check_size(path)
    notes: list[Note] = []
    lines = _child_rows(path, notes)
    try:
        start = list(islice(lines, HEADER_WITHIN))
        if not start:
            raise not_usable(NO_ROWS)
        place = find_header([cells for _, cells in start])
        header = read_header(start[place][1])
    except BaseException:
        lines.close()
        raise
    if place:
        notes.append(header_note(start[place][0]))
    return Table(
        BatchFormat.XLSX, _rows(chain(start[place + 1 :], lines), header), ignored=header.ignored, notes=tuple(notes)
    )


def _check_size(path: Path) -> None:
    """Decompress every part once, counting: the sizes in the ZIP directory are only claims."""
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise not_usable(TOO_LARGE)
            if any(part.flag_bits & 0x1 for part in parts):
                raise not_usable(_LOCKED)
            for part in parts:
                with book.open(part) as packed:
                    while packed.read(_PIECE):
                        pass
    except _BROKEN:
        raise not_usable(DAMAGED) from None


def _child_rows(path: Path, notes: list[Note]) -> Generator[tuple[int, list[str]], None, None]:
    """The child's rows; its remarks on sheets go to `notes`. Raises FileNotUsable if it exits before its last word."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-m", "jaga.exchange.xlsx_child", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    assert child.stdout is not None
    last = ""
    try:
        for line in child.stdout:
            message = json.loads(line)
            if isinstance(message, str):
                last = message
            elif isinstance(message, dict):
                notes += _of_sheets(message["sheet"], message["others"])
            else:
                yield message[0], message[1]
        if last != "whole":
            raise not_usable({"locked": _LOCKED, "damaged": DAMAGED}.get(last, TOO_LARGE))
    except ValueError:  # It died in the middle of a line.
        raise not_usable(TOO_LARGE) from None
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def _of_sheets(sheet: str, others: list[str]) -> list[Note]:
    """Which sheet was read, if others might have been meant."""
    if not others:
        return []
    return [
        (
            N_("The sheet “%(sheet)s” was read, and not these: %(others)s."),
            {"sheet": shown(sheet), "others": ", ".join(map(shown, others[:10]))},
        )
    ]


def _rows(lines: Iterator[tuple[int, list[str]]], header: Header) -> Iterator[SheetRow]:
    for number, cells in lines:
        if not header.is_no_report(cells):
            yield header.row(number, cells)
