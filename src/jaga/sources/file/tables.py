"""CSV with a header line, and Parquet; their columns are those of `rows.COLUMNS`, in any order."""

import os
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from jaga.core.foreign import ForeignValueInvalid
from jaga.core.observations.source import SourceFault
from jaga.exchange.csv_rows import first_row, read_rows
from jaga.sources.file.position import Position, read_enough
from jaga.sources.file.rows import COLUMNS, NEEDED, found_in
from jaga.sources.kit.gathering import Found, Gathering

LONGEST_ROW = 8 * 1024 * 1024
_PIECE = 1024 * 1024
_AT_ONCE = 1000
MOST_ROWS = 500_000
"""Rows of a Parquet file that are read at a time."""


def read_csv(file: BinaryIO, name: str, here: Position, limit: int, gathering: Gathering) -> Position:
    """Gather at most `limit` observations. UTF-8; separated by commas, semicolons, tabs or vertical bars.

    A missing quotation mark costs its own row only. Raises SourceFault if there is no usable header.
    """
    names, delimiter, first = _header(file)
    wanted = tuple(place for place, column in enumerate(names) if column in COLUMNS)
    if here.at == 0:
        here = Position(first, 1)  # rows are numbered as in a spreadsheet: the header is row 1
    size, begun = _PIECE, here.at
    while not gathering.full(limit) and not read_enough(begun, here):
        file.seek(here.at)
        data = file.read(size)
        last = len(data) < size or size > LONGEST_ROW
        if not data:
            break
        rows = read_rows(data, delimiter=delimiter, columns=len(names), wanted=wanted, last=last,
                         most=max(1, min(_AT_ONCE, limit - gathering.observed)))
        if not rows.read:
            size *= 2  # the row is longer than what was read
            continue
        for number, broken in enumerate(rows.broken.tolist(), here.done + 1):
            cells = {names[place]: column[number - here.done - 1].as_py()
                     for place, column in zip(wanted, rows.cells, strict=True)}
            if broken or any(cell for cell in cells.values()):
                gathering.take(f"row {number}", cells, _csv_row, cells, name, f"row {number}", broken)
        here, size = Position(here.at + rows.read, here.done + len(rows.broken)), _PIECE
    return here


def read_parquet(file: BinaryIO, name: str, here: Position, limit: int, gathering: Gathering) -> Position:
    """Gather at most `limit` observations; `at` is a row here. Raises SourceFault for a damaged file."""
    file.seek(0)
    begun = here.at
    try:
        table = pq.ParquetFile(file, pre_buffer=False)
        names = table.schema_arrow.names
        _require(names)
        wanted = [column for column in names if column in COLUMNS]
        groups, before = _groups_from(table.metadata, here.at)
        for batch in table.iter_batches(batch_size=_AT_ONCE, row_groups=groups, columns=wanted, use_threads=False):
            if before + len(batch) > here.at:
                for row in batch.slice(here.at - before).to_pylist():
                    if gathering.full(limit) or here.at - begun >= MOST_ROWS:
                        return here
                    here = Position(here.at + 1, here.done + 1)
                    gathering.take(f"row {here.at}", row, found_in, row, name, f"row {here.at}")
            before += len(batch)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise SourceFault(why=f"damaged after row {here.at}: {type(error).__name__}") from error
    return here


def rows_in(file: BinaryIO) -> int:
    """How many rows a Parquet file has."""
    file.seek(0)
    return int(pq.ParquetFile(file, pre_buffer=False).metadata.num_rows)


def _groups_from(about: pq.FileMetaData, row: int) -> tuple[list[int], int]:
    """The row groups from the one with that row on, and how many rows are before them."""
    before = 0
    for group in range(about.num_row_groups):
        rows = about.row_group(group).num_rows
        if before + rows > row:
            return list(range(group, about.num_row_groups)), before
        before += rows
    return [], before


def _header(file: BinaryIO) -> tuple[list[str], int, int]:
    """The names of the columns, the delimiter, and where the first row begins."""
    file.seek(0)
    line = file.readline(LONGEST_ROW)
    mark = 3 if line.startswith(b"\xef\xbb\xbf") else 0
    cells, delimiter = first_row(line[mark:])
    names = [cell.decode("utf-8", "replace").strip() for cell in cells]
    _require(names)
    return names, delimiter, min(len(line), os.fstat(file.fileno()).st_size)


def _require(names: list[str]) -> None:
    missing = [name for name in NEEDED if names.count(name) != 1]
    if missing:
        raise SourceFault(why=f"it has no column, or more than one, of the name {', '.join(missing)}")


def _csv_row(cells: dict[str, bytes | None], name: str, place: str, broken: bool) -> tuple[Found, ...]:
    if broken:
        raise ForeignValueInvalid("row", "another number of cells than the header, or broken quotation marks")
    try:
        row = {column: cell.decode("utf-8") for column, cell in cells.items() if cell is not None}
    except UnicodeDecodeError:
        raise ForeignValueInvalid("row", "not in UTF-8") from None
    return found_in(row, name, place)
