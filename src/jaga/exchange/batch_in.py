"""Reads a batch in any supported format, detected by content: names and types are only the sender's claim.

Reads JSON rows: one object per line (JSONL), or one array if the file is small enough to be read whole.

The first object decides the format: XARF names its version; everything else is Jaga's own rows.
"""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from jaga.core.errors import N_, FieldError
from jaga.core.terms.reports import BatchFormat
from jaga.exchange.csv_in import read_csv
from jaga.exchange.rows import (
    DAMAGED,
    MAX_FILE,
    NO_ACCOUNT,
    NO_ROWS,
    NOT_A_TABLE,
    OURS,
    TOO_LARGE,
    SheetRow,
    Table,
    column_of,
    not_usable,
    row_fault,
    shown,
)
from jaga.exchange.xarf_in import is_xarf, xarf_row
from jaga.exchange.xlsx_in import read_xlsx

MAX_WHOLE = 16 * 1024 * 1024
MAX_LINE = 8 * 1024 * 1024
_NOT_JSON = N_("This line is not one JSON object in UTF-8.")
_LONG = N_("This line is too long.")
_TYPE = N_("This value has the wrong type; docs/batches.md shows the right one.")
_LOOKED_AT = 200  # Rows checked for ignored names, of which one must name an account.
Item = tuple[int, dict[str, Any] | FieldError]


def read_json(path: Path) -> Table:
    """The rows in the file. Raises FileNotUsable."""
    items = _whole(path) if _is_array(path) else _lines(path)
    first = list(_some(items, _LOOKED_AT))
    if not first:
        raise not_usable(NO_ROWS)
    objects = [item for _, item in first if isinstance(item, dict)]
    if objects and is_xarf(objects[0]):
        return Table(BatchFormat.XARF, (_xarf(number, item) for number, item in chain(first, items)))
    names = dict.fromkeys(name for item in objects for name in item)
    if objects and not any(column_of(name) == "account" for name in names):
        raise not_usable(NO_ACCOUNT)
    ignored = tuple(shown(name) for name in names if column_of(name) is None)[:20]
    return Table(BatchFormat.JSONL, (_row(number, item) for number, item in chain(first, items)), ignored=ignored)


def _some(items: Iterator[Item], most: int) -> Iterator[Item]:
    for _ in range(most):
        item = next(items, None)
        if item is None:
            return
        yield item


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _whole(path: Path) -> Iterator[Item]:
    if path.stat().st_size > MAX_WHOLE:
        raise not_usable(TOO_LARGE)
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise not_usable(DAMAGED) from None
    items = document if isinstance(document, list) else [document]
    return (
        (number, item if isinstance(item, dict) else row_fault("not_json", _NOT_JSON))
        for number, item in enumerate(items, 1)
    )


def _lines(path: Path) -> Iterator[Item]:
    """One object per line. A file with one object over several lines, such as a single report, is read whole."""
    if _is_one_object(path):
        yield from _whole(path)
        return
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE)
                yield number, row_fault("too_long", _LONG)
            elif bare := line.strip(b"\xef\xbb\xbf \t\r\n"):
                yield number, _object(bare)


def _is_one_object(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline(1024).strip(b"\xef\xbb\xbf \t\r\n")
    return (
        path.stat().st_size <= MAX_WHOLE
        and not first.endswith(b"}")
        and not isinstance(_object(path.read_bytes().strip(b"\xef\xbb\xbf \t\r\n")), FieldError)
    )


def _object(raw: bytes) -> dict[str, Any] | FieldError:
    try:
        found = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return row_fault("not_json", _NOT_JSON)
    return found if isinstance(found, dict) else row_fault("not_json", _NOT_JSON)


def _row(number: int, item: dict[str, Any] | FieldError) -> SheetRow:
    if isinstance(item, FieldError):
        return SheetRow(number, {}, (item,))
    cells: dict[str, str] = {}
    faults = []
    for name, value in item.items():
        column = column_of(name)
        if column is None or column in OURS or value is None:
            continue
        if column in cells:
            faults.append(FieldError(column, "twice", N_("This stands twice in the row.")))
        elif column == "links" and isinstance(value, list) and all(isinstance(link, str) for link in value):
            cells[column] = "\n".join(value)
        elif isinstance(value, str):
            cells[column] = value
        elif isinstance(value, int) and not isinstance(value, bool):
            cells[column] = str(value)
        else:
            faults.append(FieldError(column, "wrong_type", _TYPE))
    return SheetRow(number, cells, tuple(faults))


def _xarf(number: int, item: dict[str, Any] | FieldError) -> SheetRow:
    return SheetRow(number, {}, (item,)) if isinstance(item, FieldError) else xarf_row(number, item)


_OTHERS = (b"\xd0\xcf\x11\xe0", b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"<")


def read_batch(path: Path) -> Table:
    """The rows of the file. Raises FileNotUsable at once, or during iteration where the file is damaged."""
    if path.stat().st_size > MAX_FILE:
        raise not_usable(TOO_LARGE)
    with path.open("rb") as file:
        start = file.read(4096)
    bare = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not bare:
        raise not_usable(NO_ROWS)
    if bare.startswith(_OTHERS):
        raise not_usable(NOT_A_TABLE)
    if start.startswith(b"PK"):
        return read_xlsx(path)
    return read_json(path) if bare.startswith((b"{", b"[")) else read_csv(path)
